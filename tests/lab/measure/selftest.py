"""Looks whether what is made of the measurements is right: sums, bars, the counting of pages, and the order in which all is done."""

import contextlib
import io
import json
import random
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from . import floor, plot, table
from .life import life
from .rounds import measure, turns
from .tools import Xl, Xm

NONZERO_BYTES = Path(__file__).resolve().parent.parent / "dom0/usr/local/bin/nonzero-bytes"
PAGE = 4096


class Process:
    """What a started command leaves to wait for."""

    def wait(self, _):
        return 0


class FakeHost:
    """Keeps what is typed on it and says what a host would; each timed command takes as many seconds as SECONDS has for it."""

    def __init__(self, name: str, address: str, typed: list, seconds: dict):
        self.name, self.address, self.typed, self.seconds = name, address, typed, seconds
        self.sums = ["md5 5eb63bbb"]  # what the guest answers; the last one for ever
        self.sent = 0

    def check(self, command: str, *_) -> str:
        self.typed.append((self.name, command))
        if command.startswith("sync; began="):
            inner = command.split("; ")[2].split(" > /root/said")[0]
            return f"100.0 {100 + next((s for start, s in self.seconds.items() if inner.startswith(start)), 1.0)}"
        if command.endswith("tx_bytes"):
            self.sent += 5000
            return str(self.sent)
        if command.startswith("iperf3 -c"):
            return json.dumps({"end": {"sum_received": {"bits_per_second": 8000.0}}})
        if command == "guest BenchGuest md5":
            return self.sums.pop(0) if len(self.sums) > 1 else self.sums[0]
        answers = {"stat -c %s": "40960", "nonzero-bytes": "16000", "longest-silence": "0.25"}
        return next((a for start, a in answers.items() if command.startswith(start)), "")

    def run(self, command: str, *_) -> None:
        self.typed.append((self.name, command))

    def start(self, command: str, **_) -> Process:
        self.typed.append((self.name, command))
        return Process()


def bed(both: bool, seconds: dict | None = None):
    typed = []
    names = ("one", "two") if both else ("one",)
    return {n: FakeHost(n, f"192.168.77.{i}", typed, seconds or {}) for i, n in enumerate(names, start=1)}, typed


def commands(typed: list, tool: str) -> list[str]:
    """What was timed of the commands of one tool, as HOST: COMMAND."""
    timed = [(host, c.split("; ")[2].split(" > /root/said")[0]) for host, c in typed if c.startswith("sync; began=")]
    return [f"{host}: {c}" for host, c in timed if c.startswith(tool + " ")]


class Life(unittest.TestCase):
    def test_on_two_hosts_the_guest_moves_idle_and_comes_back_busy(self):
        hosts, typed = bed(both=True)
        figures = life(Xm, hosts)
        short = ["one: xm list", "one: xm pause BenchGuest", "one: xm unpause BenchGuest"]
        self.assertEqual(commands(typed, "xm"), [
            "one: xm create -q BenchGuest", "one: xm create -q BenchGuest", *short * 3,
            "one: xm save BenchGuest /root/bench.xm.image", "one: xm restore /root/bench.xm.image",
            "one: xm migrate --live BenchGuest 192.168.77.2", "two: xm migrate --live BenchGuest 192.168.77.1",
            "one: xm destroy BenchGuest"])
        beat = typed.index(("two", "guest BenchGuest beat"))
        moves = [i for i, (_, c) in enumerate(typed) if "migrate --live" in c]
        self.assertTrue(moves[0] < beat < moves[1])
        self.assertEqual(figures["migrate --live, busy"], {"seconds": 1.0, "bytes": 5000, "ping gap": 0.25})

    def test_on_one_host_it_is_saved_idle_and_busy(self):
        hosts, typed = bed(both=False)
        figures = life(Xl, hosts)
        self.assertEqual([c.split()[2] for c in commands(typed, "xl")][-5:], ["save", "restore", "save", "restore", "destroy"])
        self.assertEqual(figures["save, busy"], {"seconds": 1.0, "bytes": 40960})
        self.assertNotIn("migrate --live", figures)

    def test_both_are_asked_for_the_same(self):
        for both in (True, False):
            hosts, _ = bed(both)
            self.assertEqual(list(life(Xm, hosts)), list(life(Xl, hosts)))

    def test_memory_that_has_changed_ends_it(self):
        hosts, _ = bed(both=True)
        hosts["one"].sums = ["md5 5eb63bbb", "md5 0"]
        with self.assertRaisesRegex(RuntimeError, "xl: the guest's memory has changed"):
            life(Xl, hosts)


class Rounds(unittest.TestCase):
    def test_who_begins_changes(self):
        self.assertEqual([turns(n)[0] for n in range(3)], [Xm, Xl, Xm])
        self.assertEqual({t.name for t in turns(1)}, {"xm", "xl"})

    def test_floors_are_those_of_each_round(self):
        hosts, _ = bed(both=True, seconds={"dd if=/dev/shm": 3.0, "dd if=/root": 2.0})
        kept = []
        with contextlib.redirect_stdout(io.StringIO()):
            results = measure(hosts, 2, lambda r: kept.append(len(r["floor"])))
        self.assertEqual(results["floor"], [{floor.BYTES: 16000, floor.WRITTEN: 3.0, floor.READ: 2.0, floor.SENT: 16.0}] * 2)
        self.assertEqual((kept, len(results["xm"]), len(results["xl"])), ([1, 2], 2, 2))


