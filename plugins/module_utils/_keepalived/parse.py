# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Keepalived writes about itself, as values: ``-v``, the JSON state, the data dump, the statistics.

All functions are pure. Whatever the daemon adds is ignored, whatever it leaves out is None; passwords, which both the
JSON and the dump hold, are never taken over.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, Optional, Tuple

from .._errors import LvsError

Instance = Dict[str, Any]
_Place = Tuple[Optional[str], Optional[int], Optional[str], Optional[int]]

# The numbers of the JSON (vrrp.h); the dump has the words.
STATES = {0: "INIT", 1: "BACKUP", 2: "MASTER", 3: "FAULT", 97: "DELETED", 98: "STOP"}
AUTH_BY_NUMBER = {0: "none", 1: "pass", 2: "ah"}
AUTH_BY_NAME = {"SIMPLE_PASSWORD": "pass", "IPSEC_AH": "ah"}
# Our name of a counter: the JSON's, and the (section, line) of the statistics.
COUNTERS = {
    "adverts_received": ("advert_rcvd", ("Advertisements", "Received")),
    "adverts_sent": ("advert_sent", ("Advertisements", "Sent")),
    "became_master": ("become_master", ("", "Became master")),
    "released_master": ("release_master", ("", "Released master")),
    "length_errors": ("packet_len_err", ("Packet Errors", "Length")),
    "ttl_errors": ("ip_ttl_err", ("Packet Errors", "TTL")),
    "type_errors": ("invalid_type_rcvd", ("Packet Errors", "Invalid Type")),
    "interval_errors": ("advert_interval_err", ("Packet Errors", "Advertisement Interval")),
    "address_errors": ("addr_list_err", ("Packet Errors", "Address List")),
    "auth_type_errors": ("invalid_authtype", ("Authentication Errors", "Invalid Type")),
    "auth_mismatches": ("authtype_mismatch", ("Authentication Errors", "Type Mismatch")),
    "auth_failures": ("auth_failure", ("Authentication Errors", "Failure")),
    "priority_zero_received": ("pri_zero_rcvd", ("Priority Zero", "Received")),
    "priority_zero_sent": ("pri_zero_sent", ("Priority Zero", "Sent")),
}  # fmt: skip

_SECTION = re.compile(r"^ *------< (.+) >------$")
_ADDRESS = re.compile(r"^([0-9a-fA-F.:]+(?:/\d+)?)(?: dev (\S+))?")
_REAL_SERVER = re.compile(r"^RIP = (\S+), RPORT = (\d+), WEIGHT = (-?\d+)(?: EFF WEIGHT = (-?\d+))?")
_CHECK = re.compile(r"^\[(\S+)\]:\w+:(\d+) -> \[(\S+)\]:\w+:(\d+)$")
_INTERVAL = re.compile(r"^([0-9.]+) (milli-sec|sec)")


def parse_version(text: str) -> dict[str, Any]:
    """``{version, options}`` from ``keepalived -v``; options are the words that the build lists."""
    version = re.search(r"^Keepalived v(\S+)", text, re.MULTILINE)
    options = re.search(r"^(?:Config|Build) options:[ \t]*(.*)$", text, re.MULTILINE)
    return {
        "version": version.group(1) if version else None,
        "options": options.group(1).split() if options else [],
    }


# --- instances --------------------------------------------------------------------------------------------------


