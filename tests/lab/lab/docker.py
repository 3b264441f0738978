"""The Docker client, and the engine that is a daemon of the user's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from lab import image
from lab.processes import run, shielded, step
from lab.state import LabError, Settings


class Docker:
    """`docker` against one daemon."""

    def __init__(self, host: str) -> None:
        self.host = host

    @property
    def environ(self) -> Mapping[str, str]:
        return {**os.environ, "DOCKER_HOST": self.host}

    def __call__(
        self,
        *arguments: str,
        check: bool = True,
        what: str | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
    ) -> str:
        """The output of one docker command."""
        done = run(["docker", *arguments], env=self.environ, check=check, what=what, stdin=stdin, timeout=timeout)
        return done.stdout.decode(errors="replace")

    def ok(self, *arguments: str, timeout: float | None = 30) -> bool:
        """Whether one docker command succeeds."""
        try:
            return run(["docker", *arguments], env=self.environ, check=False, timeout=timeout).returncode == 0
        except LabError:
            return False

    def answers(self) -> bool:
        return self.ok("version", timeout=10)

    def shell(self, host: str, script: str, check: bool = True, timeout: float | None = 60) -> str:
        """The output of a shell script on a host of the lab."""
        return self("exec", host, "sh", "-c", script, check=check, what=f"{host}: {script}", timeout=timeout)

    def popen(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A docker command that runs beside us, with its three streams as pipes."""
        return subprocess.Popen(
            ["docker", *arguments],
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def load_image(self, settings: Settings) -> bool:
        """Import the hosts' image where the daemon does not have it; whether that was so."""
        if self.ok("image", "inspect", image.TAG):
            return False
        tarball = image.tarball(settings)
        with step("image import"), tarball.open("rb") as stream:
            run(["docker", "import", "-", image.TAG], env=self.environ, stdin=stream, what="docker import")
        return True

    def has_ipvs(self) -> bool:
        """Whether the daemon's kernel has ip_vs or could load it; asked there, not here, and nothing is loaded."""
        return self.ok(
            "run",
            "--rm",
            "--privileged",
            "--network",
            "none",
            "-v",
            "/lib/modules:/lib/modules:ro",
            image.TAG,
            "sh",
            "-c",
            "test -e /proc/net/ip_vs || modprobe -qn ip_vs",
        )

    def carries(self, settings: Settings) -> bool:
        """Whether hosts with IPVS can run there; the hosts' image stays only then."""
        loaded, good = self.load_image(settings), False
        try:
            good = self.has_ipvs()
        finally:
            if loaded and not good:
                with shielded():
                    self("image", "rm", "-f", image.TAG, check=False)
        return good


class DockerEngine:
    """A daemon that is there already. The lab only puts its socket where users of the lab look."""

    name = "docker"

    def __init__(self, settings: Settings, host: str) -> None:
        self.settings = settings
        self.docker = Docker(host)

    @property
    def docker_host(self) -> str:
        return self.docker.host

    def is_up(self) -> bool:
        return self.docker.answers()

    def up(self) -> None:
        """Raises LabError where the daemon cannot carry the lab."""
        if not self.docker.answers():
            raise LabError(f"no Docker daemon answers at {self.docker_host}")
        if not self.docker.carries(self.settings):
            raise LabError(f"the kernel of the daemon at {self.docker_host} has no ip_vs; use LAB_ENGINE=uml")
        if self.docker_host.startswith("unix://"):
            link = self.settings.socket
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(Path(self.docker_host.removeprefix("unix://")))

    def down(self) -> None:
        """The daemon stays; the containers were removed by the caller."""
        self.settings.socket.unlink(missing_ok=True)
