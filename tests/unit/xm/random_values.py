#!/usr/bin/env python3
"""random_values.py SEED: prints a guest file with a few hundred literals, lists and sums, in every form that xm understands
by itself. cli_create.sh compares what xm and Python make of it."""
import random
import sys

chance = random.Random(int(sys.argv[1]))
PIECES = ["a", "b", " ", "#", "[", ",", "%", "\t", "é", "\\n", "\\\\", "\\x41", "\\101", "\\777", "\\0", "\\7a", "\\8", "\\q",
          "\\u0041", "\\N", "\\\"", "\\'", "\\\n"]
NUMBERS = ["5.", ".5", "-3", "+4", "- -2", "1e3", "-0x10", "-0.0", "00", "010.5"]


def text():
    quote = chance.choice(["'", '"', "'''", '"""'])
    pieces = PIECES + (["\n"] if len(quote) == 3 else [])
    inside = "".join(chance.choice(pieces) for _ in range(chance.randrange(7)))
    prefix = chance.choice(["", "", "", "", "r", "R", "b", "B", "br"])
    if "r" in prefix.lower() and inside.endswith("\\"):
        inside = ""
    return prefix + quote + inside + quote


def number():
    n = chance.randrange(10 ** 6)
    return chance.choice([str(n), hex(n), "0" + oct(n)[2:], oct(n), bin(n), repr(n / 7), "%e" % (1 / (n + 1)),
                          str(chance.randrange(2 ** 66)), chance.choice(NUMBERS)])


def value(depth=0):
    kind = chance.randrange(8 if depth < 3 else 3)
    if kind == 0:
        return number()
    if kind < 3:
        return text()
    if kind == 3:
        return "[" + ", ".join(value(depth + 1) for _ in range(chance.randrange(4))) + "]"
    if kind == 4:
        return "[%s, # comment\n\n%s,]" % (value(depth + 1), value(depth + 1))
    if kind == 5:
        return chance.choice([" + ", " "]).join([text(), text()])
    if kind == 6:
        return " + ".join(chance.choice(["1", "2.5", "0x10", "7"]) for _ in range(3))
    return "(%s)" % value(depth + 1)


print("description = [\n%s]" % ",\n".join(value() for _ in range(300)))
