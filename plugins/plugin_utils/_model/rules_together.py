# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of services whose ports are together: a client really has one real server, on the port that it asks for."""

from __future__ import annotations

from .derive_services import scheduler_flags
from .normal import ServiceInput
from .rules_scope import Scope

# What selects by the client's address alone, and its flag that adds the client's port.
_BY_CLIENT = {"mh": "mh-port", "sh": "sh-port"}


def check_together(scope: Scope, path: str, service: ServiceInput) -> None:
    if not service["together"]:
        return
    for name, why in (
        ("real_port", "which keeps each port"),
        ("sorry_server", "which has only the directors' Nginx for that"),
        ("one_packet", "which keeps a client's packets together"),
    ):
        if service[name]:  # type: ignore[literal-required]
            scope.wrong("%s.%s" % (path, name), "is given, but together is true, %s; must be left out" % why)
    if service["persistence"] or not scope.read_whole(path + ".persistence"):
        return
    scheduler = service["scheduler"]
    if scheduler and scheduler not in _BY_CLIENT:
        what = "is %s, but together is true, so a client needs one real server; must be mh or sh, or have persistence"
        scope.wrong(path + ".scheduler", what % scheduler)
    _check_full(scope, path, service)
    for flag in set(service["scheduler_flags"] or ()) & {_BY_CLIENT.get(scheduler)}:
        what = "has %s, which selects anew for each connection, but together is true; must be without it"
        scope.wrong(path + ".scheduler_flags", what % flag)


def _check_full(scope: Scope, path: str, service: ServiceInput) -> None:
    """A client of a real server that is full would meet another one, on its next port already."""
    falls_back = "%s-fallback" % service["scheduler"] in scheduler_flags(service)
    if service["upper_threshold"] and falls_back:
        what = "is %d, but together is true, and a full real server would part a client's ports; must be left out, or "
        what += "have persistence, or scheduler_flags without %s-fallback"
        scope.wrong(path + ".upper_threshold", what % (service["upper_threshold"], service["scheduler"]))


def check_marks(scope: Scope) -> None:
    """No two services, and no two addresses of one, have one mark. It is made of names, so that is as good as never."""
    owners: dict[int, str] = {}
    for name in sorted(scope.services or {}):
        for address, mark in scope.view.marks_of(name).items():
            owner = owners.setdefault(mark, "%s at %s" % (name, address))
            if owner != "%s at %s" % (name, address):
                what = "has at %s the firewall mark 0x%x of lvs_virtual_services.%s; must have another name"
                scope.wrong("lvs_virtual_services.%s" % name, what % (address, mark, owner))
