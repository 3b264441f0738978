# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab and the collection importable from the working tree; the lab that is up."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "lab"), str(ROOT / ".ansible" / "collections")]

from lab.lab import Lab
from lab.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The stack of the lab that is up; none is an error, not a skip."""
    return Stack(Lab())


@pytest.fixture(scope="session")
def converged(stack: Stack) -> Stack:
    """Once: whatever the lab was before, it is what inventories/lab describes."""
    stack.play("site")
    stack.settled()
    return stack


@pytest.fixture(scope="module", autouse=True)
def a_lab_where_one_is_needed(request: pytest.FixtureRequest) -> None:
    """Files named `test_*_lab.py` find a converged lab; the others need none."""
    if request.module.__name__.endswith("_lab"):
        request.getfixturevalue("converged")


@pytest.fixture(scope="module")
def whole(stack: Stack) -> Iterator[Stack]:
    """The stack as inventories/lab describes it, before a file of tests and after it."""
    stack.play("site")
    stack.settled()
    yield stack
    stack.play("site")
    stack.settled()
