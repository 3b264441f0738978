# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what a host had before the first run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._host.foreign import ForeignRecord


def test_the_first_version_stays_whatever_comes_later(tmp_path: Path) -> None:
    record, place = ForeignRecord(root=str(tmp_path)), tmp_path / "etc/a.conf"
    place.parent.mkdir()
    place.write_text("first\n")
    assert record.keep(["/etc/a.conf", "/etc/b.conf"]) == ["/etc/a.conf"]
    for path in (place, tmp_path / "etc/b.conf"):
        path.write_text("later\n")
    assert record.keep(["/etc/a.conf", "/etc/b.conf"]) == []
    assert Path(record.kept("/etc/a.conf")).read_text() == "first\n"
    assert not Path(record.kept("/etc/b.conf")).exists()
    assert record.read()["made"] == ["/etc/b.conf"]


def test_a_record_that_is_broken_is_told_and_not_replaced(tmp_path: Path) -> None:
    record = ForeignRecord(root=str(tmp_path))
    record.note_first([], {})
    Path(record.path).write_text("{")
    with pytest.raises(LvsError, match="cannot be read"):
        record.keep(["/etc/a.conf"])
    assert Path(record.path).read_text() == "{"
