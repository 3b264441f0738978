# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits on a director until a drained real server has no connections left, and says how many there are."""

from __future__ import annotations

import time
from typing import Any, Sequence

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._errors import LvsError
from ..plugin_utils._live import drain
from ..plugin_utils._live.drain_policy import CONNECTIONS_LEFT, NO_EFFECT, WAIT
from ..plugin_utils._plain import plain

_CLIENTS = 10


class ActionModule(ActionBase):
    """Reads the table again and again."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"host", "service", "limit", "interval"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables, args = task_vars or {}, self._task.args
        host, name = str(args.get("host", "")), variables["inventory_hostname"]
        limit, interval = self._seconds("limit", 300.0), self._seconds("interval", 2.0)
        model = plain(variables["lvs_model"])
        try:
            services = drain.chosen(model, name, host, str(args.get("service", "")))
        except LvsError as error:
            raise AnsibleActionFail(error.message) from error
        director = model["hosts"][name]["director"]
        started = time.monotonic()
        reported: int | None = None
        while True:
            now = drain.remaining(director, self._look(variables), host, services)
            seconds = time.monotonic() - started
            verdict = now.verdict(seconds, limit, once=self._task.check_mode)
            if not now.weights and now.total != reported:
                words = "%s: %s is drained; %d connection%s left, %.0f s of %.0f s"
                Display().display(words % (name, host, now.total, "s" * (now.total != 1), seconds, limit))
                reported = now.total
            if verdict != WAIT:
                break
            time.sleep(max(0.1, min(interval, limit - seconds)))
        result.update(changed=False, left=now.connections, seconds=round(seconds, 1), clients=[])
        if self._task.check_mode:
            return result
        if verdict == NO_EFFECT:
            words = "%s: new connections still go to %s: %s. Does Keepalived of %s run (journalctl -u keepalived)?"
            raise AnsibleActionFail(words % (name, host, _counts(now.weights, "weight"), name))
        if verdict == CONNECTIONS_LEFT:
            result["clients"] = self._clients(drain.pattern(director, host, services), variables)
            words = "%s: %s is drained and stays so, but after %.0f s there are left: %s"
            lines = [words % (name, host, seconds, _counts(now.connections, "connections")), *result["clients"]]
            result.update(failed=True, msg="\n  ".join(lines))
        return result

    def _seconds(self, option: str, default: float) -> float:
        given = self._task.args.get(option, default)
        try:
            return max(0.0, float(given))
        except (TypeError, ValueError) as error:
            raise AnsibleActionFail("%s is %s; must be seconds" % (option, given)) from error

    def _look(self, variables: dict[str, Any]) -> dict[str, Any]:
        report: dict[str, Any] = plain(
            self._execute_module(
                module_name="vipstack.lvs.ipvs_info", module_args={"counters": True}, task_vars=variables
            )
        )
        if report.get("failed"):
            raise AnsibleActionFail(str(report.get("msg")))
        return report

    def _clients(self, pattern: str, variables: dict[str, Any]) -> list[str]:
        command = {"argv": ["grep", "-E", "-m", str(_CLIENTS), pattern, "/proc/net/ip_vs_conn"]}
        answer = self._execute_module(module_name="ansible.builtin.command", module_args=command, task_vars=variables)
        return drain.clients(answer.get("stdout_lines") or str(answer.get("stdout", "")).splitlines())


def _counts(counts: dict[str, int], what: str) -> str:
    shown: Sequence[str] = ["%s: %s %d" % (place, what, count) for place, count in sorted(counts.items())]
    return "; ".join(shown)
