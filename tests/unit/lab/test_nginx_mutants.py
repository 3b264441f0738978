# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make mutate-nginx` leaves out is one directive, whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from nginx_mutants import WITHOUT, heads, mutated, without

FILE = """\
map $a $b {
    default 0;
    "~}" 1;
}
server {
    listen 80;
    location / {
        add_header X-A "a;{";
        add_header X-B b;
        return 200
            "more;"
            "{";
    }
}
"""


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("map $a", range(4)),
        ("listen", [5]),
        ("location", range(6, 13)),
        ("add_header X-A", [7]),
        ("add_header X-B", [8]),
        ("return", [9, 10, 11]),
        ("server", range(4, 14)),
        ("nothing", []),
    ],
)
def test_one_directive_goes_with_its_block(name: str, lines: list[int]) -> None:
    kept = [line for number, line in enumerate(FILE.splitlines(keepends=True)) if number not in lines]
    assert without(FILE, name) == "".join(kept)


def test_only_files_of_nginx_change(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"/etc/nginx/conf.d/a.conf": FILE, "/etc/other": FILE}
    assert mutated(files) == files
    monkeypatch.setenv(WITHOUT, "listen")
    assert mutated(files) == {"/etc/nginx/conf.d/a.conf": without(FILE, "listen"), "/etc/other": FILE}


def test_the_directives_of_a_tree_are_named_once(tmp_path: Path) -> None:
    (tmp_path / "web1/etc/nginx/conf.d").mkdir(parents=True)
    (tmp_path / "web1/etc/nginx/conf.d/a.conf").write_text(FILE)
    assert heads([tmp_path]) == ["map $a", "listen", "add_header X-A", "add_header X-B", "return"]
