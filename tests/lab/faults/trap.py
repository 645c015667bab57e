"""strace at a daemon, which kills or holds it at one system call."""

import subprocess
import time

from bed.host import GaveUp, Host

TRACE = "/root/fault.trace"
PID = "systemctl show -p MainPID --value xend"


class Trap:
    """SPRINGS: this is the daemon that is hit at its NTH CALL; otherwise it is only killed together with the one that is."""

    def __init__(self, host: Host, call: str, nth: int, fault: str, springs: bool):
        self.host, self.call, self.springs = host, call, springs
        signal = {"kill": "SIGKILL", "cut": "SIGSTOP"}[fault]
        self.command = (f"exec strace -f --detach-on=execve -qq -s 120 -e trace={call} -e inject={call}:signal={signal}:when={nth} "
                        f"-o {TRACE} -p $({PID})")
        self.mark = signal
        self.process: subprocess.Popen | None = None
        self.pid = ""

    def set(self) -> None:
        self.pid = self.host.check(PID).strip()
        if not self.springs:
            return
        self.process = self.host.start(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        # Every thread has to be traced, or the call of one would pass.
        attached = (f"for n in $(seq 100); do grep -L 'TracerPid:.[1-9]' /proc/{self.pid}/task/*/status | grep -q . || exit 0; "
                    "sleep 0.1; done; exit 1")
        self.host.check(attached, 60)

    def sprung(self) -> bool:
        return self.springs and self.host.run(f"grep -q {self.mark} {TRACE}", 30).ok

    def where(self) -> str:
        """The call that was hit, without its thread's number: killed, it never returned; held, the signal follows it."""
        lines = self.host.run(f"cat {TRACE}", 30).output.splitlines()
        calls = [line for line in lines if f"{self.call}(" in line]
        if self.mark == "SIGKILL":
            calls = [line for line in calls if line.endswith("= ?") or "<unfinished" in line]
        else:
            stopped = next((line.split()[0] for line in lines if self.mark in line), "")
            calls = [line for line in calls if line.split()[0] == stopped]
        return calls[-1].split(" ", 1)[1].strip()[:110] if calls else "?"

    def let_go(self) -> None:
        if self.springs:
            self.host.run(f"kill -CONT {self.pid}", 30)

    def kill_daemon(self) -> None:
        """With SIGKILL injected it is dead already; the other one of `both` follows it."""
        self.host.run(f"kill -KILL {self.pid} 2> /dev/null", 30)

    def until_daemon_is_back(self) -> None:
        """systemd starts it again by itself."""
        end = time.monotonic() + 60
        while not self.host.run(f"[ $({PID}) -gt 0 ] && [ $({PID}) != {self.pid} ] && xm list", 60).ok:
            if time.monotonic() > end:
                raise GaveUp(f"xend of {self.host.name} was not back 60 s after it was killed")
            time.sleep(0.2)

    def take_away(self) -> None:
        if self.process:
            self.host.run("pkill -INT -x strace", 30)
            self.process.wait(30)
        self.host.run(f"rm -f {TRACE}", 30)
