"""Faults of a host's cable: it is cut, slow, or carries no VRRP.

Everything is done at the host's end of the veth pair, in the daemon's own network namespace, by the helper
container `wire`; the host itself sees only that nothing comes. A reboot plugs in a new, whole cable.
"""

from __future__ import annotations

from lab.containers import WIRE
from lab.docker import Docker
from lab.hosts import named
from lab.state import LabError

VRRP = 112  # IP protocol number
MAX_DELAY_MS = 10_000


def block_vrrp_commands(port: str, blocked: bool) -> list[str]:
    """tc commands that drop VRRP of both families, from and to the host behind a port; or that let it pass again."""
    commands = [f"tc qdisc del dev {port} clsact 2>/dev/null || true"]
    if blocked:
        commands.append(f"tc qdisc add dev {port} clsact")
        for way in ("ingress", "egress"):
            rule = f"tc filter add dev {port} {way}"
            commands.append(f"{rule} protocol ip pref 1 u32 match ip protocol {VRRP} 0xff action drop")
            commands.append(f"{rule} protocol ipv6 pref 2 u32 match ip6 protocol {VRRP} 0xff action drop")
    return commands


def delay_commands(port: str, milliseconds: float) -> list[str]:
    """tc commands that keep each packet to the host for so long; 0: no longer than it takes."""
    commands = [f"tc qdisc del dev {port} root 2>/dev/null || true"]
    if milliseconds:
        commands.append(f"tc qdisc add dev {port} root netem delay {milliseconds:g}ms limit 10000")
    return commands


class Wire:
    """The cables of a lab."""

    def __init__(self, docker: Docker) -> None:
        self.docker = docker

    def port(self, host: str) -> str:
        """The name of the interface at the other end of a host's eth0."""
        index = self.docker.shell(named(host).name, "cat /sys/class/net/eth0/iflink").strip()
        found = self.docker.shell(WIRE, f"grep -lx {index} /sys/class/net/*/ifindex").split("/")
        if len(found) < 5:
            raise LabError(f"{host}: its cable ends nowhere (no interface {index} in the daemon's namespace)")
        return found[4]

    def cut(self, host: str) -> None:
        """Cut the cable: the host loses its carrier, as with a dead switch port."""
        self._do([f"ip link set {self.port(host)} down"])

    def join(self, host: str) -> None:
        self._do([f"ip link set {self.port(host)} up"])

    def delay(self, host: str, milliseconds: float) -> None:
        """Every packet to the host is so much later; 0 ends it."""
        if not 0 <= milliseconds <= MAX_DELAY_MS:
            raise LabError(f"delay is {milliseconds:g} ms; must be 0-{MAX_DELAY_MS}")
        self._do(delay_commands(self.port(host), milliseconds))

    def block_vrrp(self, host: str, blocked: bool = True) -> None:
        """VRRP neither leaves nor reaches the host; everything else does."""
        self._do(block_vrrp_commands(self.port(host), blocked))

    def _do(self, commands: list[str]) -> None:
        self.docker.shell(WIRE, "set -e\n" + "\n".join(commands))
