# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The garbage collector is as before, whatever happens."""

from __future__ import annotations

import gc

import pytest

from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.uncollected import uncollected


@uncollected
def collects(wrong: bool = False) -> bool:
    if wrong:
        raise ValueError("wrong")
    return gc.isenabled()


def test_the_collector_rests_only_while_the_function_runs() -> None:
    assert gc.isenabled()
    assert not collects()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="wrong"):
        collects(wrong=True)
    assert gc.isenabled()


def test_a_collector_that_rests_already_stays_so() -> None:
    gc.disable()
    try:
        collects()
        assert not gc.isenabled()
    finally:
        gc.enable()
