"""The dom0 image and its companions, built once and kept outside the source tree.

An image lives in CACHE/KEY, where KEY is a hash of everything that goes into it: the builder's own files and the versions of
the packages the archive has today. It is built under another name and renamed, so a folder called KEY is always whole."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BUILDER = Path(__file__).resolve().parent.parent / "image"


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "xm-lab"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sources(updated: bool = False) -> str:
    """The Debian archives this machine uses, in whatever form it names them."""
    lines = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages", "Origin: Debian"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    if not lines and not updated:
        subprocess.run(["apt-get", "update", "-q"], check=True)
        return sources(updated=True)
    if not lines:
        raise RuntimeError("apt knows no archive of Debian to build the image from")
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    return "".join(f"deb [signed-by={keyring}] {line}\n" for line in sorted(set(lines)))


def packages() -> list[str]:
    words = []
    for line in (BUILDER / "packages").read_text().splitlines():
        words += line.split("#")[0].split()
    return words + ["xen-hypervisor-4.17-amd64", "linux-image-amd64", "busybox-static"]


def key(apt_sources: str) -> str:
    """What the image is made from, as 16 hexadecimal digits."""
    h = hashlib.sha256(apt_sources.encode())
    for path in sorted(p for p in BUILDER.rglob("*") if p.is_file()):
        h.update(f"{path.relative_to(BUILDER)} {path.stat().st_mode:o}\n".encode())
        h.update(path.read_bytes())
    policy = subprocess.run(["apt-cache", "policy", *packages()], check=True, capture_output=True, text=True).stdout
    for line in policy.splitlines():
        if not line.startswith(" ") or "Candidate:" in line:
            h.update(line.encode())
    return h.hexdigest()[:16]


def prepare() -> Path:
    """The folder with the image for today's inputs; builds it when it is not there."""
    apt_sources = sources()
    folder = cache() / key(apt_sources)
    if folder.is_dir():
        return folder
    if os.geteuid() != 0:
        raise RuntimeError(f"the image has to be built once, by root ({folder} is not there)")
    print(f"image: building {folder} (some minutes, once)", flush=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=cache()))
    try:
        with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
            listing.write(apt_sources)
            listing.flush()
            if subprocess.run([BUILDER / "build", unfinished, listing.name], check=False).returncode:
                raise RuntimeError("the image could not be built; the reason is above")
        try:
            unfinished.rename(folder)
        except OSError:
            if not folder.is_dir():  # else: somebody else has built the same one meanwhile
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    drop_old(folder)
    return folder


def drop_old(current: Path) -> None:
    """An image that no running lab was booted from, and that is not today's, will not be used again."""
    from . import state
    running = state.running()
    used = {current.name, Path(running["image"]).name if running else ""}
    for folder in cache().iterdir():
        if len(folder.name) == 16 and folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)
