# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files under a root: read, planned, written in one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._host.files import FileChange, HostFiles


def test_plan_apply_and_nothing_left(tmp_path: Path) -> None:
    host = HostFiles(str(tmp_path))
    host.write("/etc/old", "old\n")
    wanted = {"/etc/new": "new\n", "/etc/old": None, "/etc/never": None}
    plan = host.plan(wanted)
    assert plan == [FileChange("/etc/new", None, "new\n"), FileChange("/etc/old", "old\n", None)]
    host.apply(plan)
    assert host.plan(wanted) == []
    assert sorted(path.name for path in (tmp_path / "etc").iterdir()) == ["new"]
    assert (tmp_path / "etc/new").stat().st_mode & 0o777 == 0o644


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    host = HostFiles(str(tmp_path))
    host.write("/etc/kept", "old\n")
    with pytest.raises(UnicodeEncodeError):
        host.write("/etc/kept", "\udcff")
    assert host.read("/etc/kept") == "old\n"
    assert len(list((tmp_path / "etc").iterdir())) == 1


def test_an_error_names_the_path(tmp_path: Path) -> None:
    host = HostFiles(str(tmp_path))
    host.write("/etc/file", "x")
    with pytest.raises(LvsError, match="/etc/file/below cannot be written: "):
        host.write("/etc/file/below", "x")


def test_diff_says_absent() -> None:
    assert FileChange("/etc/x", None, "a\n").diff() == {
        "before_header": "/etc/x (absent)",
        "after_header": "/etc/x",
        "before": "",
        "after": "a\n",
    }
