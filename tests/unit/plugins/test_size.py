# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No file of plugins is longer than a person reads at once; documentation of modules does not count."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
MOST_LINES = 400
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def lines_of(source: str) -> int:
    """Lines of a file without those of a module's documentation."""
    documentation = 0
    for node in ast.parse(source).body:
        if (
            isinstance(node, ast.Assign)
            and {one.id for one in node.targets if isinstance(one, ast.Name)} & DOCUMENTATION
        ):
            documentation += (node.end_lineno or node.lineno) - node.lineno + 1
    return len(source.splitlines()) - documentation


def test_no_file_is_longer() -> None:
    found = {path.relative_to(PLUGINS): lines_of(path.read_text(encoding="utf-8")) for path in PLUGINS.rglob("*.py")}
    assert len(found) > 50
    assert {str(path): lines for path, lines in found.items() if lines > MOST_LINES} == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", 0),
        ("import os\n\nos.sep\n", 3),
        ('DOCUMENTATION = """\na\nb\n"""\nimport os\n', 1),
        ('TEXT = """\na\nb\n"""\n', 4),
    ],
)
def test_documentation_does_not_count(source: str, lines: int) -> None:
    assert lines_of(source) == lines
