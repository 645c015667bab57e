"""Plays the cases one after another: the guest stays where the last one left it, and goes the other way in the next."""

import subprocess
import time
from dataclasses import dataclass

from bed.host import GaveUp, Host

from .cases import Case
from .trap import Trap

GUEST = "PvhGuest"
RECORDS = "ls /var/lib/xend/relocation/departures /var/lib/xend/relocation/arrivals 2> /dev/null | grep sxp"
REPAIRED_WITHIN = 30  # seconds, from the last repair to one running guest and no record
MOVE_WITHIN = 120
MOVES_OF_ONE_GUEST = 20  # Debian's 6.1 kernel loses a MiB at each resume, whoever resumes it (xl as well), and has 20 to lose


@dataclass
class Ending:
    case: Case
    hit: bool
    at: str  # the system call that was hit
    where: str  # the host that has the guest now
    seconds: float  # from the repair
    wrong: str = ""


def guests(host: Host) -> list[tuple[str, str]]:
    """Name and state of what xend and Xen itself have here, Domain-0 apart."""
    said = host.run("xm list", 30)
    known = [tuple(line.split()[:5:4]) for line in said.output.splitlines()[1:]] if said.ok else []
    if not said.ok:
        return [("?", said.output)]
    in_xen = int(host.check("xl list | grep -c ''")) - 2
    rest = [(name, flags) for name, flags in known if name != "Domain-0"]
    return rest if len(rest) == in_xen else rest + [("unknown to xend", f"{in_xen} in Xen")]


def unsettled(hosts: dict[str, Host]) -> str:
    """Why it is not over: one guest, under its own name, neither paused nor suspended, and no record anywhere."""
    found = [(name, guest, flags) for name, host in hosts.items() for guest, flags in guests(host)]
    if len(found) != 1 or found[0][1] != GUEST or "p" in found[0][2] or "s" in found[0][2]:
        return f"guests: {found}"
    for name, host in hosts.items():
        records = host.run(RECORDS, 30).output.split()
        if records:
            return f"records on {name}: {records}"
    return ""


def where_is(hosts: dict[str, Host]) -> str:
    return next((name for name, host in hosts.items() if any(g == GUEST for g, _ in guests(host))), "nowhere")


def move(source: Host, target: Host, live: bool) -> subprocess.Popen:
    return source.start(f"xm migrate {'--live ' if live else ''}{GUEST} {target.address} > /root/moved 2>&1",
                        stdin=subprocess.DEVNULL)


def disturb(traps: list[Trap], case: Case, hosts: dict[str, Host], process: subprocess.Popen) -> None:
    """Returns when the step has been hit and all has been repaired, or the move ended without coming to it."""
    end = time.monotonic() + MOVE_WITHIN
    while not any(t.sprung() for t in traps):
        if process.poll() is not None and not any(t.sprung() for t in traps):
            return
        if time.monotonic() > end:
            raise GaveUp(f"the move did not end within {MOVE_WITHIN} s, and the step did not come")
        time.sleep(0.2)
    if case.fault == "cut":
        hosts["two"].unplug()
        for trap in traps:
            trap.let_go()
        time.sleep(3)  # for what they say into the cut wire
        hosts["two"].plug()
    else:
        for trap in traps:
            trap.kill_daemon()
        for trap in traps:
            trap.until_daemon_is_back()


def play_one(hosts: dict[str, Host], case: Case, memory: str) -> Ending:
    here = where_is(hosts)
    source, target = hosts[here], hosts["two" if here == "one" else "one"]
    sides = {"source": [source], "destination": [target], "both": [source, target]}[case.side]
    traps = [Trap(h, case.call, case.nth, case.fault, springs=i == 0) for i, h in enumerate(sides)]
    try:
        for trap in traps:
            trap.set()
        process = move(source, target, case.live)
        disturb(traps, case, hosts, process)
        hit, at = any(t.sprung() for t in traps), traps[0].where()
    finally:
        for trap in traps:
            trap.take_away()
    began = time.monotonic()
    while (wrong := unsettled(hosts)) and time.monotonic() < began + REPAIRED_WITHIN:
        time.sleep(0.3)
    seconds = time.monotonic() - began
    if not wrong:
        process.wait(MOVE_WITHIN)
        now = hosts[where_is(hosts)].run(f"guest {GUEST} md5", 120).output.strip()
        wrong = "" if now == memory else f"its memory was '{memory}' and is '{now}'"
    return Ending(case, hit, at, where_is(hosts), seconds, wrong)


def take_away(lab) -> None:
    lab.each(lambda host: host.run(f"xm destroy {GUEST}; rm -f /root/moved /var/log/xen/console/guest-{GUEST}*.log", 60))


def fresh_guest(lab) -> str:
    """Boots it, in place of the one before, and returns what its memory is known by."""
    take_away(lab)
    one = lab.hosts["one"]
    one.check(f"xm create -q {GUEST} && guest {GUEST} up", 120)
    return one.check(f"guest {GUEST} md5", 120).strip()


def play(lab, wanted: list[Case], at_least: int) -> int:
    hosts = lab.hosts
    endings: list[Ending] = []
    try:
        for number, case in enumerate(wanted):
            if number % MOVES_OF_ONE_GUEST == 0:
                memory = fresh_guest(lab)
            endings.append(play_one(hosts, case, memory))
            print(line(endings[-1]), flush=True)
            if endings[-1].wrong:
                break  # what comes after it would say nothing
    finally:
        take_away(lab)
    hit = [e for e in endings if e.hit]
    bad = [e for e in endings if e.wrong]
    longest = max((e.seconds for e in hit), default=0)
    print(f"{len(endings)} cases: {len(hit)} hit at their step, {len(hit) - len([e for e in bad if e.hit])} of them ended with one "
          f"running guest and its memory, at most {longest:.1f} s after the repair; {len(bad)} failed")
    return 1 if bad or not endings or len(hit) < at_least else 0


def line(e: Ending) -> str:
    end = f"FAILED: {e.wrong}" if e.wrong else f"runs on {e.where}, {e.seconds:.1f} s after the repair"
    return f"{e.case}: {e.at if e.hit else 'did not come to it'}; {end}"
