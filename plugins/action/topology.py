# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory in, the model out. No connection is made and no fact is read."""

from __future__ import annotations

from typing import Any, Mapping

from ansible.errors import AnsibleActionFail, AnsibleError

from ..filter import render  # noqa: F401 - imported once, before workers start, not once in each of them
from ..module_utils._host.places import STACK
from ..plugin_utils._action import LvsAction
from ..plugin_utils._model.build import build
from ..plugin_utils._plain import plain

# What the model reads of a host besides lvs_*: where its address may stand.
_ADDRESS = "ansible_host"
# What a play has by the roles of this collection. A cache of facts may hold an old one.
_OWN = ("lvs_model", "lvs_host")


class ActionModule(LvsAction):
    """`build` over groups and hostvars; the same model, whichever host runs the task."""

    _requires_connection = False

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        variables = self.variables
        groups = {name: [str(host) for host in hosts] for name, hosts in variables["groups"].items()}
        hosts = self._hosts(groups, variables)
        read = {host: _variables_of(host, variables["hostvars"][host]) for host in hosts}
        built = build({"groups": groups, "hostvars": read})
        if built.model is None:
            text = "\n".join("  - " + str(mistake.message) for mistake in built.mistakes)
            many = "mistake" if len(built.mistakes) == 1 else "mistakes"
            raise AnsibleActionFail(
                "the inventory has %d %s; no host was touched:\n%s" % (len(built.mistakes), many, text),
                result={"mistakes": [{"path": one.path, "message": one.message} for one in built.mistakes]},
            )
        return {"changed": False, "model": built.model, "stack": STACK._asdict(), "warnings": built.warnings}

    def _hosts(self, groups: Mapping[str, list[str]], variables: Mapping[str, Any]) -> list[str]:
        """Every host that the model may speak of: the two groups, whatever the play and --limit say."""
        names = [
            self._templar.template(variables.get(variable, default))
            for variable, default in (
                ("lvs_directors_group", "lvs_directors"),
                ("lvs_real_servers_group", "lvs_real_servers"),
            )
        ]
        return list(dict.fromkeys(host for name in names for host in groups.get(name, [])))


def _variables_of(host: str, hostvars: Mapping[str, Any]) -> dict[str, Any]:
    """A host's own lvs_* variables and address, templated, as plain data.

    Only these are read, so a variable of somebody else that cannot be templated does no harm.
    """
    found = {}
    for name in sorted(name for name in hostvars if name.startswith("lvs_") or name == _ADDRESS):
        if name in _OWN:
            continue
        try:
            found[name] = plain(hostvars[name])
        except AnsibleError as error:
            raise AnsibleActionFail("%s of %s cannot be templated: %s" % (name, host, error.message)) from error
    return found
