# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a host by the roles' own templates, defaults and filters, without Ansible: quick enough for hundreds."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Dict

import jinja2
import yaml
from certificates import pair
from host_facts import facts

from ansible_collections.vipstack.lvs.plugins.filter.render import FilterModule, nginx_user_files, proc_ip_vs_key
from ansible_collections.vipstack.lvs.plugins.module_utils._host.places import STACK
from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.fit import settle
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview import files as preview
from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.files import (
    asked_files,
    certificate_files,
    ticket_files,
)
from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.pem import parts

ROLES = Path(__file__).resolve().parents[3] / "roles"
Tree = Dict[str, Any]
TEMPLATES = {
    "director": {
        "/etc/logrotate.d/vipstack-lvs": "logrotate.j2",
        "/etc/sudoers.d/vipstack-lvs-check": "sudoers.j2",
        "/etc/systemd/system/keepalived.service.d/vipstack-lvs-repair.conf": "repair.wants.j2",
        "/etc/systemd/system/vipstack-lvs-repair.path": "repair.path.j2",
        "/etc/systemd/system/vipstack-lvs-repair.service": "repair.service.j2",
        "/etc/systemd/system/vipstack-lvs-table.service": "table.service.j2",
        "/etc/systemd/system/vipstack-lvs-marks.service": "marks.service.j2",
        "/etc/systemd/system/multi-user.target.d/vipstack-lvs-marks.conf": "marks.wants.j2",
        "/etc/systemd/system/nftables.service.d/vipstack-lvs-marks.conf": "marks.nftables.j2",
        "/etc/vipstack-lvs/marks.nft": "marks.nft.j2",
        "/usr/libexec/keepalived/lvs-notify": "lvs-notify.j2",
        "/usr/libexec/keepalived/lvs-reload": "lvs-reload.j2",
    },
    "keepalived": {
        "/etc/keepalived/keepalived.conf": "keepalived.conf.j2",
        "/etc/systemd/system/keepalived.service.d/vipstack-lvs.conf": "unit.conf.j2",
    },
    "nginx": {
        "/etc/systemd/system/nginx.service.d/vipstack-lvs.conf": "unit.conf.j2",
        "/etc/nginx/nginx.conf": "nginx.conf.j2",
        "/etc/nginx/conf.d/lvs-upstreams.conf": "upstreams.conf.j2",
        "/etc/nginx/conf.d/lvs-sites.conf": "sites.conf.j2",
        "/etc/nginx/lvs-maintenance/.about": "maintenance.j2",
    },
    "real_server": {
        "/etc/systemd/system/multi-user.target.d/vipstack-lvs-forward.conf": "forward.wants.j2",
        "/etc/systemd/system/vipstack-lvs-forward.service": "forward.service.j2",
        "/usr/libexec/vipstack-lvs/lvs-forward": "lvs-forward.j2",
    },
}
# The part of the model that a role reads, where it has another name than the role.
PARTS = {"keepalived": "director"}


@functools.lru_cache(maxsize=None)
def _environment(role: str) -> jinja2.Environment:
    """Jinja as Ansible sets it up; a name that is not there is an error."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROLES / role / "templates"), undefined=jinja2.StrictUndefined,
        trim_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    found.filters.update({"vipstack.lvs." + name: one for name, one in FilterModule().filters().items()})
    found.context_class = _Context
    return found


@functools.lru_cache(maxsize=None)
def _settings(role: str) -> Tree:
    """Defaults and variables of a role and of the one that all depend on."""
    found: Tree = {"ansible_managed": "Ansible managed"}
    for place in ("host/vars", role + "/defaults", role + "/vars"):
        path = ROLES / place / "main.yml"
        found.update(yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {})
    return found


@functools.lru_cache(maxsize=None)
def _expression(environment: jinja2.Environment, text: str) -> Any:
    """Few expressions are computed thousands of times."""
    return environment.compile_expression(text, undefined_to_none=False)


class _Context(jinja2.runtime.Context):  # type: ignore[misc]
    """A variable that is an expression is computed where it is used, as Ansible does."""

    def resolve_or_missing(self, key: str) -> Any:
        return self._computed(super().resolve_or_missing(key))

    def _computed(self, value: Any) -> Any:
        if isinstance(value, dict) and any("{{" in str(one) for one in value.values()):
            return {key: self._computed(one) for key, one in value.items()}
        if not (isinstance(value, str) and value.startswith("{{") and value.endswith("}}")):
            return value
        return _expression(self.environment, value[2:-2])(**self.parent)


def settled(model: Any, host: str) -> Any:
    """A host's part of the model on a host that has what it needs."""
    return settle(model["hosts"][host], facts(model["hosts"][host]["address"]))


