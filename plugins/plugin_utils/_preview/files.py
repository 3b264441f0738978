# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host would get, as files that a person reviews and that two previews can be compared by.

The texts come from the same pure functions that the modules use on the host, so a preview cannot say something else
than what a run does. This module is pure.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Iterable, Literal, Mapping, Sequence

from ...module_utils._host import kernel_modules, silent_vips, weights
from ...module_utils._host.sysctl import render
from ...module_utils._ipvs.text import endpoint
from .._live.director_table import entries
from .._model.shape import Family, HostSlice, Service

MASK = "********"


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced; longer secrets first, so that none shows through another."""
    for secret in sorted((one for one in secrets if one), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def of_trees(trees: Sequence[Mapping[str, Any]], secrets: Sequence[str]) -> dict[str, str]:
    """Absolute path -> text, for the sets of files that config_tree gets (``{path, files: [{path, content}]}``)."""
    return {
        "%s/%s" % (tree["path"].rstrip("/"), file["path"]): masked(file["content"], secrets)
        for tree in trees
        for file in tree["files"]
        if file.get("state", "present") == "present"
    }


def of_kernel(kernel: Mapping[str, Any]) -> dict[str, str]:
    """Absolute path -> text, for the options of the module `kernel`."""
    wanted = kernel_modules.from_options(
        kernel["name"], kernel.get("modules", ()), kernel.get("options", {}), kernel.get("sysctls", {})
    )
    return {path: text for path, text in kernel_modules.files_of(wanted).items() if text is not None}


def of_vips(vips: Mapping[str, Any]) -> dict[str, str]:
    """Absolute path -> text, for the options of the module `real_server_vip`, on a host that was never silent."""
    wanted = silent_vips.from_options(vips["name"], vips["interface"], vips["vips"], True)
    if not wanted.vips:
        return {}
    sysctls = silent_vips.arp_sysctls(wanted.interface)
    unit = silent_vips.render_unit(wanted.vips, wanted.interface, dict.fromkeys(sysctls, "0"), silent_vips.IP_PROGRAM)
    return {
        silent_vips.unit_path(wanted.name): unit,
        silent_vips.sysctl_path(wanted.name): render(sysctls, silent_vips.HEADER),
    }


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
            words = ["-a", *where, "-r", endpoint(server["address"], server["port"])]
            words += [_METHODS[service["forward"]], "-w", str(entry.wanted_weight)]
            for option, name in _THRESHOLDS:
                words += [option, str(server[name])] if server.get(name) else []
            lines.append(" ".join(words))
    return "".join(line + "\n" for line in lines)


def _mask(prefix: int, family: Family) -> str:
    """Clients of one mask go together: a netmask, of IPv6 the length of the prefix."""
    return str(prefix) if family == "inet6" else str(ipaddress.ip_network("0.0.0.0/%d" % prefix).netmask)


def _service_words(service: Service) -> list[str]:
    return [_PROTOCOLS[service["protocol"]], endpoint(service["address"], service["port"])]


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
