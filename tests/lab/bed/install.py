"""Installs a build on the hosts as an administrator would: `make install`, then xend.service is enabled and started."""

import subprocess
import tempfile
import time
from pathlib import Path

from . import lab
from .host import Host

SOURCE = Path(__file__).resolve().parent.parent.parent.parent
SCENARIO = Path(__file__).resolve().parent.parent / "dom0"  # guest files and configuration that the tests start from


def stage(source: Path, folder: Path, jobs: int = 2) -> None:
    make = ["make", "-C", source, "--no-print-directory", f"-j{jobs}", "install", f"DESTDIR={folder}",
            "INSTALL_PROGRAM=install -s"]  # emulated hosts unpack slowly
    if subprocess.run(make, check=False, stdout=subprocess.DEVNULL).returncode:
        raise RuntimeError(f"`make install` in {source} failed")
    # Debugging information is nine tenths of the programs, and the way to an emulated host is slow.
    files = [p for p in [*folder.glob("usr/sbin/*"), *folder.glob("usr/libexec/xend/*")] if p.is_file()]
    programs = [p for p in files if p.open("rb").read(4) == b"\x7fELF"]  # not the scripts
    subprocess.run(["strip", "--strip-debug", *programs], check=True)


def pack(folder: Path) -> bytes:
    return subprocess.run(["tar", "-C", folder, "--owner=root", "--group=root", "-cz", "."], check=True, capture_output=True).stdout


def install_on(host: Host, build: bytes, scenario: bytes) -> None:
    # --keep-directory-symlink: on a merged /usr, /lib is a link and has to stay one.
    host.check("tar -xz --keep-directory-symlink -C /", stdin=build)
    host.check("tar -xz --keep-directory-symlink -C /", stdin=scenario)
    host.check("""ldd /usr/sbin/xm /usr/sbin/xend /usr/libexec/xend/* | grep 'not found' && exit 1
        systemctl daemon-reload
        systemctl enable --quiet xend.service
        sync
        systemctl restart xend.service || { systemctl status --no-pager --lines=40 xend.service; exit 1; }""")


def install(hosts: lab.Lab, source: Path = SOURCE, ready: Path | None = None) -> None:
    """Builds SOURCE and installs it on every host; or installs READY, a folder that `make install DESTDIR=READY` has filled."""
    with tempfile.TemporaryDirectory(prefix="xm-lab-stage.") as folder:
        if not ready:
            stage(source, Path(folder))
        build = pack(ready or Path(folder))
    scenario = pack(SCENARIO)
    hosts.each(lambda host: install_on(host, build, scenario))


def booted(names=("one", "two")) -> lab.Lab:
    """Fresh hosts with this build on them. They end with this program."""
    began = time.monotonic()
    hosts = lab.start(names)
    try:
        hosts.wait_until_up()
        print(f"up after {time.monotonic() - began:.0f} s", flush=True)
        install(hosts)
        print(f"with this build on them after {time.monotonic() - began:.0f} s", flush=True)
    except BaseException:
        hosts.stop()
        raise
    return hosts
