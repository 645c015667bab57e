"""Pings to a guest while something happens to it, and the longest time that it did not answer."""

import subprocess


class Pings:
    """Sent from HOST to ADDRESS every 50 ms inside a `with`; afterwards `longest` is the longest silence in seconds."""

    def __init__(self, host, address: str):
        self.host, self.address = host, address

    def __enter__(self):
        self.process = self.host.start(f"ping -D -i 0.05 {self.address} > /root/pings", stdin=subprocess.DEVNULL)
        self.host.check("until grep -q 'bytes from' /root/pings; do sleep 0.1; done")
        return self

    def __exit__(self, *_):
        # A last answer, so that a silence at the end is one between two answers like any other.
        self.host.run("n=$(grep -c 'bytes from' /root/pings); end=$(($(date +%s) + 60)); "
                      "until [ $(grep -c 'bytes from' /root/pings) -gt $n ] || [ $(date +%s) -gt $end ]; do sleep 0.1; done; pkill -INT -x ping")
        self.process.wait(60)
        self.longest = float(self.host.check("longest-silence /root/pings; rm /root/pings"))
