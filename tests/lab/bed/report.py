"""What is printed about a test that did not go as written: the step, both sides, and what the hosts logged meanwhile."""

from .host import GaveUp, Host
from .play import Departure
from .transcript import Step

LOGS = ["/var/log/xen/xend.log", "/var/log/xen/xend-debug.log", "/var/log/xen/xen-hotplug.log"]
LINES = 60


class Marks:
    """Where the logs of a host ended when a test began."""

    def __init__(self, host: Host):
        self.host = host
        self.serial = host.serial.stat().st_size
        host.check("truncate --no-create --size=0 /var/log/xen/console/*")  # so that a test sees only its own guests' words
        self.cursor = host.check("journalctl -q -n 0 --show-cursor; stat -c '%n %s' " + " ".join(LOGS) + " 2> /dev/null; true")

    def since(self) -> str:
        """What was logged since then, shortened to the last lines of each log."""
        parts = []
        sizes = dict(line.rsplit(" ", 1) for line in self.cursor.splitlines() if line.startswith("/"))
        cursor = next((line.split(": ", 1)[1] for line in self.cursor.splitlines() if line.startswith("-- cursor")), None)
        commands = {log: f"tail -c +{int(sizes.get(log, 0)) + 1} {log} 2> /dev/null" for log in LOGS}
        commands["journal"] = f"journalctl -q --no-pager -o short-precise --after-cursor='{cursor}'" if cursor else "journalctl -q -n 60"
        commands["domains"] = "xl list; xenstore-ls -f /local/domain/0/backend 2> /dev/null"
        for name, command in commands.items():
            try:
                lines = self.host.run(command, 60).output.splitlines()[-LINES:]
            except GaveUp as e:
                lines = [str(e)]
            if lines:
                parts.append(f"---- {self.host.name}: {name}\n" + "\n".join(lines))
        with self.host.serial.open("rb") as f:
            f.seek(self.serial)
            console = f.read().decode(errors="replace").splitlines()[-LINES:]
        if console:
            parts.append(f"---- {self.host.name}: console\n" + "\n".join(console))
        return "\n".join(parts)


def wanted(step: Step) -> list[str]:
    return step.stdout + [f"2|{line}" for line in step.stderr] + ([f"(exit {step.status})"] if step.status else [])


def departure(d: Departure) -> str:
    lines = [f"  line {d.step.line}: {d.step.host}{d.step.sign} {d.step.command}", f"  {d.why}"]
    lines += ["  expected:"] + [f"    {line}" for line in wanted(d.step) or ["(nothing)"]]
    if d.said:
        got = d.said.stdout + [f"2| {line}" for line in d.said.stderr] + [f"(exit {d.said.status})"]
        lines += ["  got:"] + [f"    {line}" for line in got]
    return "\n".join(lines)
