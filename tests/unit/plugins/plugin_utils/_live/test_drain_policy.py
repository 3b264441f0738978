# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy of draining: who drains, and with which weight."""

from __future__ import annotations

import pytest

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.drain_policy import Drain

SINCE = "2026-11-26T02:20:00Z"


@pytest.mark.parametrize(
    ("drain", "drained", "reason"),
    [
        (Drain(False), False, "lvs_state or lvs_drained_services of web1"),
        (Drain(True), True, "lvs_state or lvs_drained_services of web1"),
        (Drain(False, SINCE), True, "drain.yml, " + SINCE),
        (Drain(True, SINCE), True, "lvs_state or lvs_drained_services of web1"),
    ],
)
def test_the_model_or_an_operator_drains_and_the_model_comes_first(drain: Drain, drained: bool, reason: str) -> None:
    assert (bool(drain), drain.weight(5), drain.reason("web1")) == (drained, 0 if drained else 5, reason)
