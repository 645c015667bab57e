"""The lab as a whole: two hosts called one and two, started, found again, and stopped."""

import copy
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from . import image, state
from .host import GaveUp, Host

ADDRESSES = {"one": "192.168.77.1", "two": "192.168.77.2"}
MEMORY = 2560  # MiB of a host; its dom0 has 1024 of them, guests the rest


class Lab:
    def __init__(self, running: dict, lifeline=None):
        self.running, self.lifeline = running, lifeline
        run, folder = Path(running["run"]), Path(running["image"])
        self.hosts = {h["name"]: Host(h["name"], h["address"], h["port"], run, folder) for h in running["hosts"]}

    def each(self, action) -> list:
        """What ACTION(host) returns for every host, all at the same time."""
        with ThreadPoolExecutor() as pool:
            return list(pool.map(action, self.hosts.values()))

    def alone(self, name: str) -> "Lab":
        """The host NAME, in the place of the first and for itself."""
        view = copy.copy(self)
        view.hosts = {"one": self.hosts[name]}
        return view

    def wait_until_up(self, deadline: float = 600) -> None:
        self.each(lambda host: host.wait_until_up(deadline))

    def stop(self) -> None:
        """Ends the hosts, and returns when they are gone."""
        for host in self.hosts.values():
            host.forget_connection()
        try:
            os.kill(self.running["pid"], signal.SIGTERM)
        except ProcessLookupError:
            pass
        if self.lifeline:
            self.lifeline.wait(60)
        end = time.monotonic() + 60
        while state.running():
            if time.monotonic() > end:
                raise GaveUp(f"the lab's supervisor, pid {self.running['pid']}, did not end within 60 s")
            time.sleep(0.1)


def free_ports(n: int) -> list[int]:
    sockets = [socket.socket() for _ in range(n)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def start(names=("one", "two"), tied: bool = True) -> Lab:
    """Boots hosts and returns at once (wait_until_up waits). TIED: they end with this program; otherwise `down` ends them."""
    lock = state.lock()
    try:
        folder = image.prepare()
        run = Path(tempfile.mkdtemp(prefix="xm-lab."))
        *ports, wire = free_ports(len(names) + 1)
        hosts = [{"name": n, "address": ADDRESSES[n], "port": p, "memory": MEMORY} for n, p in zip(names, ports)]
        orders = {"run": str(run), "image": str(folder), "hosts": hosts, "wire_port": wire, "tied": tied,
                  # Two hosts share two cores; with two processors each they would take twice as long to boot.
                  "cpus": 1 if len(names) > 1 else 2}
        with open(run / "supervisor", "w") as log:
            supervisor = subprocess.Popen([sys.executable, "-B", Path(__file__).with_name("supervisor.py")], text=True,
                                          stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=[lock], start_new_session=True)
        running = {"pid": supervisor.pid, "since": datetime.now().strftime("%Y-%m-%d %H:%M:%S"), "folder": os.getcwd(),
                   "command": shlex.join(sys.argv), "run": str(run), "image": str(folder), "hosts": hosts}
        state.publish(running)
        supervisor.stdin.write(json.dumps(orders) + "\n")
        supervisor.stdin.flush()
        return Lab(running, supervisor)
    finally:
        os.close(lock)


def attach() -> Lab | None:
    """The lab that is running, whoever started it."""
    running = state.running()
    return Lab(running) if running else None
