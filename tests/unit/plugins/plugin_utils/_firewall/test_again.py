# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.plugin_utils._firewall.again import again_with_rules


def test_a_command_runs_after_each_of_them() -> None:
    text = again_with_rules(["/sbin/nft", "-f", "/etc/a"], "start", "stop")
    assert text == "[Service]\nExecStartPost=-/sbin/nft -f /etc/a\nExecStopPost=-/sbin/nft -f /etc/a"


@pytest.mark.parametrize(
    ("command", "when"), [(["/sbin/nft", "a b"], ["start"]), (["/sbin/nft"], []), (["/sbin/nft"], ["boot"])]
)
def test_what_is_no_command_or_no_time_is_refused(command: list[str], when: list[str]) -> None:
    with pytest.raises(LvsError):
        again_with_rules(command, *when)
