# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nginx gets of each example, and of TLS by its version, is what stands in tests/golden/nginx."""

from __future__ import annotations

import golden_nginx
import pytest
from golden_nginx import FOLDER, VERSIONS


@pytest.mark.parametrize("name", golden_nginx.kinds())
def test_a_tree_is_the_golden_one(name: str) -> None:
    texts = golden_nginx.made(golden_nginx.kinds()[name])
    folder = FOLDER / name
    found = {"/" + str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.conf")}
    assert sorted(found) == sorted(texts)
    for path, text in texts.items():
        assert found[path] == text, path


def test_there_is_no_other_tree() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(golden_nginx.kinds())


def test_each_version_has_a_text_of_its_own() -> None:
    sites = {(FOLDER / ("tls-" + version) / "etc/nginx/conf.d/lvs-sites.conf").read_text() for version in VERSIONS}
    assert len(sites) == len(VERSIONS)
