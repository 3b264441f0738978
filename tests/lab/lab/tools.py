"""What the lab needs from its machine: root, disk space, memory, and a few Debian packages."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lab.processes import run, step
from lab.state import LabError, Settings, size

# Command -> Debian package. Of Docker only the client is used here.
TOOLS = {
    "mmdebstrap": "mmdebstrap", "socat": "socat", "ip": "iproute2", "mke2fs": "e2fsprogs", "taskset": "util-linux",
    "unshare": "util-linux", "nsenter": "util-linux", "mount": "mount", "gpgv": "gpgv",
}  # fmt: skip
# Daemons with which tests validate configurations.
DAEMONS = {
    "nginx": "nginx", "keepalived": "keepalived", "nft": "nftables", "ufw": "ufw",
    # Of the tests with them: another language, a repository to pull from, a directory of ACME and its client.
    "update-locale": "locales", "git": "git", "certbot": "certbot", "pebble": "pebble",
}  # fmt: skip
# Clients that ask for much: over kept connections, and over a new one for each request.
CLIENTS = {"h2load": "nghttp2-client", "ab": "apache2-utils"}
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
POLICY = Path("/usr/sbin/policy-rc.d")
NEEDED_DISK = 4 << 30
GIB = 1 << 30


def require_root() -> None:
    if os.geteuid():
        raise LabError("the lab makes namespaces, mounts and containers: run it as root")


def require_room(settings: Settings) -> None:
    """The guest's memory is a file in /dev/shm; trees, images and disks lie in the lab's and the cache's folders."""
    if os.uname().machine != "x86_64":
        raise LabError(
            f"Debian has User Mode Linux for x86_64 only, this is {os.uname().machine}: use LAB_ENGINE=docker"
        )
    if not Path("/dev/net/tun").exists():
        raise LabError("there is no /dev/net/tun: load the kernel module tun, or use LAB_ENGINE=docker")
    allowed = os.sched_getaffinity(0)
    if settings.cpu is not None and settings.cpu not in allowed:
        raise LabError(f"LAB_CPU is {settings.cpu}; must be one of {', '.join(map(str, sorted(allowed)))}")
    disks = {}
    for folder in (settings.dir, settings.cache):
        folder.mkdir(parents=True, exist_ok=True)
        disks[folder] = shutil.disk_usage(folder).free
    too_little = room(settings, shutil.disk_usage("/dev/shm").free, available_memory(), disks)
    if too_little:
        raise LabError(too_little)


def room(settings: Settings, shm: int, memory: int, disks: Mapping[Path, int]) -> str | None:
    """What is too small, with the free bytes; None if there is enough of everything."""
    for where, free in (("/dev/shm", shm), ("memory", memory)):
        if free < size(settings.mem):
            return f"{where} has {free / GIB:.1f} GiB free; LAB_MEM is {settings.mem}: free some or set LAB_MEM=2G"
    for folder, free in disks.items():
        if free < NEEDED_DISK:
            return (
                f"{folder} has {free / GIB:.1f} GiB free; the lab needs {NEEDED_DISK / GIB:g}: free some or set"
                " LAB_DIR and LAB_CACHE"
            )
    return None


def available_memory(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Memory for new processes without swapping, in bytes."""
    lines = (line.split() for line in meminfo.read_text().splitlines())
    return next(int(words[1]) << 10 for words in lines if words[0] == "MemAvailable:")


def missing() -> list[str]:
    """The packages to install, from the commands that are missing."""
    packages = {package for tool, package in TOOLS.items() if not shutil.which(tool)}
    if not KEYRING.exists():
        packages.add("debian-archive-keyring")
    if importlib.util.find_spec("ensurepip") is None:
        packages.add("python3-venv")  # not the lab needs it, but whoever runs Ansible beside it
    if not shutil.which("docker"):
        # Debian 12 has the client in docker.io only, later releases in a package of its own.
        known = run(["apt-cache", "show", "docker-cli"], check=False).returncode == 0
        packages.add("docker-cli" if known else "docker.io")
    return sorted(packages)


def install() -> None:
    """Install the missing packages, without starting their services."""
    _install("host tools", missing)


def install_daemons() -> None:
    """Install the daemons with which tests validate configurations, without starting them."""
    _install("daemons", lambda: sorted(package for name, package in DAEMONS.items() if not shutil.which(name)))


def install_load() -> None:
    """Install the clients of `make bench` that ask Nginx for much."""
    _install("load clients", lambda: [package for name, package in CLIENTS.items() if not shutil.which(name)])


def _install(what: str, lacking: Callable[[], list[str]]) -> None:
    if shutil.which("apt-get") is None:
        raise LabError("there is no apt-get: the lab is made of Debian packages and needs a Debian machine")
    if not lacking():
        return
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(what), _no_services():
        run(["apt-get", "-qq", "update"], what="apt-get update", env=environ)
        packages = lacking()  # asked again: a fresh machine has no lists before the update
        run(
            ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages],
            env=environ,
            what=f"apt-get install {' '.join(packages)}",
        )


@contextlib.contextmanager
def _no_services() -> Iterator[None]:
    """Debian's own switch: while it says 101 no package starts its daemon."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
