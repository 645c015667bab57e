"""Who runs the lab: one lab at a time per machine, as two emulated hosts already fill two cores.

The lock is held by the supervisor (supervisor.py) for as long as hosts run, so it cannot outlive them. running.json beside it
says who that is and where the hosts are."""

import fcntl
import json
import os
from pathlib import Path

from .image import cache


class Busy(Exception):
    """Another lab is running."""


def describe(running: dict) -> str:
    return (f"a lab is running since {running['since']}: `{running['command']}` in {running['folder']} "
            f"(supervisor pid {running['pid']})")


def lock() -> int:
    """Takes the lock and returns its descriptor; a child that inherits it holds it as well."""
    fd = os.open(cache() / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        known = running()
        raise Busy(describe(known) if known else "another lab is just starting or stopping") from None
    return fd


def publish(content: dict) -> None:
    temporary = cache() / "running.json.new"
    temporary.write_text(json.dumps(content, indent=1))
    temporary.rename(cache() / "running.json")


def withdraw() -> None:
    (cache() / "running.json").unlink(missing_ok=True)


def running() -> dict | None:
    """What the supervisor published, when it is alive."""
    try:
        content = json.loads((cache() / "running.json").read_text())
    except FileNotFoundError:
        return None
    fd = os.open(cache() / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None  # nobody holds the lock: the file was left by a machine that went down
    except BlockingIOError:
        return content
    finally:
        os.close(fd)
