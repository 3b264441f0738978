# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other tools' view of the IPVS table, brought into the shape of the module's options.

ipvsadm's view is put together from three of its outputs, since none has everything. Nothing of the collection is used
here: these are witnesses.
"""

from __future__ import annotations

import shlex
import socket
from typing import Any, Callable

Shell = Callable[..., str]

PROTOCOLS = {"-t": "tcp", "-u": "udp", "--sctp-service": "sctp"}
FORWARDS = {"-g": "dr", "-m": "nat", "-i": "tunnel"}
CHECKSUMS = {"--tun-nocsum": "none", "--tun-csum": "csum", "--tun-remcsum": "remcsum"}


def ipvsadm(sh: Shell) -> list[dict[str, Any]]:
    """The services as ``ipvsadm -Sn`` and ``-Ln --thresholds`` tell them, sorted."""
    services: dict[tuple[str, ...], dict[str, Any]] = {}
    for line in sh("ipvsadm", "-Sn").splitlines():
        words = shlex.split(line)
        key = tuple(words[1:3]) + (("-6",) if "-6" in words else ())
        if words[0] == "-A":
            services[key] = _service(words)
        else:
            services[key]["destinations"].append(_destination(words))
    _add_thresholds(services, sh("ipvsadm", "-Ln", "--thresholds"))
    return sort(list(services.values()))


def sort(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One order for services and destinations, the same for every witness."""
    for service in services:
        service["destinations"].sort(key=lambda one: (one["address"], one["port"]))
    return sorted(
        services, key=lambda one: [str(one.get(name)) for name in ("family", "fwmark", "address", "protocol", "port")]
    )


def _endpoint(text: str) -> tuple[str, int]:
    address, port = text.rsplit(":", 1)
    return address.strip("[]"), int(port)


def _after(words: list[str], option: str) -> str | None:
    return words[words.index(option) + 1] if option in words else None


def _service(words: list[str]) -> dict[str, Any]:
    service: dict[str, Any] = {"persistence": None, "destinations": []}
    if words[1] == "-f":
        # ipvsadm prints marks as if they had a sign.
        service.update(fwmark=int(words[2]) & 0xFFFFFFFF, family="inet6" if "-6" in words else "inet")
    else:
        address, port = _endpoint(words[2])
        family = "inet6" if ":" in address else "inet"
        service.update(protocol=PROTOCOLS[words[1]], address=address, port=port, family=family)
    service["scheduler"] = _after(words, "-s")
    service["scheduler_flags"] = (_after(words, "-b") or "").split(",") if "-b" in words else []
    service["one_packet"] = "-o" in words
    service["pe_name"] = _after(words, "--pe") or ""
    timeout = _after(words, "-p")
    if timeout:
        service["persistence"] = dict(_mask(_after(words, "-M"), service["family"]), timeout=int(timeout))
    return service


def _mask(mask: str | None, family: str) -> dict[str, Any]:
    if family == "inet6":
        return {"prefix": int(mask or 128)}
    bits = format(int.from_bytes(socket.inet_aton(mask or "255.255.255.255"), "big"), "032b")
    return {"netmask": mask} if "01" in bits else {"prefix": bits.count("1")}


def _destination(words: list[str]) -> dict[str, Any]:
    address, port = _endpoint(words[words.index("-r") + 1])
    forward = next(FORWARDS[word] for word in words if word in FORWARDS)
    weight = int(_after(words, "-w") or 1)
    destination: dict[str, Any] = {"address": address, "port": port, "forward": forward, "weight": weight}
    if forward == "tunnel":
        checksum = next((CHECKSUMS[word] for word in words if word in CHECKSUMS), "none")
        kind, tunnel_port = _after(words, "--tun-type") or "ipip", int(_after(words, "--tun-port") or 0)
        destination["tunnel"] = {"type": kind, "port": tunnel_port, "checksum": checksum}
    return destination


def _add_thresholds(services: dict[tuple[str, ...], dict[str, Any]], text: str) -> None:
    """The lines follow the services in the order of the table, as those of ``-S`` do: matched by name."""
    options = {"TCP": "-t", "UDP": "-u", "SCTP": "--sctp-service", "FWM": "-f"}
    current: list[dict[str, Any]] = []
    for words in (line.split() for line in text.splitlines()):
        if words and words[0] in options:
            key = (options[words[0]], words[1]) + (("-6",) if "IPv6" in words else ())
            current = services[key]["destinations"]
        elif len(words) == 6 and words[0] == "->" and words[1] != "RemoteAddress:Port":
            address, port = _endpoint(words[1])
            (one,) = (entry for entry in current if (entry["address"], entry["port"]) == (address, port))
            one.update(upper_threshold=int(words[2]), lower_threshold=int(words[3]))


