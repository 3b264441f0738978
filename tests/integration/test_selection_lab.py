# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs with --limit and --tags see the whole model and change nothing that is correct."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.stack import Stack

ALONE = """\
- hosts: web1
  gather_facts: false
  roles:
    - role: vipstack.lvs.nginx
"""


@pytest.mark.parametrize(
    ("chosen", "hosts"),
    [
        (("--limit", "web1"), {"web1"}),
        (("--limit", "d2"), {"d2"}),
        (("--tags", "nginx"), {"d1", "d2", "web1", "web2"}),
        (("--tags", "keepalived", "--limit", "d1"), {"d1"}),
    ],
)
def test_a_part_is_as_it_is_in_the_whole(stack: Stack, chosen: tuple[str, ...], hosts: set[str]) -> None:
    play = stack.play("site", *chosen)
    assert set(play.recap) == hosts
    assert play.total("changed") == 0, play.output


def test_a_part_of_an_edit_is_done_where_it_was_asked_for(stack: Stack) -> None:
    """The pool of the limited director still has both real servers: the model is whole."""
    edit = json.dumps({"lvs_virtual_services": {"web": {"vip": "web", "ports": [80], "scheduler": "wlc"}}})
    try:
        stack.play("site", "-e", edit, "--limit", "d2", "--tags", "keepalived")
        assert ["wlc" in stack.table(host) for host in ("d1", "d2")] == [False, True]
        assert set(stack.weights("d2")) == {"web1", "web2"}
    finally:
        stack.play("site", "--limit", "d2")


def test_a_role_by_itself_has_the_model(stack: Stack, tmp_path: Path) -> None:
    book = tmp_path / "alone.yml"
    book.write_text(ALONE)
    play = stack.play(book)
    assert play.total("changed") == 0, play.output


def test_a_mistake_is_said_before_any_host_is_touched(stack: Stack) -> None:
    wrong = json.dumps({"lvs_virtual_services": {"web": {"vip": "web", "ports": [80, 70000]}}})
    play = stack.play("site", "-e", wrong, check=False)
    assert play.status != 0
    assert "lvs_virtual_services.web.ports[1] is 70000; must be 1-65535" in play.output
    assert "no host was touched" in play.output
    assert all(counts["changed"] == 0 for counts in play.recap.values())
