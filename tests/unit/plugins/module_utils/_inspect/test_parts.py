# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of the handover: what it does not say is not taken for "no"."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.parts import handover


@pytest.mark.parametrize(("text", "value"), [("0\n", 0), ("1\n", 1), ("0", 0)])
def test_it_says_whether_keepalived_stops(tmp_path: Path, text: str, value: int) -> None:
    (tmp_path / "handover").write_text(text)
    assert handover(str(tmp_path / "handover")) == value


@pytest.mark.parametrize("text", ["", "2", "yes", "0 1", "\0"])
def test_a_damaged_one_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "handover").write_text(text)
    with pytest.raises(LvsError, match="is damaged; must be 0, or 1 while Keepalived stops"):
        handover(str(tmp_path / "handover"))


def test_none_and_a_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(LvsError, match="is not there"):
        handover(str(tmp_path / "handover"))
    with pytest.raises(LvsError, match="cannot be read: Is a directory"):
        handover(str(tmp_path))