def timeouts(sh: Shell) -> dict[str, int]:
    values = sh("ipvsadm", "-L", "--timeout").split(":")[1].split()
    return dict(zip(("tcp", "tcp_fin", "udp"), map(int, values)))


def daemons(sh: Shell) -> list[dict[str, Any]]:
    """``master sync daemon (mcast=eth0, syncid=3, maxlen=1400, group=224.0.0.90, port=9000, ttl=4)``."""
    names = {
        "mcast": "interface",
        "syncid": "sync_id",
        "maxlen": "maxlen",
        "group": "group",
        "port": "port",
        "ttl": "ttl",
    }
    found = []
    for line in sh("ipvsadm", "-L", "--daemon").splitlines():
        pairs = dict(pair.split("=") for pair in line[line.index("(") + 1 : line.index(")")].split(", "))
        values = {names[name]: int(value) if value.isdigit() else value for name, value in pairs.items()}
        found.append(dict(values, role=line.split()[0]))
    return sorted(found, key=lambda daemon: str(daemon["role"]))


# --- pyroute2 -------------------------------------------------------------------------------------------------------

P_PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp"}
P_FORWARDS = {0: "nat", 2: "tunnel", 3: "dr"}
P_TUNNELS = {0: "ipip", 1: "gue", 2: "gre"}
P_CHECKSUMS = {0: "none", 1: "csum", 2: "remcsum"}


def pyroute2(entries: list[Any]) -> list[dict[str, Any]]:
    """What pyroute2 reads, as options, without what it cannot read: the prefix of IPv6 persistence."""
    return sort([_p_service(*entry) for entry in entries])


def _p_service(attributes: dict[str, Any], destinations: list[dict[str, Any]]) -> dict[str, Any]:
    values = {name[len("IPVS_SVC_ATTR_") :]: value for name, value in attributes.items()}
    family = "inet" if values["AF"] == socket.AF_INET else "inet6"
    service: dict[str, Any] = {"family": family}
    if "FWMARK" in values:
        service["fwmark"] = values["FWMARK"]
    else:
        service.update(protocol=P_PROTOCOLS[values["PROTOCOL"]], address=values["ADDR"], port=values["PORT"])
    flags = values["FLAGS"]["flags"]
    service.update(
        scheduler=values["SCHED_NAME"],
        flag_bits=flags & 0x38,
        one_packet=bool(flags & 0x4),
        pe_name=values.get("PE_NAME", ""),
        persistence=values["TIMEOUT"] if flags & 0x1 else None,
        destinations=[_p_destination(one) for one in destinations],
    )
    return service


def _p_destination(attributes: dict[str, Any]) -> dict[str, Any]:
    values = {name[len("IPVS_DEST_ATTR_") :]: value for name, value in attributes.items()}
    destination = {
        "address": values["ADDR"],
        "port": values["PORT"],
        "forward": P_FORWARDS[values["FWD_METHOD"]],
        "weight": values["WEIGHT"],
        "upper_threshold": values["U_THRESH"],
        "lower_threshold": values["L_THRESH"],
    }
    if destination["forward"] == "tunnel":
        destination["tunnel"] = {
            "type": P_TUNNELS[values["TUN_TYPE"]],
            "port": socket.ntohs(values["TUN_PORT"]),  # it forgets that this one is in network order
            "checksum": P_CHECKSUMS[values["TUN_FLAGS"]],
        }
    return destination


def as_pyroute2(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Options in the words of ``pyroute2``: flags as bits, persistence as its timeout."""
    bits = {"flag-1": 8, "flag-2": 16, "flag-3": 32, "sh-fallback": 8, "sh-port": 16, "mh-fallback": 8, "mh-port": 16}
    found = []
    for service in services:
        said = {name: value for name, value in service.items() if name not in ("scheduler_flags", "persistence")}
        said["flag_bits"] = sum(bits[name] for name in service["scheduler_flags"])
        said["persistence"] = service["persistence"]["timeout"] if service["persistence"] else None
        found.append(said)
    return sort(found)
