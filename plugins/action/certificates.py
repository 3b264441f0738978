# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the nodes have -> what is asked for; the thinking is in ``plugin_utils/_tls/renewal.py``."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, ClassVar, Iterable, Mapping

from ansible.errors import AnsibleActionFail
from ansible.template import Templar

from ..plugin_utils._action import LvsAction
from ..plugin_utils._model.shape_tls import Asked
from ..plugin_utils._plain import plain
from ..plugin_utils._tls.pem import PemError, text_of
from ..plugin_utils._tls.renewal import Due, due, source_of, what_of
from ..plugin_utils._tls.source import reader

Tree = dict[str, Any]


class ActionModule(LvsAction):
    """Looks at all nodes of the play once. A certificate of a cluster is that of its nodes alone."""

    SPEC: ClassVar[Tree] = {
        "seen": {"type": "str", "required": True},
        "ordered": {"type": "str"},
        "taken": {"type": "str"},
        "strict": {"type": "bool", "default": True},
    }

    _requires_connection = False

    def act(self, args: Tree) -> Tree:
        model, seen = self.kept_model(), self._seen(args["seen"])
        asked: dict[tuple[str, str], Asked] = {}
        nodes: dict[tuple[str, str], list[str]] = {}
        for host in seen:
            mine = plain(model["hosts"][host])
            for one in mine["nginx"]["tls"]["certificates"] if mine["nginx"] and mine["nginx"]["tls"] else ():
                if one["asked"] and one["name"] in seen[host]["certificates"]:
                    place = (mine["cluster"], one["name"])
                    asked[place] = one["asked"]
                    nodes.setdefault(place, []).append(host)
        found: Tree = {"orders": {}, "copies": {}, "client": [], "troubles": {}, "urgent": []}
        for place, wanted in asked.items():
            own = {host: seen[host]["certificates"][place[1]] for host in nodes[place]}
            told = due(_spoken(place, nodes), wanted, own, datetime.now(timezone.utc))
            self._add(found, told, place[1], wanted, self._node(model, nodes[place]), seen)
        if args["ordered"] is None:
            return {"changed": False, **found}
        return {"changed": False, **self._came(args, found, nodes)}

    def _came(self, args: Tree, planned: Tree, nodes: Mapping[tuple[str, str], list[str]]) -> Tree:
        """The pairs by the node that gets them, and what there is to say."""
        model, pairs, troubles = self.kept_model(), [], dict(planned["troubles"])
        # Of two of a name the last one counts.
        for host, own in self._registered(args["taken"]).items():
            for name, one in own.get("certificates", {}).items():
                pairs.append((model["hosts"][host]["cluster"], {"name": name, **one}))
        for host, own in self._registered(args["ordered"]).items():
            for one in own.get("results", ()):
                cluster = model["hosts"][host]["cluster"]
                if one.get("pair"):
                    pairs.append((cluster, one["pair"]))
                elif one.get("trouble"):
                    troubles[_spoken((cluster, one["name"]), nodes)] = one["trouble"]
        brought: dict[str, list[Tree]] = {}
        for cluster, pair in pairs:
            for host in nodes.get((cluster, pair["name"]), ()):
                brought.setdefault(host, []).append({key: pair[key] for key in ("name", "chain", "key", "source")})
        lost = [
            host for host in map(str, self.variables["ansible_play_hosts_all"]) if self._is_lost(host, args["seen"])
        ]
        words = ["certificate %s: %s" % one for one in sorted(troubles.items())]
        words += ["%s was not reached; the next run brings it what it lacks" % host for host in lost]
        failing = bool(troubles) and (args["strict"] or bool(set(troubles) & set(planned["urgent"])))
        return {"pairs": brought, "words": words, "failing": failing}

    def _registered(self, variable: str) -> Tree:
        hostvars = self.variables["hostvars"]
        found = {
            host: hostvars.raw_get(host).get(variable) for host in map(str, self.variables["ansible_play_hosts_all"])
        }
        return {host: plain(own) for host, own in found.items() if isinstance(own, Mapping)}

    def _is_lost(self, host: str, variable: str) -> bool:
        own = self.variables["hostvars"].raw_get(host).get(variable)
        return isinstance(own, Mapping) and bool(own.get("unreachable"))

    def _seen(self, variable: str) -> Tree:
        """Of each host that could be reached and has something to look at."""
        return {host: own for host, own in self._registered(variable).items() if "certificates" in own}

    def _node(self, model: Mapping[str, Any], hosts: list[str]) -> str:
        """The one that asks: the first whose Nginx serves the sites, as the directory's question has to reach it."""
        serving = [host for host in hosts if model["hosts"][host]["nginx"]["mode"] == "real_server"]
        return [*serving, *hosts][0]

    def _add(self, found: Tree, told: Due, name: str, wanted: Asked, node: str, seen: Tree) -> None:
        if told.trouble:
            found["troubles"][told.name] = told.trouble
        if told.urgent:
            found["urgent"].append(told.name)
        if told.why:
            found["orders"].setdefault(node, []).append(self._order(node, name, wanted))
            if wanted["acme"] and not seen[node]["client"] and node not in found["client"]:
                found["client"].append(node)
        # Also where a new one is asked for: it may be refused.
        if told.best and told.lacking:
            found["copies"].setdefault(told.best, []).append(name)

    def _order(self, node: str, name: str, wanted: Asked) -> Tree:
        order = {"name": name, "names": wanted["names"], "source": source_of(wanted), "what": what_of(wanted)}
        acme = wanted["acme"]
        if acme is None:
            return {**order, "command": wanted["command"]}
        return {
            **order, "directory": acme["directory"], "contact": acme["contact"], "kind": acme["kind"],
            "trusted": self._trusted(node, name),
        }  # fmt: skip

    def _trusted(self, node: str, name: str) -> str:
        """The text of `trusted`, which may be a file here, as the node that asks has it: this task runs for the first
        host of the play, which may be of another cluster."""
        variables = self.variables["hostvars"].raw_get(node)
        templar = Templar(loader=self._loader, variables=variables)
        given = plain(templar.template(variables["lvs_certificates"]))[name]["acme"]
        try:
            return text_of(given, "trusted", reader(self._loader, variables))
        except PemError as error:
            raise AnsibleActionFail("lvs_certificates.%s.acme.%s %s" % (name, error.field, error.words)) from None


def _spoken(place: tuple[str, str], all_places: Iterable[tuple[str, str]]) -> str:
    """The name of a certificate, with its cluster where several have one of that name."""
    cluster, name = place
    return name if sum(one == name for _cluster, one in all_places) == 1 else "%s of cluster %s" % (name, cluster)
