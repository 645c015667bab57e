"""One guest's life with one of the two, measured: what each operation took, moved and kept its clients waiting.

A life's figures are a dictionary: operation -> {"seconds": ..., "bytes": ..., "ping gap": ...}. Bytes are those of the image, or
those that left the host on the wire; the ping gap is the longest time without an answer, in seconds."""

import statistics

from bed.pings import Pings

from .tools import ADDRESS, GUEST

BUSY = ", busy"  # what the name of an operation ends with when the guest was busy
SENT = "cat /sys/class/net/wire/statistics/tx_bytes"
SHORT = 3  # so often is measured what takes less than a second; the median counts


def timed(host, command: str) -> float:
    """Seconds that COMMAND takes on HOST, from its start to its end, with nothing waiting to be written to the disk before it."""
    said = host.check(f"sync; began=$(date +%s.%N); {command} > /root/said 2>&1 || {{ cat /root/said; exit 1; }}; "
                      "echo $began $(date +%s.%N)", 600)
    began, ended = said.split()[-2:]
    return float(ended) - float(began)


def answer(host, what: str) -> str:
    return host.check(f"guest {GUEST} {what}").strip()


def sent(host) -> int:
    return int(host.check(SENT))


def created(tools, host) -> dict[str, dict]:
    """Twice: when the kernel was never seen before, and again. The second stays, and has booted."""
    host.check(tools.forget)
    first = timed(host, tools.create)
    host.check(f"{tools.destroy}; rm -f /var/log/xen/console/guest-{GUEST}*.log")
    again = timed(host, tools.create)
    answer(host, "up")
    return {"first create": {"seconds": first}, "create": {"seconds": again}}


def short_ones(tools, host) -> dict[str, dict]:
    seconds = {"list": [], "pause": [], "unpause": []}
    for _ in range(SHORT):
        for operation, each in seconds.items():
            each.append(timed(host, getattr(tools, operation)))
    return {operation: {"seconds": statistics.median(each)} for operation, each in seconds.items()}


def saved_and_restored(tools, host) -> dict[str, dict]:
    """The image stays: what is in it shows how much there was to save."""
    host.check(f"rm -f {tools.image}")
    saved = timed(host, tools.save)
    size = int(host.check(f"stat -c %s {tools.image}"))
    restored = timed(host, tools.restore)
    answer(host, "alive")
    return {"save": {"seconds": saved, "bytes": size}, "restore": {"seconds": restored}}


def moved(tools, source, target) -> dict[str, dict]:
    tools.ready_to_receive(target)
    with Pings(target, ADDRESS) as pings:
        before = sent(source)
        seconds = timed(source, tools.migrate(target))
        on_the_wire = sent(source) - before
    tools.arrived(target)
    answer(target, "alive")
    return {"migrate --live": {"seconds": seconds, "bytes": on_the_wire, "ping gap": pings.longest}}


def life(tools, hosts: dict) -> dict[str, dict]:
    """With two hosts it moves to the other while nearly idle and back while busy; with one it is saved a second time instead."""
    one, two = hosts["one"], hosts.get("two")
    for host in hosts.values():
        host.check(f"rm -f /var/log/xen/console/guest-{GUEST}*.log")
    figures = created(tools, one)
    memory = answer(one, "md5")
    figures |= short_ones(tools, one)
    figures |= saved_and_restored(tools, one)
    if two:
        figures |= moved(tools, one, two)
    answer(two or one, "beat")
    busy = moved(tools, two, one) if two else saved_and_restored(tools, one)
    figures |= {operation + BUSY: figure for operation, figure in busy.items()}
    if answer(one, "md5") != memory:
        raise RuntimeError(f"{tools.name}: the guest's memory has changed on its way")
    figures["destroy"] = {"seconds": timed(one, tools.destroy)}
    return figures
