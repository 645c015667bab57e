"""The language of *.lab files: a transcript of what an administrator types and sees, with a few signs added.

    # A guest is saved and comes back           the first line is the title; other lines with # are remarks
    one$ xm create TestGuest                    typed on host one; it has to end within 300 s
    Started domain TestGuest (id=<id>)          what it says on stdout, line by line
    2| Warning: ...                             what it says on stderr
    (exit 1)                                    its exit status, when that is not 0
    one~ xm list TestGuest                      typed again and again until it says this, for 120 s at most
    one~300 xm list TestGuest                   the same, 300 s
    two& ping -c 5 one                          started, and left running
    two. ping -c 5 one                          the command started above has ended, and has said this
    one$ cat > /root/guest <<END                a line that starts with > goes on with the command
    > name = "x"
    > END
    lab$ reset two                              the power switch: `reset HOST`; the network plug: `unplug HOST`, `plug HOST`
    cleanup:                                    what follows is always typed, and nothing is asked of it

In what is expected, <name> is one word: any the first time, the same every time after; in a command it stands for that word.
<*> is anything within a line, <...> alone in a line any number of lines. Blanks count as one, and not at all at the ends.
A test that names host one alone may be played on either, while the other plays another test.

Output follows its command directly; an empty line ends it. A command without expected output must say nothing."""

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Step:
    line: int
    host: str
    sign: str  # one of $ ~ & .
    seconds: float
    command: str
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    status: int = 0


@dataclass
class Transcript:
    name: str
    title: str
    steps: list[Step]
    cleanup: list[Step]

    def wants_both_hosts(self) -> bool:
        """Whether it names the second host, the lab, or the address of either."""
        return any(s.host != "one" or ADDRESS.search("\n".join([s.command, *s.stdout, *s.stderr])) for s in self.steps + self.cleanup)


class Malformed(Exception):
    pass


COMMAND = re.compile(r"^(one|two|lab)([$~&.])(\d*) (.+)$")
ADDRESS = re.compile(r"\b192\.168\.77\.[12]\b")
STATUS = re.compile(r"^\(exit (\d+)\)$")
DEADLINE = {"$": 300, "~": 120, "&": 300, ".": 300}


def parse(path: Path) -> Transcript:
    title, step = "", None
    steps: list[Step] = []
    cleanup: list[Step] = []
    into = steps
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if line.startswith("#"):
            title = title or line.lstrip("# ")
            step = None
        elif not line.strip():
            step = None
        elif line == "cleanup:":
            into, step = cleanup, None
        elif m := COMMAND.match(line):
            host, sign, seconds, command = m.groups()
            step = Step(number, host, sign, float(seconds or DEADLINE[sign]), command)
            into.append(step)
        elif step is None:
            raise Malformed(f"{path}:{number}: output without a command: {line}")
        elif line.startswith("> ") or line == ">":
            step.command += "\n" + line[2:]
        elif line.startswith("2|"):
            step.stderr.append(line[2:])
        elif m := STATUS.match(line):
            step.status = int(m.group(1))
        else:
            step.stdout.append(line)
    if not title:
        raise Malformed(f"{path}: the first line has to say what it is about: # ...")
    return Transcript(path.stem, title, steps, cleanup)
