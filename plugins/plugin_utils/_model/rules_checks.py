# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of checks: that a kind fits what it looks at, and has what it needs."""

from __future__ import annotations

from typing import Any

from .checks import AUTOMATIC, CHECKS, CheckKind, suiting
from .normal import ServiceInput
from .rules_scope import Scope
from .said import either
from .schema_checks import SETTINGS
from .shape import Check
from .view import LONGEST_ADDRESS, TLS_PORTS, families


def check_check(scope: Scope, path: str, service: ServiceInput) -> None:
    check = service["check"]
    if not check or not check["type"]:
        return
    kind = CHECKS.get(check["type"])
    _check_settings(scope, path + ".check", check, kind)
    if kind is None:
        return
    _check_kind(scope, path + ".check", service, kind)
    if kind.words and scope.cluster["table_owner"] == "static":
        scope.warnings.append("%s.check does nothing, as lvs_table_owner is static" % path)


def _check_settings(scope: Scope, path: str, check: Check, kind: CheckKind | None) -> None:
    """Every setting is of the kind, or of one that there may be; what is as by default may not have been written."""
    known = kind.settings if kind else {name for one in AUTOMATIC for name in CHECKS[one].settings}
    given: dict[str, Any] = {**check}
    for name, field in SETTINGS.items():
        if given[name] is None or given[name] == field.default or name in known:
            continue
        others = [one for one, other in CHECKS.items() if name in other.settings]
        scope.wrong("%s.%s" % (path, name), "is given, but type is %s; must be %s" % (check["type"], either(others)))
    for name in kind.needs if kind else ():
        if given[name] is None and scope.read_whole("%s.%s" % (path, name)):
            scope.wrong("%s.%s" % (path, name), "is missing, as type is %s" % check["type"])


def _check_kind(scope: Scope, path: str, service: ServiceInput, kind: CheckKind) -> None:
    check, protocol = service["check"], service["protocol"]
    if protocol and protocol not in kind.protocols and not check["port"]:
        what = "is %s, but protocol is %s; must be %s, or have a port of its own"
        if not kind.words:
            what = "is %s, but protocol is %s; must be %s"
        scope.wrong(path + ".type", what % (check["type"], protocol, either(["auto", *suiting(protocol)])))
    looked_at = (service["ports"] or [])[: 1 if service["together"] else None]
    ports = {check["port"]} if check["port"] else {service["real_port"] or port for port in looked_at}
    tls = sorted(ports & set(TLS_PORTS))
    if tls and not kind.passes_tls:
        named = CHECKS if check["port"] else suiting(protocol)
        others = [name for name in named if CHECKS[name].passes_tls]
        what = "is %s, but on port %d servers speak TLS; must be %s"
        scope.wrong(path + ".type", what % (check["type"], tls[0], either(others)))
    if check["port"] and not kind.words:
        scope.wrong(path + ".port", "is %d, but type is %s, which looks at nothing" % (check["port"], check["type"]))
    if check["port"] and kind.speaks == "echo":
        scope.wrong(path + ".port", "is %d, but type is %s, which has no port" % (check["port"], check["type"]))
    if kind.whole_seconds and check["timeout"] is not None and check["timeout"] != int(check["timeout"]):
        what = "is %s; must be whole seconds, as type is %s"
        scope.wrong(path + ".timeout", what % (check["timeout"], check["type"]))
    if check["script"]:
        vip = scope.vip_of(service)
        longest = "x" * max((LONGEST_ADDRESS[one] for one in families(vip)), default=0) if vip else ""
        arguments = [one.replace("{address}", longest) for one in check["arguments"] or ()]
        scope.command(path + ".arguments", [check["script"], *arguments])
