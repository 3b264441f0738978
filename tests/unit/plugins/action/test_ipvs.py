# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action ipvs on the controller: what it sends to its module, and what stays of it in the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import controller
import pytest
from inventory import good

from ansible_collections.vipstack.lvs.plugins.action.ipvs import ActionModule

SERVICES = [{"address": "192.0.2.10", "port": 80, "destinations": [{"address": "198.51.100.11", "weight": 1}]}]


class Sent(ActionModule):
    """An action whose module answers with the arguments that the task has then."""

    def _execute_module(self, *_args: Any, **_options: Any) -> dict[str, Any]:
        return {"sent": self._task.args}


@pytest.mark.parametrize(
    ("services", "names"),
    [(SERVICES, ["_services", "purge"]), ([{"address": "192.0.2.10", "port": "80"}], ["purge", "services"])],
    ids=["as one text", "as they are, for Ansible to convert"],
)
def test_services_go_as_one_text_where_their_types_are_right(tmp_path: Path, services: Any, names: list[str]) -> None:
    result = controller.run(Sent, good(), {"services": services, "purge": True}, tmp_path)
    assert sorted(result["sent"]) == names
