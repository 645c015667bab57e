"""What no toolstack can do better: the bytes of the guest that are not zero, at the speed of the disk and of the wire."""

import json

from .life import timed
from .tools import Xl

SOURCE, FILE = "/dev/shm/bench.floor", "/root/bench.floor"
PORT = 8101

# The names under which a round's floors are kept and shown.
BYTES, WRITTEN, READ, SENT = "non-zero bytes", "dd conv=fsync", "dd iflag=direct", "iperf3"


def floors(hosts: dict) -> dict[str, float]:
    """Those of this round, after both have saved the guest: bytes, and the seconds to write, read and send so many."""
    one, two = hosts["one"], hosts.get("two")
    size = int(one.check(f"nonzero-bytes {Xl.image}"))
    found = {BYTES: size} | disk(one, size)
    if two:
        found[SENT] = size / bytes_per_second(one, two, size)
    return found


def disk(host, size: int) -> dict[str, float]:
    host.check(f"head -c {size} /dev/urandom > {SOURCE}")
    try:
        return {WRITTEN: timed(host, f"dd if={SOURCE} of={FILE} bs=4M conv=fsync"),
                READ: timed(host, f"dd if={FILE} of=/dev/null bs=4M iflag=direct")}
    finally:
        host.run(f"rm -f {SOURCE} {FILE}")


def bytes_per_second(source, target, size: int) -> float:
    target.check(f"iperf3 -s -1 -D -p {PORT}; until ss -ltn | grep -q :{PORT}; do sleep 0.1; done")
    said = json.loads(source.check(f"iperf3 -c {target.address} -p {PORT} -n {size} -J"))
    return said["end"]["sum_received"]["bits_per_second"] / 8
