# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs with another ansible-core: the last commit, wherever the checkout is, and one run at a time."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab import cores
from lab.debian import locked
from lab.state import LabError

IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.com")


def commit(checkout: Path, text: str) -> None:
    (checkout / "said").write_text(text)
    for words in (["init", "-q"], ["add", "said"], [*IDENTITY, "commit", "-q", "-m", text]):
        subprocess.run(["git", *words], cwd=checkout, check=True)


def cloned(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(cores, "ROOT", checkout)
    cores._clone(cores.work("2.21") / "src")
    return (cores.work("2.21") / "src" / "said").read_text()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    found = tmp_path / "a b"
    found.mkdir()
    commit(found, "one")
    return found


def test_the_last_commit_is_taken(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "said").write_text("not yet")
    assert cloned(checkout, monkeypatch) == "one"
    commit(checkout, "two")
    assert cloned(checkout, monkeypatch) == "two"


def test_a_checkout_that_was_moved_goes_on(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cloned(checkout, monkeypatch) == "one"
    moved = checkout.rename(checkout.with_name("c"))
    commit(moved, "two")
    assert cloned(moved, monkeypatch) == "two"


def test_a_checkout_without_history_is_taken(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(checkout, "two")
    shallow = checkout.with_name("shallow")
    subprocess.run(["git", "clone", "-q", "--depth=1", checkout.as_uri(), shallow], check=True)
    assert cloned(shallow, monkeypatch) == "two"


def test_two_runs_do_not_share_a_clone(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "ROOT", checkout)
    with locked(cores.work("2.21"), "run"), pytest.raises(LabError, match="another run is in"):
        cores.enter("2.21", "true")
