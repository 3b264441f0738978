# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decisions that templates need, as pure functions: the model's words in a daemon's or the kernel's notation."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Callable

from ..module_utils import _text
from ..plugin_utils._firewall import script
from ..plugin_utils._firewall.again import again_with_rules
from ..plugin_utils._firewall.marks import mark_rules
from ..plugin_utils._firewall.plan import plan
from ..plugin_utils._fit.fit import settle
from ..plugin_utils._fit.shape import HostFacts
from ..plugin_utils._keepalived_conf.services import services_part
from ..plugin_utils._live.director_table import as_option
from ..plugin_utils._live.drain import with_weights
from ..plugin_utils._live.inspect_request import foreign_question
from ..plugin_utils._live.removal import removal
from ..plugin_utils._model.shape import Director, Firewall, HostSlice, Model, Service
from ..plugin_utils._model.shape_nginx import Nginx
from ..plugin_utils._model.view import bare
from ..plugin_utils._nginx import purge
from ..plugin_utils._nginx.settings import from_variables
from ..plugin_utils._nginx.sites import sites_file
from ..plugin_utils._nginx.streams import streams_block
from ..plugin_utils._nginx.upstreams import upstreams_file
from ..plugin_utils._plain import plain
from ..plugin_utils._preview import files


def keepalived_services(director: Director, folder: str, weights_in_files: bool) -> str:
    """The virtual services of a director for keepalived.conf. ``folder``: where the files of their weights are.

    ``weights_in_files``: whether Keepalived reads weights in them.
    """
    return services_part(plain(director), folder, weights_in_files).strip()


def nginx_sites(nginx: Nginx, host: str, settings: Mapping[str, Any]) -> str:
    """The servers of a host's Nginx, as directives. ``settings``: the role's variables without their prefix."""
    return sites_file(nginx, from_variables(host, settings)).rstrip()


def nginx_purge(nginx: Nginx, site: str, path: str) -> str:
    """A command for a shell that removes what a host's Nginx keeps of a site, or of one path of it."""
    return purge.command(nginx, site, path)


def nginx_streams(nginx: Nginx, host: str, settings: Mapping[str, Any]) -> str:
    """The block of a host's streams, as directives; nothing without them."""
    return streams_block(nginx, from_variables(host, settings)).rstrip()


def nginx_upstreams(nginx: Nginx) -> str:
    """The upstreams of a host's Nginx, as directives."""
    return upstreams_file(nginx).strip()


def nginx_user_files(users: Mapping[str, Mapping[str, str]], names: list[str], group: str) -> list[dict[str, str]]:
    """A file with the hashes of each of these names, for the module config_tree; only the group may read it."""
    return [
        {
            "path": "lvs-users/" + name,
            "mode": "0640",
            "group": group,
            "content": "".join("%s:%s\n" % entry for entry in sorted(users[name].items())),
        }
        for name in names
    ]


def firewall_plan(firewall: Firewall, found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Where a host's firewall is to be opened and by which rules. ``found``: what the host said of its firewalls."""
    return plan(plain(firewall), plain(found) or {})._asdict()


def firewall_part(planned: Mapping[str, Any], part: str) -> str:
    """A part of the script that opens a firewall, or of a policy: its chains, or its rules."""
    return script.text(planned, part)


def proc_ip_vs_key(service: Mapping[str, Any]) -> str:
    """How a virtual service begins its line in /proc/net/ip_vs, up to and with the space behind the port.

    Two blanks are behind every protocol, however long its name. Source: ip_vs_info_seq_show() in
    net/netfilter/ipvs/ip_vs_ctl.c.
    """
    if service.get("fwmark"):
        return "FWM  %08X " % service["fwmark"]
    address = ipaddress.ip_address(service["address"])
    text = "[" + address.exploded + "]" if address.version == 6 else "%08X" % int(address)
    return "%s  %s:%04X " % (service["protocol"].upper(), text, service["port"])


def fitted(mine: HostSlice, facts: HostFacts) -> HostSlice:
    """A host's part of the model with what its facts settle; without facts as it is."""
    return settle(mine, facts)


def backups_first(hosts: list[str], hostvars: Mapping[str, Mapping[str, Any]], model: Model) -> list[str]:
    """The directors among the hosts in the order in which to work on them: those that hold no VIP now first, else as
    given.

    What a director holds is read from its fact lvs_host; one without it holds nothing. Every director has the VIPs on
    the interface of its handover: that is not holding them.
    """

    def holds_vip(host: str) -> bool:
        director = model["hosts"][host]["director"]
        kept = director["handover"]["interface"] if director and director["handover"] else None
        links = hostvars[host].get("ansible_facts", {}).get("lvs_host", {}).get("links", ())
        present = {one["address"] for link in links if link["name"] != kept for one in link["addresses"]}
        instances = director["instances"] if director else []
        return any(bare(vip["address"]) in present for one in instances for vip in one["addresses"])

    return sorted((host for host in hosts if model["hosts"][host]["director"]), key=holds_vip)


def ipvs_services(services: list[Service], weights: Mapping[str, int]) -> list[dict[str, Any]]:
    """The model's services as the module ipvs takes them, with the weights that module weights returned."""
    return [as_option(service) for service in with_weights(services, weights)]


def ipvs_rules(services: list[Service], weights: Mapping[str, int]) -> str:
    """The same in the notation of `ipvsadm --restore`."""
    return files.ipvs_rules(with_weights(services, weights))


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            **_text.WRITERS,
            "again_with_rules": again_with_rules,
            "backups_first": backups_first,
            "fitted": fitted,
            "foreign_question": foreign_question,
            "ipvs_rules": ipvs_rules,
            "mark_rules": mark_rules,
            "ipvs_services": ipvs_services,
            "keepalived_services": keepalived_services,
            "nginx_purge": nginx_purge,
            "nginx_sites": nginx_sites,
            "nginx_streams": nginx_streams,
            "firewall_part": firewall_part,
            "firewall_plan": firewall_plan,
            "nginx_user_files": nginx_user_files,
            "nginx_upstreams": nginx_upstreams,
            "proc_ip_vs_key": proc_ip_vs_key,
            "removal": removal,
        }