def parse_json(text: str) -> list[Instance]:
    """The instances of the JSON state. Raises LvsError where it is none (a file that is not whole yet, say)."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise LvsError("Keepalived's JSON state cannot be read: %s" % error) from error
    # json_version 2 puts the list of version 1 beside other things.
    instances = found.get("vrrp", []) if isinstance(found, dict) else found
    if not isinstance(instances, list):
        raise LvsError("Keepalived's JSON state holds no list of instances")
    return [_json_instance(item.get("data", {}), item.get("stats", {})) for item in instances]


def _json_instance(data: dict[str, Any], stats: dict[str, Any]) -> Instance:
    number = data.get("state")
    return {
        "name": data.get("iname"),
        "state": STATES.get(number, str(number)) if number is not None else None,
        "wanted_state": STATES.get(data.get("wantstate", -1)),
        "version": data.get("version"),
        "vrid": data.get("vrid"),
        "interface": data.get("ifp_ifname"),
        "base_priority": data.get("base_priority"),
        "priority": data.get("effective_priority"),
        "master_priority": data.get("master_priority"),
        "advert_interval": data.get("adver_int"),
        "preempt": not data["nopreempt"] if "nopreempt" in data else None,
        "auth": AUTH_BY_NUMBER.get(data.get("auth_type", 0), "none"),
        "addresses": [_address(vip) for vip in [*data.get("vips", []), *data.get("evips", [])]],
        "addresses_set": data.get("vipset"),
        "last_transition": data.get("last_transition"),
        "counters": {name: int(stats.get(key, 0)) for name, (key, _line) in COUNTERS.items()} if stats else None,
    }


def _address(text: str) -> str:
    """``198.51.100.200/24`` of ``198.51.100.200/24 dev eth0 scope global label eth0:0 set``"""
    match = _ADDRESS.match(text.strip())
    return match.group(1) if match else text


def parse_data(text: str) -> dict[str, Any]:
    """``{instances, sync_groups, scripts}`` of the VRRP process's data dump."""
    instances: list[Instance] = []
    groups: list[dict[str, Any]] = []
    scripts: list[dict[str, Any]] = []
    for section, lines in _sections(text):
        if section == "VRRP Topology":
            instances += [_dump_instance(block) for block in _blocks(lines, "VRRP Instance")]
        elif section == "VRRP Sync groups":
            groups += [_sync_group(block) for block in _blocks(lines, "VRRP Sync Group")]
        elif section == "VRRP Scripts":
            scripts += [_script(block) for block in _blocks(lines, "VRRP Script")]
    return {"instances": instances, "sync_groups": groups, "scripts": scripts}


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    name = ""
    lines: list[str] = []
    for line in text.splitlines():
        match = _SECTION.match(line)
        if match:
            yield name, lines
            name, lines = match.group(1), []
        else:
            lines.append(line)
    yield name, lines


def _blocks(lines: list[str], head: str) -> Iterator[list[str]]:
    """Runs of lines that begin with ``head = …``."""
    block: list[str] = []
    for line in lines:
        if line.strip().startswith(head + " = "):
            if block:
                yield block
            block = [line]
        elif block:
            block.append(line)
    if block:
        yield block


def _values(block: list[str]) -> dict[str, str]:
    """``key = value`` of each line that is one; the first of a kind stays."""
    found: dict[str, str] = {}
    for line in block:
        key, equals, value = line.strip().partition(" = ")
        if equals:
            found.setdefault(key, value)
    return found


def _dump_instance(block: list[str]) -> Instance:
    values = _values(block)
    transition = values.get("Last transition")
    set_flags = [line.rstrip().endswith(" set") for line in _listed(block, "Virtual IP")]
    return {
        "name": values.get("VRRP Instance"),
        "state": values.get("State"),
        "wanted_state": values.get("Wantstate") or values.get("Wanted State"),
        "version": _number(values.get("VRRP Version")),
        "vrid": _number(values.get("Virtual Router ID")),
        "interface": values.get("Interface"),
        "base_priority": _number(values.get("Priority")),
        "priority": _number(values.get("Effective priority")),
        "master_priority": _number(values.get("Master priority")),
        "advert_interval": _seconds(values.get("Advert interval", "")),
        "preempt": values["Preempt"].startswith("enabled") if "Preempt" in values else None,
        "auth": AUTH_BY_NAME.get(values.get("Authentication type", ""), "none"),
        "addresses": [_address(line) for line in _listed(block, "Virtual IP")],
        "addresses_set": all(set_flags) if set_flags else None,
        "last_transition": float(transition.split()[0]) if transition else None,
        "counters": None,
    }


def _listed(block: list[str], head: str) -> list[str]:
    """The more deeply indented lines under ``head (COUNT):``."""
    found: list[str] = []
    depth = None
    for line in block:
        indent = len(line) - len(line.lstrip())
        if line.strip().startswith(head):
            depth = indent
        elif depth is not None and indent > depth:
            found.append(line.strip())
        else:
            depth = None
    return found


def _number(text: str | None) -> int | None:
    return int(text) if text and text.lstrip("-").isdigit() else None


def _seconds(text: str) -> float | None:
    match = _INTERVAL.match(text)
    if not match:
        return None
    return float(match.group(1)) / (1000 if match.group(2) == "milli-sec" else 1)


def _sync_group(block: list[str]) -> dict[str, Any]:
    name, _sep, state = _values(block)["VRRP Sync Group"].partition(", ")
    return {"name": name, "state": state or None, "instances": _listed(block, "VRRP member instances")}