def rounds_of(xm: list[float], xl: list[float], floors: list[float]) -> dict:
    """Results with one operation."""
    def lives(values):
        return [{"save": {"seconds": v, "bytes": v * 1000}, "list": {"seconds": v}} for v in values]
    return {"xm": lives(xm), "xl": lives(xl), "floor": [{floor.WRITTEN: f, floor.BYTES: f * 1000} for f in floors]}


class Table(unittest.TestCase):
    # Alone, the medians have the ratio 2 / 5; within the rounds it is 0.1, 0.4 and 2.
    results = rounds_of([1, 2, 10], [10, 5, 5], [1, 1, 4])

    def row(self, rows, operation, figure):
        return next(r for r in rows if (r.operation, r.figure) == (operation, figure))

    def test_ratios_are_taken_within_rounds(self):
        row = self.row(table.beside_xl(rounds_of([1, 8, 9], [2, 4, 30], [1, 1, 1])), "save", "seconds")
        self.assertEqual((row.ratios, row.ratio), ([0.5, 2.0, 0.3], 0.5))

    def test_a_bar_is_met_up_to_itself(self):
        rows = table.beside_xl(self.results)
        self.assertEqual([(r.operation, r.figure, r.bar, r.verdict) for r in rows],
                         [("save", "seconds", 0.4, "met"), ("save", "bytes", 0.35, "missed"), ("list", "seconds", None, "")])

    def test_distance_to_the_floor(self):
        row = self.row(table.beside_floor(self.results), "save", "seconds")
        self.assertEqual((row.other, row.ratios, row.bar, row.verdict), (floor.WRITTEN, [1.0, 2.0, 2.5], 1.5, "missed"))

    def test_an_operation_on_a_busy_guest_has_the_bars_of_the_operation(self):
        results = rounds_of([1], [10], [1])
        for tool in ("xm", "xl"):
            results[tool] = [{"save, busy": life["save"]} for life in results[tool]]
        self.assertEqual([r.bar for r in table.beside_xl(results) + table.beside_floor(results)], [0.4, 0.35, 1.5, None])

    def test_the_text(self):
        lines = [" ".join(line.split()) for line in table.table(self.results).splitlines()]
        self.assertIn("save seconds 2.00 (1.00-10.00) 5.00 (5.00-10.00) 0.40 (0.10-2.00) 0.40 met", lines)
        self.assertIn("save bytes 2,000 (1,000-10,000) 5,000 (5,000-10,000) 0.40 (0.10-2.00) 0.35 missed", lines)
        self.assertIn("save seconds 2.00 (1.00-10.00) 1.00 (1.00-4.00) 2.00 (1.00-2.50) 1.50 missed dd conv=fsync", lines)
        self.assertEqual(lines[-1], "3 rounds, 1 of 3 bars met")


class Plot(unittest.TestCase):
    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_a_picture_is_drawn(self):
        results = rounds_of([1, 2, 10], [10, 5, 5], [1, 1, 4])
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "plot.png"
            plot.draw(table.beside_xl(results), table.beside_floor(results), "title", file)
            self.assertEqual(file.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)


def pages(*contents: bytes | None) -> bytes:
    """The body of a record of pages; None is a page that is listed as not there."""
    listed = b"".join(struct.pack("<Q", (0xF << 60 if c is None else 0) | i) for i, c in enumerate(contents))
    return struct.pack("<II", len(contents), 0) + listed + b"".join(c for c in contents if c is not None)


class NonzeroBytes(unittest.TestCase):
    HEAD = b"\xff" * 8 + b"XENF" + bytes(28)
    ZERO = bytes(PAGE)
    LAST, FIRST = bytes(PAGE - 1) + b"x", b"x" + bytes(PAGE - 1)

    def counted(self, content: bytes):
        with tempfile.NamedTemporaryFile() as f:
            f.write(content)
            f.flush()
            return subprocess.run(["python3", "-B", NONZERO_BYTES, f.name], capture_output=True, text=True, check=False)

    def test_zero_pages_and_pages_that_are_not_there_do_not_count(self):
        image = (b"xl's own head" + self.HEAD + record(2, b"abc") + record(1, pages(self.ZERO, None, self.LAST)) +
                 record(1, pages(None)) + record(1, pages(self.FIRST, random.randbytes(PAGE), self.ZERO)) + record(0, b"") + b"more of xl")
        self.assertEqual((self.counted(image).stdout, self.counted(image).returncode), (f"{3 * PAGE}\n", 0))

    def test_what_is_no_whole_image_is_no_number(self):
        whole = self.HEAD + record(1, pages(self.FIRST)) + record(0, b"")
        for content, why in ((b"nothing", "no image of libxc"), (whole[:-4], "in the middle of a record"),
                             (whole[:3000], "in the middle of a record"),
                             (self.HEAD + record(1, pages(self.FIRST) + b"x") + record(0, b""), "cannot have 1 page numbers"),
                             (self.HEAD + record(1, struct.pack("<II", PAGE // 8, 0)) + record(0, b""), "cannot have 512 page numbers")):
            result = self.counted(content)
            self.assertEqual((result.stdout, result.returncode), ("", 1))
            self.assertRegex(result.stderr, f"^nonzero-bytes: .*{why}")
