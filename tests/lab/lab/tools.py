"""What the lab needs of the machine it runs on: root, room, and a few Debian packages."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from lab.processes import run, step
from lab.state import LabError, Settings, size

# Command -> package. Of Docker only the client is used here.
TOOLS = {"mmdebstrap": "mmdebstrap", "socat": "socat", "ip": "iproute2", "mke2fs": "e2fsprogs", "taskset": "util-linux"}
POLICY = Path("/usr/sbin/policy-rc.d")
GIB = 1 << 30


def require_root() -> None:
    if os.geteuid():
        raise LabError("the lab makes network namespaces and chroots: run it as root")


def require_room(settings: Settings) -> None:
    """The guest's memory is a file in /dev/shm; trees, images and disks lie in the lab's and the cache's folders."""
    free = shutil.disk_usage("/dev/shm").free
    if free < size(settings.mem):
        raise LabError(
            f"/dev/shm has {free / GIB:.1f} GiB free; LAB_MEM is {settings.mem}: free some or set LAB_MEM=2G"
        )
    for folder in (settings.dir, settings.cache):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if free < 4 * GIB:
            raise LabError(
                f"{folder} has {free / GIB:.1f} GiB free; the lab needs 4: free some or set LAB_DIR, LAB_CACHE"
            )


def missing() -> list[str]:
    """Packages to install, by the commands that are not there."""
    packages = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if not shutil.which("docker"):
        # Debian 12 has the client in docker.io only, later releases in a package of its own.
        known = run(["apt-cache", "show", "docker-cli"], check=False).returncode == 0
        packages.append("docker-cli" if known else "docker.io")
    return packages


def install() -> None:
    """Install what is missing; services that come with it do not start."""
    if not missing():
        return
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step("host tools"), _no_services():
        run(["apt-get", "-qq", "update"], what="apt-get update", env=environ)
        packages = missing()  # asked again: a fresh machine has no lists before the update
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
