# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of all hosts have to be, in one task; the thinking is in ``plugin_utils/_preview/files.py``."""

from __future__ import annotations

from typing import Any, ClassVar

from ..plugin_utils._action import LvsAction
from ..plugin_utils._fit.fit import settle
from ..plugin_utils._role_files import RoleFiles


class ActionModule(LvsAction):
    """Roles -> for each host of the play the digests of its files."""

    SPEC: ClassVar[dict[str, Any]] = {"roles": {"type": "list", "elements": "str", "required": True}}

    _requires_connection = False

    def act(self, args: dict[str, Any]) -> dict[str, Any]:
        model, lists = self.model(), RoleFiles(self)
        expected = {}
        for host in map(str, self.variables["ansible_play_hosts"]):
            if host in model["hosts"]:
                facts = self.facts(host)
                lists.take_host(host, settle(model["hosts"][host], facts), facts)
                expected[host] = {"family": lists.family(), "files": lists.digests(args["roles"])}
        return {"changed": False, "hosts": expected}
