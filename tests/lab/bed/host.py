"""One host of the lab, as seen from outside: commands through ssh, the power switch and the network plug through QEMU's monitor."""

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Result:
    status: int
    output: str  # stdout and stderr in the order in which they came

    @property
    def ok(self) -> bool:
        return self.status == 0


class GaveUp(Exception):
    """A deadline passed; the text says what was waited for."""


class Host:
    def __init__(self, name: str, address: str, port: int, run: Path, image: Path):
        self.name, self.address, self.port, self.run_folder, self.image = name, address, port, run, image
        self.serial = run / f"{name}.serial"

    def ssh(self) -> list[str]:
        """The ssh command up to the host's name. One connection is kept and shared by all that follow."""
        options = {"IdentityFile": self.image / "key", "IdentitiesOnly": "yes", "Port": self.port, "User": "root",
                   "HostName": "127.0.0.1", "StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null", "LogLevel": "ERROR",
                   "ConnectTimeout": 20, "ServerAliveInterval": 20, "ServerAliveCountMax": 6, "BatchMode": "yes",
                   "ControlMaster": "auto", "ControlPersist": "yes", "ControlPath": self.run_folder / f"{self.name}.ssh"}
        command = ["ssh", "-F", "none"]
        for key, value in options.items():
            command += ["-o", f"{key}={value}"]
        return command + [self.name]

    def start(self, command: str, **popen) -> subprocess.Popen:
        """Starts COMMAND, a line of shell, on the host and returns the local ssh process."""
        return subprocess.Popen(self.ssh() + [command], **popen)

    def run(self, command: str, deadline: float = 300, stdin: bytes = b"") -> Result:
        with self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                output, _ = process.communicate(stdin, timeout=deadline)
            except subprocess.TimeoutExpired:
                process.kill()
                output, _ = process.communicate()
                raise GaveUp(f"{self.name}$ {command}\nhad not ended after {deadline:.0f} s; so far it said:\n"
                             + output.decode(errors="replace")) from None
        return Result(process.returncode, output.decode(errors="replace"))

    def check(self, command: str, deadline: float = 300, stdin: bytes = b"") -> str:
        result = self.run(command, deadline, stdin)
        if not result.ok:
            raise RuntimeError(f"{self.name}$ {command}\nexit status {result.status}: {result.output}")
        return result.output

    def answers(self) -> bool:
        """Whether sshd greets: the forwarded port itself is open as soon as QEMU runs."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                return s.recv(4) == b"SSH-"
        except OSError:
            return False

    def wait_until_up(self, deadline: float = 600) -> None:
        """Waits for a login, for systemd to have started everything, and for Xen's daemons to answer."""
        end = time.monotonic() + deadline
        while not self.answers() or not self.run("true", 60).ok:
            if self.switched_off():
                raise GaveUp(f"QEMU of host {self.name} has ended: " + self.log_tail(f"{self.name}.qemu"))
            if time.monotonic() > end:
                raise GaveUp(f"host {self.name} could not be logged into within {deadline:.0f} s; its console ended with:\n"
                             + self.log_tail(self.serial.name))
            time.sleep(0.5)
        state = self.run("systemctl is-system-running --wait; xenstore-read domid", deadline)
        if state.output.split() != ["running", "0"]:
            raise GaveUp(f"host {self.name} did not come up whole:\n{state.output}{self.run('systemctl --failed').output}")

    def log_tail(self, name: str, lines: int = 40) -> str:
        try:
            return "\n".join((self.run_folder / name).read_text(errors="replace").splitlines()[-lines:])
        except OSError as e:
            return str(e)

    # ---- outside the machine ------------------------------------------------------------------------------------------

    def switched_off(self) -> bool:
        """Whether QEMU was started and is no more: its socket is there and nobody listens."""
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(str(self.run_folder / f"{self.name}.monitor"))
                return False
            except ConnectionRefusedError:
                return True
            except OSError:
                return False

    def monitor(self, command: str) -> str:
        """One command to QEMU's monitor; returns what it answers."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30)
            s.connect(str(self.run_folder / f"{self.name}.monitor"))
            self._until_prompt(s)
            s.sendall(command.encode() + b"\n")
            return self._until_prompt(s)

    @staticmethod
    def _until_prompt(s: socket.socket) -> str:
        got = b""
        while not got.endswith(b"(qemu) "):
            part = s.recv(4096)
            if not part:
                break
            got += part
        return got.decode(errors="replace")

    def unplug(self) -> None:
        self.monitor("set_link wire off")

    def plug(self) -> None:
        self.monitor("set_link wire on")

    def power_cycle(self) -> None:
        """Cuts the power and gives it back. What had reached the disk is there afterwards; wait_until_up waits for the rest."""
        self.monitor("system_reset")
        self.forget_connection()

    def forget_connection(self) -> None:
        subprocess.run(self.ssh()[:-1] + ["-O", "exit", self.name], capture_output=True, check=False)
        (self.run_folder / f"{self.name}.ssh").unlink(missing_ok=True)
