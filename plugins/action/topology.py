# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory in, the model out. No connection is made and no fact is read."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, ClassVar, Mapping, NoReturn, Sequence

from ansible.errors import AnsibleAction, AnsibleActionFail, AnsibleError

from ..filter import render
from ..module_utils._host.places import STACK
from ..plugin_utils._action import LvsAction
from ..plugin_utils._hostvars import SharedVariables
from ..plugin_utils._model.build import build
from ..plugin_utils._model.group_servers import named_groups
from ..plugin_utils._model.listed import VARIABLES, filled
from ..plugin_utils._model.normal import CertificateFacts
from ..plugin_utils._model.validate import Mistake
from ..plugin_utils._tls.source import reader
from ..plugin_utils._tls.x509 import facts_of

# Imported once, before workers start, and not once in each of them.
_PRELOADED = (render,)
# What the model reads of a host besides lvs_*: where its address may stand.
_ADDRESS = "ansible_host"
# What a play has by the roles of this collection. A cache of facts may hold an old one.
_OWN = ("lvs_model", "lvs_host")
# Shares of canaries.
_CANARY = "lvs_nginx_canary"
_CERTIFICATES = "lvs_certificates"
# Mistakes that are shown; the others are counted.
_SHOWN = 50


class ActionModule(LvsAction):
    """`build` over groups and hostvars; the same model, whichever host runs the task."""

    SPEC: ClassVar[dict[str, Any]] = {"canary": {"type": "dict", "default": {}}}
    _requires_connection = False

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        self._known: dict[tuple[str, Any], list[tuple[Any, Any]]] = {}
        groups = {name: [str(host) for host in hosts] for name, hosts in self.variables["groups"].items()}
        hostvars = self._read(self._hosts(groups))
        for own in hostvars.values() if args["canary"] else ():
            given = own.get(_CANARY, {})
            own[_CANARY] = {**given, **args["canary"]} if isinstance(given, Mapping) else given
        behind = {host for name in named_groups(hostvars) for host in groups.get(name, [])}
        others = self._read(sorted(behind - set(hostvars)))
        self._fill_lists(hostvars)
        certificates = self._certificates(hostvars)
        built = build({"groups": groups, "hostvars": hostvars, "others": others, "certificates": certificates})
        if args["canary"] and any(one.path.startswith(_CANARY) for one in built.mistakes):
            told = "; ".join(one.message for one in built.mistakes if one.path.startswith(_CANARY))
            raise AnsibleActionFail("no host was touched: " + told)
        if built.model is None:
            self._fail(built.mistakes)
        return {"changed": False, "model": built.model, "stack": STACK._asdict(), "warnings": built.warnings}

    def _hosts(self, groups: Mapping[str, list[str]]) -> list[str]:
        """Every host of the model: the two groups, whatever the play and --limit say."""
        names = [
            self._templar.template(self.variables.get(variable, default))
            for variable, default in (
                ("lvs_directors_group", "lvs_directors"),
                ("lvs_real_servers_group", "lvs_real_servers"),
            )
        ]
        return list(dict.fromkeys(host for name in names for host in groups.get(name, [])))

    def _read(self, hosts: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Each host's own lvs_* variables and address, templated, as plain data.

        Only these are read, so a variable of somebody else that cannot be templated does no harm.
        """
        hostvars, shared = self.variables["hostvars"], SharedVariables(self._loader)
        read: dict[str, dict[str, Any]] = {}
        for host in hosts:
            variables = hostvars.raw_get(host)
            names = sorted(name for name in variables if name.startswith("lvs_") or name == _ADDRESS)
            read[host] = {}
            shared.take_host(variables)
            for name in names:
                if name in _OWN:
                    continue
                try:
                    read[host][name] = shared.value(name)
                except AnsibleError as error:
                    what = "%s of %s cannot be templated: %s" % (name, host, error.message)
                    raise AnsibleActionFail(what) from error
        return read

    def _fill_lists(self, hostvars: Mapping[str, dict[str, Any]]) -> None:
        """The files that lists name, in their places."""
        for host, own in hostvars.items():
            for name in VARIABLES:
                if name in own:
                    own[name] = self._once(name, host, own[name], filled)

    def _once(self, name: str, host: str, given: Any, read: Callable[[Any, Callable[[str], str]], Any]) -> Any:
        """What is read of a variable and its files. Hosts of one folder that have the same one share it."""
        variables = self.variables["hostvars"].raw_get(host)
        known = self._known.setdefault((name, variables.get("inventory_dir")), [])
        for other, found in known:
            if other is given or other == given:
                return found
        known.append((given, read(given, reader(self._loader, variables))))
        return known[-1][1]

    def _certificates(self, hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, CertificateFacts]]:
        """What is in the certificates of each host."""
        now = datetime.now(timezone.utc)
        return {
            host: self._once(_CERTIFICATES, host, own[_CERTIFICATES], lambda given, read: facts_of(given, read, now))
            for host, own in hostvars.items()
            if isinstance(own.get(_CERTIFICATES), Mapping)
        }

    def _fail(self, mistakes: Sequence[Mistake]) -> NoReturn:
        """Each mistake is told once: as text, or as data where the playbook goes on and can read it."""
        headline = "the inventory has %d %s; no host was touched" % (
            len(mistakes), "mistake" if len(mistakes) == 1 else "mistakes",
        )  # fmt: skip
        if _is_caught(self._task):
            told = [{"path": one.path, "message": one.message} for one in mistakes]
            raise AnsibleActionFail(headline, result={"mistakes": told})
        lines = ["  - %s" % one.message for one in mistakes[:_SHOWN]]
        if len(mistakes) > _SHOWN:
            lines.append("  and %d more" % (len(mistakes) - _SHOWN))
        # AnsibleActionFail would put the whole text into `msg`, too.
        raise AnsibleAction("\n".join([headline + ":", *lines]), result={"msg": headline})


def _is_caught(task: Any) -> bool:
    """Whether the playbook goes on after a failure of the task: it is ignored, or a block around it has a rescue."""
    around = [task]
    while around[-1] is not None:
        around.append(getattr(around[-1], "_parent", None))
    return bool(task.ignore_errors) or any(getattr(one, "rescue", None) for one in around)
