# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema holds together, and its page is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.fields import REQUIRED, Field
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.read import Reader
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema import CLUSTER, HOST, INVENTORY
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema_text import markdown

PAGE = Path(__file__).resolve().parents[5] / "docs" / "model.md"


def fields(path: str, field: Field) -> Iterator[tuple[str, Field]]:
    yield path, field
    if field.of:
        yield from fields(path + "[]", field.of)
    for key, of in field.fields.items():
        yield from fields("%s.%s" % (path, key), of)


ALL = {path: field for name, one in {**CLUSTER, **HOST, **INVENTORY}.items() for path, field in fields(name, one)}


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown()


WITH_DEFAULT = [path for path, field in ALL.items() if field.default is not REQUIRED and field.kind != "secret"]


@pytest.mark.parametrize("path", WITH_DEFAULT)
def test_a_default_is_allowed_and_stays_what_it_is(path: str) -> None:
    field, reader = ALL[path], Reader()
    assert reader.read(field, field.default, path) == reader.default(field)
    assert reader.mistakes == []


@pytest.mark.parametrize("path", [path for path in ALL if not path.endswith("[]")])
def test_every_field_says_what_it_is_for(path: str) -> None:
    field = ALL[path]
    assert field.doc or (field.kind == "map" and field.of and field.of.doc)
