# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks for a certificate with a key that is made here, and looks at what comes."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, ClassVar

from ..module_utils._certificates.order import ARGUMENTS
from ..plugin_utils._action import LvsAction
from ..plugin_utils._model.rules_tls import covered
from ..plugin_utils._tls.pem import Pem, PemError, parts
from ..plugin_utils._tls.stand_in import wish
from ..plugin_utils._tls.x509 import facts

Tree = dict[str, Any]


class ActionModule(LvsAction):
    """The module of this name, with the request for a new key."""

    SPEC: ClassVar[Tree] = ARGUMENTS

    def act(self, args: Tree) -> Tree:
        key = ""
        if not args["command"]:
            key, args["request"] = wish(args["names"], args["kind"])
        given = {name: value for name, value in args.items() if value is not None}
        if args["command"]:
            given.pop("directory", None)
        else:
            given.pop("command")
        result = self.module("vipstack.lvs.certificate_order", given)
        text = result.pop("text", "")
        if not text:
            return {**result, "name": args["name"]}
        try:
            pem = parts({"certificate": text, "key": key} if key else text, _no_file)
        except PemError as error:
            return {**result, "name": args["name"], "trouble": "what came %s" % error.words}
        trouble = wrong(pem, args["names"])
        if trouble:
            return {**result, "name": args["name"], "trouble": "what came " + trouble}
        pair = {"name": args["name"], "chain": pem.chain, "key": pem.key, "source": args["source"]}
        return {**result, "name": args["name"], "pair": pair}


def wrong(pem: Pem, names: list[str]) -> str:
    """Why clients would refuse it, empty where they take it."""
    told = facts(pem, datetime.now(timezone.utc))
    for _field, words in (*told["faults"], *told["as_server"]):
        return words
    missing = [one for one in names if not covered(one, told["names"] or [])]
    return "is not for %s" % ", ".join(missing) if missing else ""


def _no_file(path: str) -> str:
    raise OSError("no file")
