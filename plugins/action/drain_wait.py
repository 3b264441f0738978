# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits on a director until a drained real server has no connections left, and shows how many there are."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Sequence

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display

from ..plugin_utils._action import LvsAction
from ..plugin_utils._live import drain, drain_wait
from ..plugin_utils._model.shape import Director
from ..plugin_utils._plain import plain

_CLIENTS = 10


class ActionModule(LvsAction):
    """Reads the table again and again."""

    SPEC: ClassVar[dict[str, Any]] = {
        "host": {"type": "str", "required": True},
        "service": {"type": "str", "default": ""},
        "limit": {"type": "float", "default": 300},
        "interval": {"type": "float", "default": 2},
    }

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        model, host = self.model(), args["host"]
        services = drain.chosen(model, self.host, host, args["service"])
        director = drain.director_of(model, self.host)
        policy = drain_wait.Policy(max(0.0, args["limit"]), max(0.0, args["interval"]), bool(self._task.check_mode))
        shown: int | None = None
        for look in drain_wait.looks(
            policy, lambda: self._remaining(director, host, services), time.monotonic, time.sleep
        ):
            if not look.now.weights and look.now.total != shown:
                shown = look.now.total
                words = "%s: %s is drained; %d connection%s left, %.0f s of %.0f s"
                Display().display(words % (self.host, host, shown, "s" * (shown != 1), look.seconds, policy.limit))
        now, seconds = look.now, look.seconds
        result = {"changed": False, "left": now.connections, "seconds": round(seconds, 1), "clients": []}
        if self._task.check_mode or look.outcome == drain_wait.DONE:
            return result
        if look.outcome == drain_wait.WEIGHTS:
            words = "%s: new connections still go to %s: %s. Does Keepalived of %s run (journalctl -u keepalived)?"
            raise AnsibleActionFail(words % (self.host, host, _counts(now.weights, "weight"), self.host))
        clients = self._clients(drain.pattern(director, host, services))
        words = "%s: %s is drained and stays so, but after %.0f s there are left: %s"
        lines = [words % (self.host, host, seconds, _counts(now.connections, "connections")), *clients]
        return {**result, "clients": clients, "failed": True, "msg": "\n  ".join(lines)}

    def _remaining(self, director: Director, host: str, services: Sequence[str]) -> drain_wait.Remaining:
        report, vips = self._look(), drain.addresses(director, services)
        found = drain.remaining(director, report, host, services, vips)
        return drain.remaining(director, report, host, services, self._held(director, vips)) if found.total else found

    def _look(self) -> dict[str, Any]:
        report: dict[str, Any] = plain(self.module("vipstack.lvs.ipvs_info", {"counters": True}))
        if report.get("failed"):
            raise AnsibleActionFail(str(report.get("msg")))
        return report

    def _held(self, director: Director, vips: list[str]) -> set[str]:
        """Those that this director holds now."""
        seen: dict[str, Any] = plain(self.module("vipstack.lvs.inspect", {"vips": vips}))
        if "vips" not in seen or "error" in seen["vips"]:
            raise AnsibleActionFail("the addresses of the host cannot be read: %s" % seen)
        return drain.held(director, seen["vips"])

    def _clients(self, pattern: str) -> list[str]:
        command = {"argv": ["grep", "-E", "-m", str(_CLIENTS), pattern, "/proc/net/ip_vs_conn"]}
        answer = self.module("ansible.builtin.command", command)
        return drain.clients(answer.get("stdout_lines") or str(answer.get("stdout", "")).splitlines())


def _counts(counts: dict[str, int], what: str) -> str:
    shown: Sequence[str] = ["%s: %s %d" % (place, what, count) for place, count in sorted(counts.items())]
    return "; ".join(shown)
