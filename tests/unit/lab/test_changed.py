# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are checked again after a change."""

from __future__ import annotations

from pathlib import Path

import pytest
import unless_passed
from changed import Passed, of_all, of_each

FILES = {
    "plugins/m/low.py": b"import copy\n",
    "plugins/m/copy.py": b"",
    "plugins/m/middle.py": b"from . import low\n",
    "plugins/m/beside.py": b"from .low import word\n",
    "plugins/n/__init__.py": b"from ..m.middle import word\n",
    "plugins/high.py": b"def f():\n    from ansible_collections.vipstack.lvs.plugins.n import word\n",
    "tests/helpers/near.py": b"import ansible_collections.vipstack.lvs.plugins.m.low as low\n",
    "tests/test_a.py": b"import near\n",
    "tests/test_b.py": b"from helpers import near\n",
    "tests/round.py": b"import about\n",
    "tests/about.py": b"import round\n",
}
ON_LOW = {
    "plugins/m/low.py", "plugins/m/middle.py", "plugins/m/beside.py", "plugins/n/__init__.py", "plugins/high.py",
    "tests/helpers/near.py", "tests/test_a.py", "tests/test_b.py",
}  # fmt: skip


def again(path: str) -> set[str]:
    """The files that a change of one calls for."""
    before, after = of_each(FILES, ""), of_each({**FILES, path: FILES[path] + b"# changed\n"}, "")
    return {one for one in before if before[one] != after[one]}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("plugins/m/low.py", ON_LOW),
        ("plugins/m/middle.py", {"plugins/m/middle.py", "plugins/n/__init__.py", "plugins/high.py"}),
        ("plugins/m/copy.py", {"plugins/m/copy.py"}),
        ("plugins/high.py", {"plugins/high.py"}),
        ("tests/round.py", {"tests/round.py", "tests/about.py"}),
    ],
)
def test_a_change_is_of_the_file_and_of_all_that_import_it(path: str, wanted: set[str]) -> None:
    assert again(path) == wanted


def test_a_file_that_goes_or_comes_changes_those_that_import_it() -> None:
    before = of_each(FILES, "")
    after = of_each({path: text for path, text in FILES.items() if path != "plugins/m/low.py"}, "")
    assert {path for path in after if after[path] != before[path]} == ON_LOW - {"plugins/m/low.py"}


def test_other_tools_change_everything() -> None:
    assert not set(of_each(FILES, "one").values()) & set(of_each(FILES, "other").values())
    assert of_all(FILES, "one") != of_all(FILES, "other")


def test_all_files_are_known_by_name_and_content() -> None:
    hashes = {of_all(one, "") for one in ({"a": b"b"}, {"b": b"a"}, {"a": b""}, {"ab": b""}, {"a": b"b", "c": b""})}
    assert len(hashes) == 5


def test_what_passed_is_known_in_the_next_run_and_the_record_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "build" / "passed.json"
    Passed(path).note(["a", "b"])
    Passed(path).note(["c"])
    assert Passed(path).known == {"a", "b", "c"}
    Passed(path).note(["d", "e"], keep=4)
    assert Passed(path).known == {"d", "e"}


def test_a_command_runs_again_after_a_change_of_a_file_or_of_its_words_or_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"roles/a.yml": b"a", "tests/a.py": b"a"}
    monkeypatch.setattr(unless_passed, "ROOT", tmp_path)
    monkeypatch.setattr(unless_passed, "tree", lambda: files)

    def runs(*words: str) -> int:
        """How often the command has run."""
        status = unless_passed.main(["sh", "-c", "echo x >> runs; [ ! -e bad ]", *words])
        assert status == (1 if (tmp_path / "bad").exists() else 0)
        return len((tmp_path / "runs").read_text().split())

    (tmp_path / "bad").touch()
    assert [runs(), runs()] == [1, 2]
    (tmp_path / "bad").unlink()
    assert [runs(), runs(), runs("more"), runs()] == [3, 3, 4, 4]
    files["tests/a.py"] = b"b"
    assert runs() == 4
    files["roles/a.yml"] = b"b"
    assert runs() == 5
