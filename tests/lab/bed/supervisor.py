"""Runs the hosts: starts one QEMU for each, stays as long as they are wanted, and takes them with it whenever it ends.

Started by lab.py as `supervisor.py` with its orders as JSON on stdin. It ends on SIGTERM, when a QEMU dies, or, if told so, when
stdin closes: then the hosts do not outlive the program that wanted them, however that ended."""

import ctypes
import json
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bed.state import withdraw  # noqa: E402

# Every flag matters: smap kills dom0 at its first exception; rdtscp kills PVH and HVM guests; with xsave or avx the vector
# registers of dom0 are silently corrupted as soon as a guest runs (tests/lab/dom0-computes.lab looks for that).
CPU = "max,-smap,-rdtscp,-xsave,-avx,-avx2,-f16c,-fma"
XEN = "console=com1 com1=115200,8n1 dom0_mem=1024M,max:1024M loglvl=info guest_loglvl=info sched=credit noreboot"
# norandmaps: QEMU keeps what it has translated by its address; a program that lies elsewhere each time it is started is translated
# each time, and the scripts of dom0 start hundreds: they take half as long again then.
DOM0 = "console=hvc0 mitigations=off norandmaps panic=1 quiet net.ifnames=0"


def qemu(image: Path, folder: Path, number: int, host: dict, cpus: int, wire: str) -> list[str]:
    """The command line of host NUMBER (1, 2...). /dev/kvm may be there and unable to run Xen, hence -accel tcg."""
    name = host["name"]
    dom0 = (f"{DOM0} systemd.hostname={name} systemd.machine_id={number:032x} lab.address={host['address']}/24")
    return ["qemu-system-x86_64", "-name", f"lab-{name}", "-display", "none", "-no-user-config", "-nodefaults",
            "-accel", "tcg,thread=multi", "-cpu", CPU, "-smp", str(cpus), "-m", str(host["memory"]),
            "-kernel", str(image / "xen"), "-append", XEN, "-initrd", f"{image}/vmlinuz {dom0},{image}/stub",
            "-drive", f"file={image}/root.img,format=raw,if=virtio,snapshot=on",
            "-netdev", f"user,id=control,restrict=on,hostfwd=tcp:127.0.0.1:{host['port']}-:22",
            "-device", f"virtio-net-pci,netdev=control,mac=52:54:00:00:10:0{number}",
            "-netdev", f"socket,id=wire,{wire}",
            "-device", f"virtio-net-pci,netdev=wire,mac=52:54:00:00:20:0{number}",
            "-device", "edu,addr=0x8",  # a PCI device that nobody misses, for guests
            "-serial", f"file:{folder}/{name}.serial", "-monitor", f"unix:{folder}/{name}.monitor,server,nowait"]


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def listening(monitor: Path, process: subprocess.Popen) -> bool:
    """QEMU opens its sockets in order; the monitor's is there when the wire's is."""
    while process.poll() is None:
        if monitor.exists():
            return True
        select.select([], [], [], 0.05)
    return False


class Stopped(Exception):
    """The hosts are not wanted any more."""


def main() -> None:
    orders = json.loads(sys.stdin.readline())
    folder, image, hosts = Path(orders["run"]), Path(orders["image"]), orders["hosts"]
    processes = []
    wanted = True

    def stop(*_):
        raise Stopped
    for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(s, stop)
    try:
        for number, host in enumerate(hosts, start=1):
            wire = f"{'listen' if number == 1 else 'connect'}=127.0.0.1:{orders['wire_port']}"
            with open(folder / f"{host['name']}.qemu", "w") as log:
                process = subprocess.Popen(qemu(image, folder, number, host, orders["cpus"], wire), stdin=subprocess.DEVNULL,
                                           stdout=log, stderr=log, preexec_fn=die_with_parent)
            processes.append(process)
            if not listening(folder / f"{host['name']}.monitor", process):
                break
        # The logs are kept when a QEMU ended by itself: they say why.
        lifeline = [sys.stdin] if orders["tied"] else []
        while all(p.poll() is None for p in processes):
            if select.select(lifeline, [], [], 1)[0] and not sys.stdin.read(1):
                raise Stopped
    except Stopped:
        wanted = False
    finally:
        for p in processes:
            p.kill()
            p.wait()
        withdraw()
        if not wanted:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
