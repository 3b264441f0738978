# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemons accept the golden files."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from lab.stack import ROOT, Stack

GOLDEN = ROOT / "tests/golden"
TREES = [(name, host) for name in ("staging", "staging-static", "production") for host in ("director1", "director2")]
# Of the daemon's validation of the file; see keepalived_test in the role keepalived.
TEST = "trap '' TERM; keepalived -t -f %s"


def keepalived_test(stack: Stack, path: Path, edit: str = "") -> str:
    """The output and the status of the daemon's validation of a file, on a director. No file is replaced."""
    text = path.read_text(encoding="utf-8")
    put = "printf %%s %s > /tmp/golden.conf" % shlex.quote(text)
    return stack.run("d1", "exec 2>&1; %s; %s; %s; echo status $?" % (put, edit or ":", TEST % "/tmp/golden.conf"))


@pytest.mark.parametrize(("name", "host"), TREES)
def test_keepalived_takes_a_golden_file(stack: Stack, name: str, host: str) -> None:
    assert keepalived_test(stack, GOLDEN / name / host / "etc/keepalived/keepalived.conf") == "status 0\n"


def test_keepalived_would_say_what_is_wrong(stack: Stack) -> None:
    said = keepalived_test(
        stack,
        GOLDEN / "staging/director1/etc/keepalived/keepalived.conf",
        "sed -i s/virtual_router_id/vrouter_id/ /tmp/golden.conf",
    )
    assert "vrouter_id" in said
    assert "status 0" not in said
