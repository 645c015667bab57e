"""What the rounds say: medians with their ranges, ratios within each round, and whether they are within the bars."""

import statistics
from dataclasses import dataclass

from . import floor
from .life import BUSY

# The most that xm may need of what xl needs.
BARS = {("save", "seconds"): 0.4, ("save", "bytes"): 0.35, ("restore", "seconds"): 0.5,
        ("migrate --live", "seconds"): 0.4, ("migrate --live", "bytes"): 0.4, ("migrate --live", "ping gap"): 0.5,
        ("destroy", "seconds"): 1.0, ("pause", "seconds"): 1.0}

# What is held against which floor, and how many times that it may be.
FLOORS = {("save", "seconds"): (floor.WRITTEN, 1.5), ("save", "bytes"): (floor.BYTES, None),
          ("restore", "seconds"): (floor.READ, None),
          ("migrate --live", "seconds"): (floor.SENT, None), ("migrate --live", "bytes"): (floor.BYTES, None)}


@dataclass
class Row:
    """One figure of xm beside that of another, round by round."""
    operation: str
    figure: str
    other: str  # whose figures THEIRS are: "xl", or the name of a floor
    ours: list[float]
    theirs: list[float]
    bar: float | None

    @property
    def ratios(self) -> list[float]:
        """Each within its round: an emulated host is not equally fast in the next."""
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return ""
        return "met" if self.ratio <= self.bar else "missed"


def column(rounds: list[dict], operation: str, figure: str) -> list[float]:
    return [figures[operation][figure] for figures in rounds]


def beside_xl(results: dict[str, list[dict]]) -> list[Row]:
    ours, theirs = results["xm"], results["xl"]
    return [Row(operation, figure, "xl", column(ours, operation, figure), column(theirs, operation, figure),
                BARS.get((operation.removesuffix(BUSY), figure)))
            for operation, figures in ours[0].items() for figure in figures]


def beside_floor(results: dict[str, list[dict]]) -> list[Row]:
    rows = []
    for row in beside_xl(results):
        name, bar = FLOORS.get((row.operation.removesuffix(BUSY), row.figure), (None, None))
        if name:
            rows.append(Row(row.operation, row.figure, name, row.ours, [found[name] for found in results["floor"]], bar))
    return rows


def middle(values: list[float], form: str = "{:.2f}") -> str:
    """Median and range."""
    return f"{form.format(statistics.median(values))} ({form.format(min(values))}-{form.format(max(values))})"


def line(row: Row, other: str = "") -> str:
    form = "{:,.0f}" if row.figure == "bytes" else "{:.2f}"
    bar = f"{row.bar:.2f} {row.verdict}" if row.bar is not None else ""
    return (f"{row.operation:21} {row.figure:9} {middle(row.ours, form):>38} {middle(row.theirs, form):>38} "
            f"{middle(row.ratios):>20}  {bar:12} {other}").rstrip()


def heading(other: str, ratio: str) -> str:
    return f"{'operation':21} {'figure':9} {'xm: median (range)':>38} {f'{other}: median (range)':>38} {ratio + ' (range)':>20}  bar"


def table(results: dict[str, list[dict]]) -> str:
    xl, floors = beside_xl(results), beside_floor(results)
    barred = [row for row in xl + floors if row.bar is not None]
    met = sum(row.verdict == "met" for row in barred)
    nonzero = middle([found[floor.BYTES] for found in results["floor"]], "{:,.0f}")
    return "\n".join([
        heading("xl", "xm/xl"), *map(line, xl), "",
        f"Distance to the floor: the guest's {nonzero} bytes that are not zero, and the seconds that these take on the disk or the wire",
        heading("floor", "xm/floor"), *[line(row, row.other) for row in floors], "",
        f"{len(results['xm'])} rounds, {met} of {len(barred)} bars met"])
