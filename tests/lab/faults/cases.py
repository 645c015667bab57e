"""Where a move can be hit, and how: the cases of tests/lab/handover-faults."""

from dataclasses import dataclass

AT_LEAST = 40  # so many must be hit at their step when all are played

# Which times of each call belong to a move; seen with strace. The source's first two sends look the destination's address up.
# One more than there are would be a case that does nothing, and is counted as such.
STEPS = {
    ("source", "sendto"): range(3, 11),
    ("source", "rename"): range(1, 4),
    ("source", "unlink"): range(1, 3),
    ("destination", "sendto"): range(1, 8),
    ("destination", "rename"): range(1, 7),
    ("destination", "unlink"): range(1, 4),
}


@dataclass(frozen=True)
class Case:
    number: int
    side: str  # "source", "destination" or "both"
    fault: str  # "kill" or "cut"
    call: str
    nth: int  # on the side, or for "both" at the source
    live: bool

    def __str__(self) -> str:
        what = {"kill": "killed", "cut": "cut off"}[self.fault]
        return f"{self.number:3} {'live   ' if self.live else 'stopped'} {self.side:11} {what:7} at {self.call} {self.nth}"


def all_cases() -> list[Case]:
    """Every step of either side, killed and cut off; both killed at every step of the source. Live and stopped in turns."""
    made = [(side, fault, call, nth) for fault in ("kill", "cut") for (side, call), times in STEPS.items()
            for nth in times]
    made += [("both", "kill", call, nth) for (side, call), times in STEPS.items() if side == "source"
             for nth in times]
    return [Case(i + 1, *case, live=i % 2 == 0) for i, case in enumerate(made)]
