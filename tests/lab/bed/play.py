"""Plays a transcript on the hosts and says where it departs from what happened."""

import subprocess
import tempfile
import time
from dataclasses import dataclass, field

from . import match
from .host import GaveUp
from .lab import Lab
from .transcript import Step, Transcript


@dataclass
class Said:
    status: int
    stdout: list[str]
    stderr: list[str]


@dataclass
class Departure(Exception):
    """The first step that did not go as written."""
    step: Step
    why: str
    said: Said | None = None


@dataclass
class Job:
    """A command on a host, with its output in files: they have no capacity that a forgotten reader could exhaust."""
    step: Step
    process: subprocess.Popen
    out: object
    err: object

    def end(self, deadline: float) -> Said:
        try:
            self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Departure(self.step, f"had not ended after {deadline:.0f} s", self.said()) from None
        return self.said()

    def said(self) -> Said:
        lines = []
        for f in (self.out, self.err):
            f.seek(0)
            lines.append(f.read().decode(errors="replace").splitlines())
        return Said(self.process.returncode, *lines)


@dataclass
class Player:
    lab: Lab
    echo: bool = False  # show each step as it is typed, and how long it took
    name: str = ""
    words: dict[str, str] = field(default_factory=dict)
    jobs: list[tuple[str, Job]] = field(default_factory=list)

    def play(self, transcript: Transcript) -> Departure | None:
        """All steps up to the first that departs, then the cleanup."""
        self.name = transcript.name
        departure = None
        try:
            for step in transcript.steps:
                self.step(step)
        except Departure as e:
            departure = e
        finally:
            for step in transcript.cleanup:
                self.tidy(step)
            for _, job in self.jobs:
                job.process.kill()
                job.process.wait()
        return departure

    def tidy(self, step: Step) -> None:
        try:
            if step.host == "lab":
                self.switch(step)
            else:
                self.start(step).end(step.seconds)
        except (Departure, GaveUp, OSError):
            pass  # what the cleanup could not undo is found by looking at the host afterwards

    def step(self, step: Step) -> None:
        if self.echo:
            print(f"    {self.name}:{step.line}: {step.host}{step.sign} {step.command}", flush=True)
        began = time.monotonic()
        self.take(step)
        if self.echo:
            print(f"    {self.name}:{step.line}: {time.monotonic() - began:.1f} s", flush=True)

    def take(self, step: Step) -> None:
        if step.host == "lab":
            self.switch(step)
        elif step.sign == "&":
            self.jobs.append((step.command, self.start(step)))
        elif step.sign == ".":
            self.compare(step, self.job(step).end(step.seconds))
        elif step.sign == "~":
            self.repeat(step)
        else:
            self.compare(step, self.start(step).end(step.seconds))

    def start(self, step: Step) -> Job:
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        host = self.lab.hosts[step.host]
        process = host.start(match.fill(step.command, self.words), stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        return Job(step, process, out, err)

    def job(self, step: Step) -> Job:
        for i, (command, job) in enumerate(self.jobs):
            if command == step.command and job.step.host == step.host:
                del self.jobs[i]
                return job
        raise Departure(step, "was not started before")

    def repeat(self, step: Step) -> None:
        end = time.monotonic() + step.seconds
        while True:
            said = self.start(step).end(step.seconds)
            try:
                self.compare(step, said)
                return
            except Departure:
                if time.monotonic() > end:
                    raise Departure(step, f"did not come to say this within {step.seconds:.0f} s", said) from None
            time.sleep(0.3)

    def compare(self, step: Step, said: Said) -> None:
        words = match.match(step.stdout, said.stdout, self.words)
        if words is None:
            raise Departure(step, "said something else", said)
        words = match.match(step.stderr, said.stderr, words)
        if words is None:
            raise Departure(step, "said something else on stderr", said)
        if step.status != said.status:
            raise Departure(step, f"exit status {said.status}, not {step.status}", said)
        self.words = words

    def switch(self, step: Step) -> None:
        """The lab's own commands, see transcript.py."""
        verb, name = step.command.split()
        host = self.lab.hosts[name]
        if verb == "reset":
            host.power_cycle()
            try:
                host.wait_until_up()
            except GaveUp as e:
                raise Departure(step, str(e)) from None
        elif verb == "unplug":
            host.unplug()
        elif verb == "plug":
            host.plug()
        else:
            raise Departure(step, "is no command of the lab")
