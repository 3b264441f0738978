"""The hosts as containers: privileged, systemd as PID 1, one bridge between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from lab import image
from lab.docker import Docker
from lab.hosts import BY_NAME, GATEWAY, GATEWAY6, HOSTS, NETWORK, SUBNET, SUBNET6, Host
from lab.processes import wait_until
from lab.state import LabError

WIRE = "wire"
_COMMON = (
    "--privileged", "--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/run/lock",
    "--stop-signal", "SIGRTMIN+3", "--stop-timeout", "10", "-v", "/lib/modules:/lib/modules:ro",
)  # fmt: skip


def run_arguments(host: Host, lab: str, ipv6: bool = True) -> list[str]:
    """The arguments of `docker run` for a host; `ipv6`: whether the network has it."""
    names = [f"--add-host={other.name}:{other.address}" for other in HOSTS if other is not host]
    return [
        "run", "-d", "--name", host.name, "--hostname", host.name, "--label", f"vipstack.lab={lab}",
        "--network", NETWORK, "--ip", host.address, *(["--ip6", host.address6] if ipv6 else []),
        "--mac-address", host.mac, "--sysctl", "net.ipv4.ip_forward=0", *names, *_COMMON,
        image.TAG, "/lib/systemd/systemd",
    ]  # fmt: skip


class Containers:
    """The containers of one lab on one daemon."""

    def __init__(self, docker: Docker, lab: str) -> None:
        self.docker = docker
        self.lab = lab

    def states(self) -> dict[str, str]:
        """Container name -> Docker's state (running, exited ...), of this lab only."""
        listed = self.docker(
            "ps", "-a", "--filter", f"label=vipstack.lab={self.lab}", "--format", "{{.Names}} {{.State}}"
        )
        return dict(line.split(" ", 1) for line in listed.splitlines())

    def absent(self) -> list[str]:
        """What is to be made: every name whose container does not run."""
        states = self.states()
        return [name for name in (*BY_NAME, WIRE) if states.get(name) != "running"]

    def up(self, names: Iterable[str]) -> None:
        """Make these anew; the image has to be there. Raises LabError where another lab has the daemon."""
        todo = list(names)
        self._alone()
        states = self.states()
        self.remove([name for name in todo if name in states])
        if not self.docker.ok("network", "inspect", NETWORK):
            # IPVS needs no router: the bridge's own address is only what Docker asks for.
            self.docker("network", "create", "--subnet", SUBNET, "--gateway", GATEWAY,
                        "--ipv6", "--subnet", SUBNET6, "--gateway", GATEWAY6,
                        "--label", f"vipstack.lab={self.lab}", NETWORK, what="docker network create")  # fmt: skip
        self.create(todo)

    def _alone(self) -> None:
        """Names and addresses are the same in every lab: a daemon carries one."""
        labels = self.docker("ps", "-a", "--filter", "label=vipstack.lab", "--format", '{{.Label "vipstack.lab"}}')
        others = sorted(set(labels.split()) - {self.lab})
        if others:
            raise LabError(f"the daemon at {self.docker.host} carries lab {others[0]} already; a daemon carries one")

    def create(self, names: Iterable[str]) -> None:
        names = list(names)
        _each(self._create, names)
        _each(self._ready, [name for name in names if name != WIRE])

    def _create(self, name: str) -> None:
        if name == WIRE:
            arguments = ["run", "-d", "--name", WIRE, "--label", f"vipstack.lab={self.lab}", "--network", "host",
                         "--privileged", "--init", "-v", "/lib/modules:/lib/modules:ro",
                         image.TAG, "sleep", "infinity"]  # fmt: skip
        else:
            has_ipv6 = self.docker("network", "inspect", NETWORK, "--format", "{{.EnableIPv6}}").strip() == "true"
            arguments = run_arguments(BY_NAME[name], self.lab, has_ipv6)
        self.docker(*arguments, what=f"container {name}", timeout=600)

    def _ready(self, name: str) -> None:
        """systemd has come up, with nothing failed."""
        said = ""

        def settled() -> bool:
            nonlocal said
            # One call that waits: a busy asker costs the guest's only CPU more than the boot does.
            said = self.docker(
                "exec", name, "systemctl", "is-system-running", "--wait", check=False, timeout=300
            ).strip()
            return said in ("running", "degraded")

        if not wait_until(settled, 300, 0.3):
            raise LabError(f"{name}: systemd does not come up (it reports {said or 'nothing'!r})")
        if said == "degraded":
            failed = self.docker.shell(name, "systemctl --failed --plain --no-legend | cut -d' ' -f1").split()
            raise LabError(f"{name}: units failed at boot: {', '.join(failed)}")

    def reboot(self, name: str) -> None:
        """Stop and start: a new network namespace, the same file system."""
        self.docker("restart", name, what=f"reboot of {name}", timeout=600)
        self._ready(name)

    def remove(self, names: Iterable[str]) -> None:
        names = list(names)
        if names:
            self.docker("rm", "-f", "-v", *names, what="docker rm", timeout=600)

    def down(self) -> None:
        self.remove(self.states())
        listed = self.docker("network", "ls", "-q", "--filter", f"label=vipstack.lab={self.lab}").split()
        if listed:
            self.docker("network", "rm", *listed, what="docker network rm")


def _each(function: Callable[[str], None], names: list[str]) -> None:
    """All at once; the first error ends it."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(function, names))
