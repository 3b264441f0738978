# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host would get, as files that a person reviews and that two previews can be compared by.

The texts come from the same pure functions that the modules use on the host, so a preview cannot say something else
than what a run does. This module is pure.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Iterable, Literal, Mapping, Sequence

from ...module_utils._host import kernel_modules, silent_vips, system, weights
from ...module_utils._host.sysctl import render
from ...module_utils._ipvs.text import endpoint
from .._live.director_table import entries
from .._model.shape import Family, HostSlice, Service

# Absolute path -> ``{sha256, mode}``, and ``aged``; None for a file that has to be absent.
Digests = Dict[str, "dict[str, str] | None"]
MASK = "********"
# Instead of the text of a file that stays as it is where it is there.
KEPT = "as it is on the host\n"
# A role's list of files: what its tasks give to modules, by the kind of module; sets that come after the others, as
# something else is done first, are in `later`. As an option of an action.
FILES: dict[str, Any] = {
    "sets": {"type": "list", "elements": "dict", "default": []},
    "later": {"type": "list", "elements": "dict", "default": []},
    "kernel": {"type": "dict"},
    "weights": {"type": "dict"},
    "vips": {"type": "dict"},
    "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
    # Absolute paths whose content is another one after a time.
    "aged": {"type": "list", "elements": "str", "default": []},
}


def texts(files: Mapping[str, Any]) -> dict[str, str]:
    """Absolute path -> text of every file in a role's list; secrets are masked."""
    found = of_sets(_sets_of(files), files.get("secrets", ()))
    for name, make in (("kernel", of_kernel), ("weights", of_weights), ("vips", of_vips)):
        if files.get(name):
            found.update((path, text) for path, text in make(files[name]).items() if text is not None)
    return found


def digests(files: Mapping[str, Any]) -> Digests:
    """Absolute path -> ``{sha256, mode}`` of every file in a role's list, None for one that has to be absent; ``aged``
    is in it where the content may be that of a run some time ago.

    The files of the weights are left out: what is drained by hand is kept in them. So is what stays as it is.
    """
    found = {path: _digest(file) for path, file in _files_of(_sets_of(files)) if file.get("state") != "kept"}
    found.update((path, {**told, "aged": "yes"}) for path in files.get("aged", ()) if (told := found.get(path)))
    for name, make in (("kernel", of_kernel), ("vips", of_vips)):
        if files.get(name):
            found.update(
                (path, None if text is None else _digest({"content": text})) for path, text in make(files[name]).items()
            )
    return found


def _sets_of(files: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*files.get("sets", ()), *files.get("later", ())]


