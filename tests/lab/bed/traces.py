"""What guests and commands leave on a host. A test is over when a host looks as it did before."""

import re
import time

from .host import GaveUp, Host

# Things that must not grow, one a line. Logs may, and so may what the daemon keeps for speed.
LOOK = r"""
xenstore-ls -f 2> /dev/null
xl list 2> /dev/null | awk 'NR > 1 { print "running " $1 " " $2 }'
losetup -n -O NAME,BACK-FILE -a | sed 's/^/loop /'
for n in /sys/class/net/*; do echo "network ${n##*/}"; done
dmsetup ls 2> /dev/null | grep -v '^No devices' | sed 's/^/mapping /'
findmnt -rn -o TARGET -t tmpfs,ext4 | grep -v '^/run/' | sed 's/^/mount /'
find /etc/xen /root /srv /tmp /var/lib/xen /var/lib/xend /var/run/xend /var/xen -xdev ! -type d -printf 'file %p\n' 2> /dev/null |
  grep -v -e lost+found -e /tmp/systemd-private- -e /.ssh -e /var/lib/xend/state -e /var/lib/xend/kernels
ps -e -o comm= | grep -E '^(xc_|qemu-|xl$|xm$)' | sed 's/^/process /'
systemctl --failed --plain --no-legend | awk '{ print "failed " $1 }'
"""
XENSTORE = re.compile(r"^/(local/domain/[1-9]\d*|vm/[^/ ]+|libxl/[1-9]\d*|local/domain/0/backend/[^/ ]+/[^/ ]+)\b")

# Ends every guest; what xend cannot or does not know, xl takes.
SWEEP = r"""
systemctl start xend
for d in $(xenstore-list /local/domain); do [ "$d" = 0 ] || timeout 60 xm destroy "$d" || timeout 60 xl destroy "$d"; done
"""
# How the other things are taken away; WHAT is the name.
TAKE_AWAY = {"loop": "losetup -d WHAT", "mount": "umount WHAT", "mapping": "dmsetup remove WHAT", "file": "rm -rf WHAT",
             "failed": "systemctl reset-failed WHAT", "xenstore": "xenstore-rm WHAT"}


def look(host: Host) -> set[str]:
    things = set()
    for line in host.run(LOOK, 120).output.splitlines():
        if not line.startswith("/"):
            things.add(line)
        elif m := XENSTORE.match(line):
            things.add(f"xenstore {m.group(0)}")
    return things


def left_behind(host: Host, before: set[str], patience: float = 20) -> list[str]:
    """What is there now and was not, or was and is gone. Backends and loop devices go a moment after their guest."""
    end = time.monotonic() + patience
    while True:
        now = look(host)
        if now == before or time.monotonic() > end:
            return [f"{host.name}: new {x}" for x in sorted(now - before)] + [f"{host.name}: gone {x}" for x in sorted(before - now)]
        time.sleep(1)


def sweep(host: Host, before: set[str]) -> list[str]:
    """Tries to bring the host back to what it was; returns what could not be undone."""
    try:
        host.run(SWEEP, 300)
        for thing in sorted(look(host) - before, key=lambda t: t.startswith("file")):
            kind, name = thing.split()[:2]
            if kind in TAKE_AWAY:
                host.run(TAKE_AWAY[kind].replace("WHAT", f"'{name}'"), 60)
        return left_behind(host, before)
    except GaveUp as e:
        return [f"{host.name}: {e}"]
