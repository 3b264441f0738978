"""The lab's hosts, as data: the reference deployment's shape in a documentation range."""

from __future__ import annotations

from dataclasses import dataclass

from lab.state import LabError

SUBNET = "198.51.100.0/24"
GATEWAY = "198.51.100.1"
SUBNET6 = "2001:db8:100::/64"
GATEWAY6 = "2001:db8:100::1"
VIP = "198.51.100.200"
NETWORK = "vipstack-lab"


@dataclass(frozen=True)
class Host:
    name: str
    address: str
    role: str  # director | real_server | application | client

    @property
    def address6(self) -> str:
        """The same last number, as it is written: 198.51.100.100 is 2001:db8:100::100."""
        return SUBNET6.replace("/64", self.address.rpartition(".")[2])

    @property
    def mac(self) -> str:
        """Fixed, so that a host keeps its neighbours' ARP entries over a reset."""
        return "02:00:c6:33:64:%02x" % int(self.address.rpartition(".")[2])


HOSTS = (
    Host("d1", "198.51.100.100", "director"),
    Host("d2", "198.51.100.101", "director"),
    Host("web1", "198.51.100.102", "real_server"),
    Host("web2", "198.51.100.103", "real_server"),
    Host("app1", "198.51.100.201", "application"),
    Host("app2", "198.51.100.202", "application"),
    Host("client", "198.51.100.50", "client"),
)
BY_NAME = {host.name: host for host in HOSTS}


def named(name: str) -> Host:
    """Raises LabError with the names there are."""
    try:
        return BY_NAME[name]
    except KeyError:
        raise LabError(f"no host {name!r}; there are {', '.join(BY_NAME)}") from None