def _files_of(sets: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for one in sets:
        for file in one["files"]:
            yield "%s/%s" % (one["path"].rstrip("/"), file["path"]), file


def _present(file: Mapping[str, Any]) -> bool:
    return bool(file.get("state", "present") == "present")


def _digest(file: Mapping[str, Any]) -> dict[str, str] | None:
    if not _present(file):
        return None
    content = str(file["content"]).encode("utf-8", "surrogateescape")
    return {"sha256": system.digest_of([content]), "mode": str(file.get("mode", "0644")).rjust(4, "0")}


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced; longer secrets first, so that none shows through another."""
    for secret in sorted((one for one in secrets if one), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def of_sets(sets: Sequence[Mapping[str, Any]], secrets: Sequence[str]) -> dict[str, str]:
    """Absolute path -> text, for the sets of files that config_tree gets (``{path, files: [{path, content}]}``)."""
    kept = {path: KEPT for path, file in _files_of(sets) if file.get("state") == "kept"}
    return {**kept, **{path: masked(file["content"], secrets) for path, file in _files_of(sets) if _present(file)}}


def of_kernel(kernel: Mapping[str, Any]) -> dict[str, str]:
    """Absolute path -> text, for the options of the module `kernel`."""
    wanted = kernel_modules.from_options(
        kernel["name"], kernel.get("modules", ()), kernel.get("options", {}), kernel.get("sysctls", {})
    )
    return {path: text for path, text in kernel_modules.files_of(wanted).items() if text is not None}


def of_vips(vips: Mapping[str, Any]) -> dict[str, str | None]:
    """Absolute path -> text, None for absent, for the options of the module `real_server_vip`, on a host that was
    never silent."""
    wanted = silent_vips.from_options(vips["name"], vips["interface"], vips["vips"], True)
    sysctls = silent_vips.arp_sysctls(wanted.interface)
    unit = silent_vips.render_unit(wanted.vips, wanted.interface, dict.fromkeys(sysctls, "0"), silent_vips.IP_PROGRAM)
    found = {
        silent_vips.unit_path(wanted.name): unit,
        silent_vips.sysctl_path(wanted.name): render(sysctls, silent_vips.HEADER),
    }
    return {path: text if wanted.vips else None for path, text in found.items()}


def of_weights(options: Mapping[str, Any]) -> dict[str, str]:
    """Absolute path -> text, for the options of the module `weights`, while nothing is drained by hand."""
    plan = weights.plan(weights.from_options(options["destinations"]), {}, scheme=options["scheme"])
    return {"%s/%s" % (weights.DIRECTORY, name): text for name, text in plan.write.items()}


_METHODS = {"dr": "-g", "nat": "-m", "tunnel": "-i"}
_THRESHOLDS: tuple[tuple[str, Literal["upper_threshold", "lower_threshold"]], ...] = (
    ("-x", "upper_threshold"),
    ("-y", "lower_threshold"),
)
_PROTOCOLS = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service"}


def ipvs_rules(services: Sequence[Service]) -> str:
    """The IPVS table in the notation of ``ipvsadm --restore``, a service before its destinations.

    A drained destination has weight 0, one that a check takes out as well: this is the table while all checks pass.
    """
    lines = []
    for service in services:
        where = _service_words(service)
        words = ["-A", *where, "-s", service["scheduler"]]
        persistence = service["persistence"]
        if persistence:
            words += ["-p", str(persistence["timeout"]), "-M", _mask(persistence["prefix"], service["family"])]
        if service.get("scheduler_flags"):
            words += ["-b", ",".join(service["scheduler_flags"])]
        if service.get("one_packet"):
            words.append("-o")
        lines.append(" ".join(words))
        for entry in entries(service):
            server = entry.server
            words = ["-a", *where, "-r", _place(server["address"], server["port"])]
            words += [_METHODS[service["forward"]], "-w", str(entry.wanted_weight)]
            for option, name in _THRESHOLDS:
                words += [option, str(server[name])] if server.get(name) else []
            lines.append(" ".join(words))
    return "".join(line + "\n" for line in lines)


def _mask(prefix: int, family: Family) -> str:
    """Clients of one mask go together: a netmask, of IPv6 the length of the prefix."""
    return str(prefix) if family == "inet6" else str(ipaddress.ip_network("0.0.0.0/%d" % prefix).netmask)


def _service_words(service: Service) -> list[str]:
    if service["fwmark"]:
        return ["-f", str(service["fwmark"]), *(["-6"] if service["family"] == "inet6" else [])]
    return [_PROTOCOLS[service["protocol"]], endpoint(service["address"], service["port"])]


def _place(address: str, port: int) -> str:
    """Without a port it is that of the packet."""
    return endpoint(address, port) if port else "[%s]" % address if ":" in address else address


def openings(host: HostSlice) -> str:
    """What a firewall has to let in, or through to others, a line each, behind the reason for it."""
    lines = []
    why = ""
    for one in host["firewall"]["openings"]:
        if one["why"] != why:
            why = one["why"]
            lines.append("# " + why)
        ports = " %s%s" % ("from " if one["way"] == "through" else "", ",".join(map(str, one["ports"])))
        sources, destinations = (", ".join(one[side]) or "anybody" for side in ("sources", "destinations"))
        what = one["protocol"] + (ports if one["ports"] else "")
        lines.append("%s: %s from %s to %s" % (one["way"], what, sources, destinations))
    return "".join(line + "\n" for line in lines)


def addresses(host: HostSlice) -> str:
    """The addresses that a host may get, a line each: what `ip` would show, and when."""
    lines = []
    director, real_server = host["director"], host["real_server"]
    handover = director["handover"] if director else None
    if handover:
        for vip in handover["vips"]:
            where = (vip["address"], vip["prefix"], handover["interface"])
            lines.append("%s/%d dev %s (while Keepalived runs)" % where)
    for instance in director["instances"] if director else ():
        for held in instance["addresses"]:
            label = " label %s" % held["label"] if held["label"] else ""
            lines.append("%s dev %s%s (while master of %s)" % (
                held["address"], held["interface"], label, instance["name"],
            ))  # fmt: skip
    if real_server:
        for silent in real_server["vips"]:
            label = " label %s" % silent["label"] if silent["label"] else ""
            lines.append("%s/%d dev %s%s" % (silent["address"], silent["prefix"], real_server["interface"], label))
    return "".join(line + "\n" for line in lines)
