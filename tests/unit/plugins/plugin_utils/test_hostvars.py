# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharing changes nothing: every variable of every host is what Ansible's own hostvars say, or the same error."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret, VaultSecretsContext
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.plugin_utils._hostvars import SharedVariables
from ansible_collections.vipstack.lvs.plugins.plugin_utils._plain import plain

Tree = dict[str, Any]

NAMES = ["a", "b", "c", "d", "e", "f"]
# What hangs on other variables, on the host, on what a lookup finds; what is wrong; what only looks like a template.
TEMPLATES = [
    "{{ a }}",
    "{{ b | default('none') }}",
    "x{{ c }}{{ d | default(1) }}",
    "{{ a is defined }}",
    "{% if b is defined %}{{ b }}{% else %}no{% endif %}",
    "{{ [c, d | default(0)] | map('string') | list }}",
    "{{ [a, b] | select('defined') | list }}",
    "{{ {'k': a} }}",
    "{% set a = 3 %}{{ a }}",
    "{{ inventory_hostname }}",
    "{{ group_names | join('+') }}",
    "{{ groups.one | length }}",
    "{{ lookup('vars', 'a', default='none') }}",
    "{{ query('varnames', '^[ab]$') | sort }}",
    "{{ vars }}",
    "{{ hostvars }}",
    "{{ own }}",
    "{{ 1 + 1 }}",
    "{{ nowhere }}",
    "{{ a.b.c }}",
    "{{ a | nofilter }}",
    "{{ a",
    "{% raw %}{{ a }}{% endraw %}",
    "#jinja2: variable_start_string:'<<', variable_end_string:'>>'\n<< b >>",
]


def values(name: str) -> st.SearchStrategy[Any]:
    """Of a variable; its templates name variables behind it only, so that none is endless."""
    before = {one for one in NAMES if one <= name}
    templates = [one for one in TEMPLATES if not before & set(re.findall(r"\b[a-f]\b", one))]
    scalars = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(["1", "yes", *templates]))
    return st.one_of(scalars, st.lists(scalars, max_size=2), st.fixed_dictionaries({"k": scalars}))


VARIABLES = st.fixed_dictionaries({}, optional={name: values(name) for name in NAMES})


def loaded(folder: Path, tree: Tree) -> tuple[DataLoader, HostVars]:
    path = folder / "hosts.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(path)])
    manager = VariableManager(loader=loader, inventory=inventory)
    return loader, HostVars(inventory=inventory, variable_manager=manager, loader=loader)


def answers(folder: Path, tree: Tree) -> tuple[Tree, Tree]:
    """Every variable of every host that has a name of ours: as SharedVariables gives it, as hostvars does."""
    loader, hostvars = loaded(folder, tree)
    shared = SharedVariables(loader)
    ours: Tree = {}
    theirs: Tree = {}
    for host in sorted(hostvars):
        variables = hostvars.raw_get(host)
        assert isinstance(variables, dict)
        shared.take_host(variables)
        for name in sorted(set(NAMES) & set(variables)):
            ours["%s %s" % (host, name)] = said(partial(shared.value, name))
            theirs["%s %s" % (host, name)] = said(partial(naive, hostvars, host, name))
    return ours, theirs


def naive(hostvars: HostVars, host: str, name: str) -> Any:
    return plain(hostvars[host][name])


def said(ask: Any) -> Any:
    try:
        value = ask()
    except AnsibleError as error:
        return "error", str(error)
    return type(value), repr(value)


@settings(max_examples=25, deadline=None)
@given(of_all=VARIABLES, of_groups=st.tuples(VARIABLES, VARIABLES, VARIABLES), of_hosts=st.tuples(VARIABLES, VARIABLES))
def test_every_value_is_that_of_hostvars(
    tmp_path_factory: pytest.TempPathFactory, of_all: Tree, of_groups: Any, of_hosts: Any
) -> None:
    one, two, inner = of_groups
    hosts: Tree = {"h1": of_hosts[0], "h2": of_hosts[1], "h3": {"own": 3}, "h4": {"own": 4}, "h5": {}}
    nested = {"hosts": dict.fromkeys(["h2", "h3", "h4"]), "vars": inner}
    children = {
        "one": {"hosts": dict.fromkeys(["h1", "h5"]), "children": {"inner": nested}, "vars": one},
        "two": {"hosts": dict.fromkeys(["h3"]), "vars": two},
    }
    ours, theirs = answers(
        tmp_path_factory.mktemp("inventory"), {"all": {"vars": of_all, "hosts": hosts, "children": children}}
    )
    assert ours == theirs


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_of_all_hosts_is_read_by_each(tmp_path: Path, template: str) -> None:
    hosts: Tree = {"h%d" % number: {"b": number, "own": number} for number in range(3)}
    everyone = {"a": 1, "c": 2, "e": {"deep": [template]}, "f": template}
    ours, theirs = answers(tmp_path, {"all": {"vars": everyone, "hosts": hosts, "children": {"one": {}}}})
    assert ours == theirs


def test_a_value_in_the_vault_is_read_by_each(tmp_path: Path) -> None:
    vault = VaultLib([("default", VaultSecret(b"secret"))])
    VaultSecretsContext.initialize(VaultSecretsContext(vault.secrets))
    encrypted = vault.encrypt("{{ 1 + 1 }}").decode()
    everyone: Tree = {"a": {"__ansible_vault": encrypted}, "b": "<{{ a }}>", "c": {"deep": "{{ a }}{{ own }}"}}
    hosts: Tree = {"h1": {"own": 1}, "h2": {"own": 2}}
    ours, theirs = answers(tmp_path, {"all": {"vars": everyone, "hosts": hosts}})
    assert ours == theirs
    assert ours["h2 b"] == (str, "'<{{ 1 + 1 }}>'")


def test_what_hosts_share_is_templated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many hosts there are; of a host's own values each is."""
    asked: list[Any] = []
    template = Templar.template

    def counted(self: Templar, variable: Any, *args: Any, **options: Any) -> Any:
        asked.append(variable)
        return template(self, variable, *args, **options)

    monkeypatch.setattr(Templar, "template", counted)
    everyone: Tree = {
        "a": {"deep": ["{{ b }}", "{{ c | default(1) }}"]},
        "b": "{{ site }}",
        "c": [1, 2, 3],
        "site": "x",
    }
    for count in (5, 20):
        hosts: Tree = {"h%d" % number: {"d": "{{ own }}", "own": number} for number in range(count)}
        asked.clear()
        ours, theirs = answers(tmp_path, {"all": {"vars": everyone, "hosts": hosts}})
        assert ours == theirs
        assert len(asked) == 3 + count
