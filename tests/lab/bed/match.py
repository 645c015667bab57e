"""Compares what a command said with what a transcript expects, and remembers the words that <name> stands for."""

import re

SIGN = re.compile(r"<(\*|[a-z_][a-z0-9_]*)>")


def squeeze(line: str) -> str:
    return " ".join(line.split())


def pattern(line: str, words: dict[str, str]) -> re.Pattern:
    """The regular expression for one expected line; words known already must come again."""
    expression, end, seen = "", 0, set()
    line = squeeze(line)
    for m in SIGN.finditer(line):
        expression += re.escape(line[end:m.start()])
        name, end = m.group(1), m.end()
        if name == "*":
            expression += ".*"
        elif name in words:
            expression += re.escape(words[name])
        elif name in seen:
            expression += f"(?P={name})"
        else:
            seen.add(name)
            expression += rf"(?P<{name}>\S+?)"
    return re.compile(expression + re.escape(line[end:]))


def match(expected: list[str], said: list[str], words: dict[str, str]) -> dict[str, str] | None:
    """The words after SAID was found to be what was EXPECTED, or None when it is not."""
    if not expected:
        return None if said else words
    first, *rest = expected
    if first.strip() == "<...>":
        for skipped in range(len(said) + 1):
            found = match(rest, said[skipped:], words)
            if found is not None:
                return found
        return None
    if not said:
        return None
    m = pattern(first, words).fullmatch(squeeze(said[0]))
    return match(rest, said[1:], words | m.groupdict()) if m else None


def fill(command: str, words: dict[str, str]) -> str:
    """The command with every known <name> in it replaced."""
    return SIGN.sub(lambda m: words.get(m.group(1), m.group(0)), command)
