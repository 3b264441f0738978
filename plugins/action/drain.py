# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drains a real server on a director, or puts it back: names checked against the model, files written there."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail

from ..plugin_utils._action import LvsAction
from ..plugin_utils._live.drain import chosen, director_of, drained_by_model


class ActionModule(LvsAction):
    """Names -> the module weights."""

    SPEC: ClassVar[dict[str, Any]] = {
        "host": {"type": "str", "required": True},
        "service": {"type": "str", "default": ""},
        "state": {"type": "str", "choices": ["drained", "active"], "default": "drained"},
        "force": {"type": "bool", "default": False},
        "scheme": {"type": "str", "choices": ["weights", "drains"], "default": "weights"},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        model, host, state = self.model(), args["host"], args["state"]
        services = chosen(model, self.host, host, args["service"])
        options = {"destinations": director_of(model, self.host)["weights"], "scheme": args["scheme"]}
        if services:
            options.update(state=state, host=host, services=services, force=args["force"])
        kept = drained_by_model(model, self.host, host, services) if state == "active" else []
        if kept:
            words = "%s is drained from %s by the inventory (lvs_state or lvs_drained_services): change it there"
            raise AnsibleActionFail(words % (host, ", ".join(kept)))
        return {**self.module("vipstack.lvs.weights", options), "services": services}
