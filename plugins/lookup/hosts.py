# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a play, by the names of groups that the inventory gives; no host is an error."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hosts
short_description: The groups of a play, as the inventory names them
version_added: 0.2.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - What stands behind C(hosts) in the playbooks of this collection. Ansible reads it with extra variables only; this
    reads C(lvs_directors_group) and C(lvs_real_servers_group) of the inventory, too.
  - It fails where no host is in the groups, or where C(--limit) leaves none of them.
  - Ansible knows the variables of the inventory from the second play on. The first one needs no task.
options:
  _terms:
    description:
      - C(directors), C(real_servers), or both.
      - C(in_order), the directors in the order that the first play of C(site) has found. It fails where that play was
        left out.
      - Any other word is a pattern of hosts.
    required: true
  may_be_none:
    description: No host is no error. For a play behind another one of the same playbook.
    type: bool
    default: false
  for_certificates:
    description: No host, where none of them has a certificate in C(lvs_certificates) that a node gets for all.
    type: bool
    default: false
  which:
    description:
      - Only hosts for which a part of C(site) has something to do, by what its first play has seen of them. So Ansible
        need not ask each host task by task.
      - C(first_run), what the host had before is not recorded yet; C(firewall), there is one to open, or one that was
        opened; C(fights), something would fight at the next boot.
      - No host is no error then, and a host that was not looked at is taken.
    type: str
    choices: [first_run, firewall, fights]
seealso:
  - plugin: ansible.builtin.inventory_hostnames
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Read the inventory
  hosts: all:localhost
  gather_facts: false

- name: Look at the directors
  hosts: "{{ query('vipstack.lvs.hosts', 'directors') }}"
  gather_facts: false
"""

RETURN = r"""
_raw:
  description: Groups, or the pattern.
  type: list
  elements: str
"""

from typing import Any, Callable, Mapping, Sequence

from ansible.errors import AnsibleLookupError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.lookup import LookupBase

from ..module_utils._host.places import STACK
from ..plugin_utils._firewall.plan import plan
from ..plugin_utils._plain import plain

_GROUPS = {
    "directors": ("lvs_directors_group", "lvs_directors"),
    "real_servers": ("lvs_real_servers_group", "lvs_real_servers"),
}
_GENERAL = ("all", "ungrouped")
# A pattern that no host matches.
_NOBODY = "!all"
# What the first play of site.yml makes.
_IN_ORDER = "lvs_directors_in_order"
_LEFT_OUT = (
    "the directors are in no order, as --start-at-task left out the first play; for a part of a run there are --tags "
    "and --limit"
)


class LookupModule(LookupBase):  # type: ignore[misc]
    """Words -> groups that have hosts."""

    def run(self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        self.set_options(var_options=variables, direct=kwargs)
        known = variables or {}
        if "hostvars" not in known:  # plays are listed, or their syntax is looked at
            return [_GROUPS[term][1] if term in _GROUPS else _pattern(term) for term in terms]
        groups = {str(name): [str(host) for host in hosts] for name, hosts in known["groups"].items()}
        limit = str(known.get("ansible_limit") or "")
        inventory = _limited(groups, limit)
        raw = {host.name: known["hostvars"].raw_get(host.name) for host in inventory.get_hosts("all")}

        def name_of(kind: str) -> str:
            variable, default = _GROUPS[kind]
            given = {host: known["hostvars"][host] for host, variables in raw.items() if variable in variables}
            return _name(given, variable, default)

        if self.get_option("for_certificates") and not any(_gets_certificates(known["hostvars"][host]) for host in raw):
            return [_NOBODY]
        names = {str(term): name_of(term) if term in _GROUPS else _pattern(term) for term in terms}
        if "in_order" in names and _IN_ORDER not in groups and inventory.get_hosts(name_of("directors")):
            raise AnsibleLookupError(_LEFT_OUT)
        which = self.get_option("which")
        if which:
            hosts = dict.fromkeys(host.name for name in names.values() for host in inventory.get_hosts(name))
            return [host for host in hosts if _has(raw[host], _WHICH[which])] or [_NOBODY]
        if not self.get_option("may_be_none") and not any(map(inventory.get_hosts, names.values())):
            raise AnsibleLookupError(_none(groups, names, limit))
        return list(names.values())


def _is_first_run(_mine: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    return not facts["foreign"]["noted"]


def _has_firewall(mine: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    if "firewall" not in facts:
        return False
    planned = plan(plain(mine["firewall"]), facts["firewall"] or {})
    return planned.is_needed or STACK.firewall in facts["paths"]


def _has_fights(_mine: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    return any(one["kind"] == "disabled" for one in facts["foreign"]["findings"])


_WHICH: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], bool]] = {
    "first_run": _is_first_run,
    "firewall": _has_firewall,
    "fights": _has_fights,
}


def _has(variables: Mapping[str, Any], has: Callable[[Mapping[str, Any], Mapping[str, Any]], bool]) -> bool:
    """Whether a host has it, by its part of the model and its facts."""
    facts = plain(variables.get("ansible_facts", {}).get("lvs_host"))
    model = variables.get("topology_computed", {}).get("model")
    return not facts or not model or has(model["hosts"][variables["inventory_hostname"]], facts)


def _pattern(term: str) -> str:
    return _IN_ORDER if term == "in_order" else str(term)


def _gets_certificates(variables: Mapping[str, Any]) -> bool:
    """Whether there is a certificate with acme or command. What is in the others is not looked at."""
    given = variables.get("lvs_certificates")
    entries = given.values() if isinstance(given, Mapping) else ()
    return any(isinstance(one, Mapping) and bool({"acme", "command"} & set(one)) for one in entries)


def _limited(groups: Mapping[str, Sequence[str]], limit: str) -> Any:
    """An inventory of these groups that says which hosts Ansible takes."""
    inventory = InventoryManager(loader=DataLoader(), sources=None, parse=False)
    for group, hosts in groups.items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group)
    inventory.subset(limit or None)
    return inventory


def _name(hosts: Mapping[str, Mapping[str, Any]], variable: str, default: str) -> str:
    """The one name that the hosts have for a group."""
    first_with: dict[str, str] = {}
    for host, variables in hosts.items():
        name = variables.get(variable)
        if name is not None:
            first_with.setdefault(str(name), host)
    if len(first_with) > 1:
        which = " and ".join("%s for %s" % pair for pair in sorted(first_with.items())[:2])
        raise AnsibleLookupError("%s is %s; must be the same for all hosts of a run" % (variable, which))
    return next(iter(first_with), default)


def _none(groups: Mapping[str, Sequence[str]], names: Mapping[str, str], limit: str) -> str:
    given = ["%s is %s" % (_GROUPS[term][0] if term in _GROUPS else "host", name) for term, name in names.items()]
    there = sorted(name for name, hosts in groups.items() if hosts and name not in _GENERAL)
    return "no host is matched: %s%s; must name hosts of the inventory, whose groups are: %s" % (
        ", ".join(given),
        ", --limit is %s" % limit if limit else "",
        ", ".join(there) or "none",
    )