def files(model: Any, host: str, lvs_vips: Tree, nginx: str = "", **others: Any) -> dict[str, str]:
    """Path -> text of what the templates make for a host of the model. ``lvs_vips``: where the passwords are.

    ``nginx``: its version on the host. ``others``: further variables of the inventory. All templates are rendered, also
    those that the host would not need.
    """
    mine = settled(model, host)
    found: dict[str, str] = {}
    for role, templates in TEMPLATES.items():
        part = mine[PARTS.get(role, role)]
        if part is None:
            continue
        wanted = dict(templates)
        variables = {
            **_settings(role), "lvs_slice": mine, "inventory_hostname": host, "lvs_vips": lvs_vips,
            "lvs_stack": STACK._asdict(), "real_server_digest": "0" * 64,
            "ansible_facts": {"os_family": "Debian", "lvs_host": {"versions": {"/usr/sbin/nginx": nginx}}},
            **others,
        }  # fmt: skip
        if role == "director" and part["check_script"]:
            wanted["/usr/libexec/keepalived/lvs-check"] = "lvs-check.j2"
            wanted["/usr/libexec/keepalived/lvs-repair"] = "lvs-repair.j2"
        for path, template in wanted.items():
            found[path] = _environment(role).get_template(template).render(variables)
        if role == "nginx":
            users = others.get("lvs_nginx_users") or {name: {} for name in part["users"]}
            made = nginx_user_files(users, part["users"], "www-data")
            made += tls_files(part["tls"], others)
            found.update(("/etc/nginx/" + one["path"], one["content"]) for one in made)
    return found


def of_firewall(template: str, planned: Tree) -> str:
    """A file of the role firewall. ``planned``: as the filter firewall_plan returns it."""
    variables = {"ansible_managed": "Ansible managed", "firewall_plan": planned, "lvs_stack": STACK._asdict()}
    return str(_environment("firewall").get_template(template).render(variables))


def tls_files(tls: Any, others: Tree) -> list[dict[str, str]]:
    """Certificates and tickets. ``others``: where lvs_certificates and lvs_tls may be, else they are any; ``now``: the
    time of the run, seconds since the epoch."""
    if tls is None:
        return []
    given = others.get("lvs_certificates") or {}
    ours = {
        one["name"]: one["key"] is not None for one in tls["certificates"] if not one["on_node"] and not one["asked"]
    }
    pems = {name: parts(given.get(name) or pair("example.com").both, _no_file) for name in ours}
    secret = others.get("lvs_tls", {}).get("ticket_secret") or [str(number) * 32 for number in range(tls["tickets"])]
    secrets = [secret] if isinstance(secret, str) else secret
    tickets = ticket_files(secrets, tls["ticket_days"], others.get("now", 0.0)) if tls["tickets"] else []
    asked = [file for one in tls["certificates"] if one["asked"] for file in _stand_in(one)]
    return [*certificate_files(pems, [name for name, keyed in ours.items() if keyed]), *asked, *tickets]


def _stand_in(one: Tree) -> list[dict[str, str]]:
    kind = one["asked"]["acme"]["kind"] if one["asked"]["acme"] else "ecdsa"
    return asked_files(one["name"], one["asked"]["names"], kind, None)


def _no_file(path: str) -> str:
    return pair("example.com").both


def everything(model: Any, host: str, lvs_vips: Tree, **others: Any) -> dict[str, str]:
    """Path -> text of all that a host of the model gets, those of the modules among them."""
    mine = settled(model, host)
    found = files(model, host, lvs_vips, **others)
    if mine["director"]:
        services = mine["director"]["services"]
        found["/etc/keepalived/lvs-services"] = "".join(proc_ip_vs_key(service) + "\n" for service in services)
        found["/etc/ipvsadm.rules"] = preview.ipvs_rules(services)
        found.update(preview.of_kernel({"name": "vipstack-lvs-director", **mine["director"]["kernel"]}))
        found.update(preview.of_weights({"destinations": mine["director"]["weights"], "scheme": "weights"}))
    if mine["nginx"]:
        found.update(preview.of_kernel({"name": "vipstack-lvs-nginx", "sysctls": mine["nginx"]["limits"]["sysctls"]}))
    if mine["real_server"]:
        vips = preview.of_vips({"name": "vipstack-lvs-vips", **mine["real_server"]})
        found.update((path, text) for path, text in vips.items() if text is not None)
    return found
