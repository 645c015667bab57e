"""Draws the ratios as a chart: a point for each median, a line for its range, and a mark for its bar. gnuplot does the drawing."""

import subprocess
from pathlib import Path

from .table import Row

COLOURS = {"met": "#1a7f37", "missed": "#c62828", "": "#555555"}
LINE = 26  # pixels for each row

SETTINGS = """\
set terminal pngcairo noenhanced size 1100,{height} font "DejaVu Sans,11"
set output "{file}"
set title "{title}" font "DejaVu Sans,13"
set logscale x
set xrange [{low}:{high}]
set yrange [{bottom}:0.5]
set y2range [{bottom}:0.5]
set xtics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) nomirror
set xlabel "ratio within a round: median and range (logarithmic; less is better)"
set grid xtics linecolor rgb "#dddddd" linetype 1
set tics scale 0
set lmargin 40
set rmargin 22
set bmargin 6
set key bottom center outside horizontal
set arrow from 1, graph 0 to 1, graph 1 nohead linecolor rgb "#888888" dashtype 2
"""


def block(name: str, lines: list[str]) -> str:
    return "\n".join([f"${name} << END", *lines, "END", ""])


def script(xl: list[Row], floors: list[Row], title: str, file: Path) -> str:
    """What gnuplot is told. The rows go down from 0; one line is left between those beside xl and those beside the floor."""
    placed = [(-i, row) for i, row in enumerate(xl, start=1)] + [(-i, row) for i, row in enumerate(floors, start=len(xl) + 3)]
    values = [v for _, row in placed for v in [*row.ratios, row.bar or 1]]
    bottom = placed[-1][0] - 0.5
    labels = [f'"{row.operation}: {row.figure}{"" if row.other == "xl" else " / " + row.other}" {y}' for y, row in placed]
    labels += ['"xm / xl" 0'] + ([f'"xm / floor" {-len(xl) - 2}'] if floors else [])
    verdicts = [f'"{row.ratio:.2f}{"" if row.bar is None else f", bar {row.bar:.2f} {row.verdict}"}" {y}' for y, row in placed]
    parts = [SETTINGS.format(height=170 + LINE * round(-bottom), file=file, title=title, low=min(values) / 1.5, high=max(values) * 1.5,
                             bottom=bottom), f"set ytics ({', '.join(labels)}) nomirror\nset y2tics ({', '.join(verdicts)})\n"]
    plots = []
    for verdict, colour in COLOURS.items():
        name = verdict or "unbarred"
        lines = [f"{row.ratio} {y} {min(row.ratios)} {max(row.ratios)}" for y, row in placed if row.verdict == verdict]
        if lines:
            parts.append(block(name, lines))
            plots.append(f'${name} using 1:2:3:4 with xerrorbars linewidth 2 pointtype 7 pointsize 1.4 linecolor rgb "{colour}" '
                         f'title "{f"bar {verdict}" if verdict else "no bar"}"')
    bars = [f"{row.bar} {y - 0.36} 0 0.72" for y, row in placed if row.bar is not None]
    if bars:
        parts.append(block("bars", bars))
        plots.append('$bars using 1:2:3:4 with vectors nohead linewidth 3 linecolor rgb "#000000" title "the bar"')
    return "".join(parts) + "plot " + ", \\\n     ".join(plots) + "\n"


def draw(xl: list[Row], floors: list[Row], title: str, file: Path) -> None:
    try:
        done = subprocess.run(["gnuplot"], input=script(xl, floors, title, file), text=True, capture_output=True, check=False)
    except FileNotFoundError:
        raise RuntimeError(f"{file} was not drawn: gnuplot is not installed; build-aux/install-packages does that") from None
    if done.returncode or done.stderr:
        raise RuntimeError(f"{file} was not drawn as it should be: gnuplot, exit status {done.returncode}: {done.stderr}")
