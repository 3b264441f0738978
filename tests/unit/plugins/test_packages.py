# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What imports what: the picture in docs/architecture.md is the rule, and the code keeps it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
BEGIN, END = "<!-- packages: begin -->", "<!-- packages: end -->"
HOLDERS = ("module_utils", "plugin_utils")  # folders of packages; every other folder is one

Picture = dict[str, set[str]]


def picture_of(text: str) -> Picture:
    """The rows ``NAME -> NAME NAME`` between the markers, in their order."""
    rows = [line.split("->") for line in text.partition(BEGIN)[2].partition(END)[0].splitlines() if "->" in line]
    return {name.strip(): set(names.split()) for name, names in rows}


def package_of(parts: tuple[str, ...]) -> str:
    """Of a file or of what is imported, by its place below plugins/; a single file is a package, too."""
    return parts[1 if parts[0] in HOLDERS else 0]


def imports_of(place: tuple[str, ...], source: str) -> Iterator[tuple[str, ...]]:
    """The place of everything of this collection that a file imports; AssertionError where one is not relative."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            assert not [one.name for one in node.names if one.name.startswith("ansible_collections")]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert not (node.module or "").startswith("ansible_collections"), node.module
        elif isinstance(node, ast.ImportFrom):
            front = (*place[: len(place) - node.level], *(node.module.split(".") if node.module else ()))
            yield from ((*front, one.name) for one in node.names)


def graph() -> Picture:
    found: Picture = {}
    for path in sorted(PLUGINS.rglob("*.py")):
        place = path.relative_to(PLUGINS).with_suffix("").parts
        name = package_of(place)
        others = {package_of(other) for other in imports_of(place, path.read_text(encoding="utf-8"))}
        found.setdefault(name, set()).update(others - {name})
    return found


def upward(picture: Picture) -> list[tuple[str, str]]:
    """Imports that do not lead to a lower row; without one there is no circle."""
    order = list(picture)
    return [(name, other) for name in order for other in picture[name] if other not in order[order.index(name) + 1 :]]


@pytest.fixture(scope="module")
def picture() -> Picture:
    return picture_of((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))


def test_the_packages_import_what_the_picture_shows(picture: Picture) -> None:
    assert graph() == picture


def test_an_import_leads_to_a_lower_row(picture: Picture) -> None:
    assert upward(picture) == []


def test_what_runs_on_a_target_needs_nothing_of_the_controller(picture: Picture) -> None:
    ours = {path.stem for path in (PLUGINS / "module_utils").iterdir()}
    assert {"_errors", "_ipvs"} <= ours
    for name in (*ours & set(picture), "modules"):
        assert picture[name] <= ours


def test_names_of_packages_are_of_one_place_each() -> None:
    names = [path.stem for holder in HOLDERS for path in (PLUGINS / holder).iterdir() if path.stem != "__pycache__"]
    assert len(names) == len(set(names))


def test_a_circle_would_be_seen() -> None:
    text = "%s\na -> b c\nb -> c\nc -> a\n%s" % (BEGIN, END)
    assert upward(picture_of(text)) == [("c", "a")]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from . import text", [("module_utils", "_ipvs", "text")]),
        ("from .text import lines", [("module_utils", "_ipvs", "text", "lines")]),
        ("from .._errors import LvsError", [("module_utils", "_errors", "LvsError")]),
        ("def late():\n    from .._host import files", [("module_utils", "_host", "files")]),
        ("import socket", []),
    ],
)
def test_relative_imports_are_followed(source: str, found: list[tuple[str, ...]]) -> None:
    assert list(imports_of(("module_utils", "_ipvs", "run"), source)) == found


def test_an_absolute_import_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="ansible_collections"):
        list(imports_of(("modules", "ipvs"), "from ansible_collections.vipstack.lvs.plugins.module_utils import _ipvs"))
