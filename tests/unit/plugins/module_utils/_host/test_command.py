# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that end, are missing or hang."""

from __future__ import annotations

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._host.command import CommandError, run

BOTH = ["/bin/sh", "-c", "echo out; echo err >&2; exit 3"]


def test_the_streams_come_as_one_or_apart() -> None:
    assert run(BOTH) == (3, "out\nerr\n", "")
    assert run(BOTH, apart=True) == (3, "out\n", "err\n")


def test_a_program_runs_in_english_and_reads_nothing() -> None:
    assert run(["/bin/sh", "-c", "pwd; echo $LC_ALL; cat"]).output == "/\nC\n"


def test_a_program_that_is_missing_or_hangs() -> None:
    with pytest.raises(CommandError, match="no-such-program is not installed") as missing:
        run(["no-such-program"])
    with pytest.raises(CommandError, match=r"sleep 600 did not end within 0\.1 s") as hanging:
        run(["sleep", "600"], 0.1)
    with pytest.raises(CommandError, match="/etc/passwd cannot be run: Permission denied") as refused:
        run(["/etc/passwd"])
    assert (missing.value.status, hanging.value.status, refused.value.status) == (127, 124, 127)