def _script(block: list[str]) -> dict[str, Any]:
    values = _values(block)
    return {
        "name": values.get("VRRP Script"),
        "status": values.get("Status"),
        "weight": _number((values.get("Weight") or "").split(" ")[0]),
        "instances": [line.split(",")[0] for line in _listed(block, "Tracking instances")],
    }


def parse_stats(text: str) -> dict[str, dict[str, int]]:
    """Counters by instance from the statistics, for a build without JSON."""
    by_place = {place: name for name, (_key, place) in COUNTERS.items()}
    found: dict[str, dict[str, int]] = {}
    instance: dict[str, int] = {}
    section = ""
    for line in text.splitlines():
        key, _sep, value = line.strip().partition(":")
        value = value.strip()
        if key == "VRRP Instance":
            instance = found.setdefault(value, {})
            section = ""
        elif not value:
            section = key
        else:
            # A line as little indented as the sections themselves belongs to none of them.
            place = (section if line.startswith("    ") else "", key)
            if place in by_place and value.isdigit():
                instance[by_place[place]] = int(value)
    return found


# --- checkers ---------------------------------------------------------------------------------------------------


def parse_checks(text: str) -> list[dict[str, Any]]:
    """The virtual servers of the checker process's data dump, each with its real servers.

    ``{address, port, fwmark, group, protocol, scheduler, alive, quorum_up, real_servers: [{address, port, weight,
    effective_weight, alive, failed_checks, set, checks: [{type, enabled, up}]}]}``
    """
    servers: list[dict[str, Any]] = []
    checks: list[tuple[_Place, dict[str, Any]]] = []
    for section, lines in _sections(text):
        values = _values(lines)
        if section == "Virtual server":
            servers.append({**_virtual_server(lines, values), "real_servers": []})
        elif section == "Real server" and servers:
            servers[-1]["real_servers"].append(_real_server(lines, values))
        elif section == "Health checkers":
            checks += _checks(lines)
    for server in servers:
        for real_server in server["real_servers"]:
            place = (server["address"], server["port"], real_server["address"], real_server["port"])
            real_server["checks"] = [check for where, check in checks if where == place]
    return servers


def _checks(lines: list[str]) -> Iterator[tuple[_Place, dict[str, Any]]]:
    """Each check with the virtual and the real server that it is for; those of a firewall mark are left out."""
    for line, block in _headed(lines, _CHECK):
        address, port, real_address, real_port = line.groups()
        values = _values(block)
        check = {
            "type": (values.get("Keepalive method") or "").partition(",")[0] or None,
            "enabled": _flag(values.get("Enabled")),
            "up": _flag(values.get("Up")),
        }
        yield (address, int(port), real_address, int(real_port)), check


def _headed(lines: list[str], head: re.Pattern[str]) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Each line that matches, with the lines up to the next of its depth."""
    match = None
    block: list[str] = []
    for line in lines:
        if line[:1] == " " and line[1:2] not in ("", " "):
            if match:
                yield match, block
            match, block = head.match(line.strip()), []
        else:
            block.append(line)
    if match:
        yield match, block


def _virtual_server(lines: list[str], values: dict[str, str]) -> dict[str, Any]:
    address, _sep, port = (values.get("VS VIP") or values.get("VIP") or "").partition(", VPORT = ")
    fwmark = values.get("FWMARK") or values.get("VS FWMARK")
    return {
        "address": address or None,
        "port": _number(port),
        "fwmark": _number(fwmark.split()[0]) if fwmark else None,
        "group": values.get("VS GROUP"),
        "protocol": (values.get("protocol") or "none").lower(),
        "scheduler": values.get("lvs_sched"),
        "alive": _flag(values.get("alive")),
        "quorum_up": _flag(values.get("quorum_state_up")),
    }


def _real_server(lines: list[str], values: dict[str, str]) -> dict[str, Any]:
    match = next(filter(None, (_REAL_SERVER.match(line.strip()) for line in lines)), None)
    address, port, weight, effective = match.groups() if match else (None, None, None, None)
    return {
        "address": address,
        "port": _number(port),
        "weight": _number(weight),
        "effective_weight": _number(effective or values.get("effective weight") or weight),
        "alive": _flag(values.get("alive")),
        "failed_checks": _number(values.get("num failed checkers")),
        "set": _flag(values.get("RS set")),
    }


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.strip() in ("1", "yes", "true", "ON")
