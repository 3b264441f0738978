# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated pages are current, the pages of the site are complete, and links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import model_page
import pytest
import yaml
from pages import LABEL, PAGES, ROOT, SITE, URL, link, read, site_page, with_table
from rst import rst

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

EXTRA = yaml.safe_load(read("docs/docsite/extra-docs.yml"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
OWN = re.compile(r"^https://github\.com/vipstack/ansible-lvs/(blob|tree)/main/")


@pytest.mark.parametrize("path", PAGES)
def test_a_generated_page_is_current(path: str) -> None:
    assert read(path) == PAGES[path](), "%s is old; make docs" % path


def test_every_page_of_the_site_is_in_its_contents() -> None:
    named = [name for section in EXTRA["sections"] for name in section["toctree"]]
    assert sorted(named) == sorted(SITE)


@pytest.mark.parametrize("name", SITE)
def test_a_page_of_the_site_can_be_made(name: str) -> None:
    assert LABEL + name in site_page(name)


READMES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("roles/*/README.md"))]
TOP = [*sorted(path.name for path in ROOT.glob("*.md") if path.name not in READMES), "inventories/README.md"]


@pytest.mark.parametrize("page", [*READMES, *TOP])
def test_links_of_a_page_lead_somewhere(page: str) -> None:
    paths = [OWN.sub("", one).partition("#")[0] for one in LINK.findall(read(page))]
    folders = (ROOT, (ROOT / page).parent)
    lost = [path for path in paths if "://" not in path and not any((folder / path).exists() for folder in folders)]
    assert lost == []


@pytest.mark.parametrize("page", READMES)
def test_links_of_a_readme_are_whole(page: str) -> None:
    """Galaxy shows it without the repository around it."""
    assert [one for one in LINK.findall(read(page)) if "://" not in one and not one.startswith("#")] == []


@pytest.mark.parametrize("page", sorted(Path(ROOT / "docs").rglob("*.md")), ids=lambda page: str(page.name))
def test_links_of_a_document_lead_somewhere(page: Path) -> None:
    targets = [one.partition("#")[0] for one in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in one]
    assert [one for one in targets if one and not (page.parent / one).exists()] == []


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# A title\n\n## Below", "A title\n=======\n\nBelow\n-----\n"),
        ("`a`s and (`b`), *c*, **d**", "``a``\\ s and (``b``), *c*, **d**\n"),
        ("1`x`", "1\\ ``x``\n"),
        ("a_b_ | 2 * 3", "a\\_b\\_ \\| 2 \\* 3\n"),
        ("- one\n  more\n- two", "* one\n  more\n* two\n"),
        ("    code", ".. code-block:: text\n\n    code\n"),
        ("```sh\na\n\nb\n```", ".. code-block:: sh\n\n    a\n\n    b\n"),
        (
            "| a | b |\n|---|---|\n| `x \\| y` | |",
            ".. list-table::\n   :header-rows: 1\n   :widths: auto\n\n   * - a\n     - b\n   * - ``x | y``\n     -\n",
        ),
        ("[m](model.md)", ":ref:`m <%smodel>`\n" % LABEL),
        ("[d](decisions/0001-one-model.md#x)", "`d <%sdocs/decisions/0001-one-model.md#x>`__\n" % URL),
        ("[r](../README.md)", "`r <%sREADME.md>`__\n" % URL),
    ],
)
def test_markdown_as_rst(markdown: str, expected: str) -> None:
    assert rst(markdown, link) == expected


@pytest.mark.parametrize("markdown", ["1. one", "> quoted", "![a](b.png)", "<br>"])
def test_what_has_no_rst_is_refused(markdown: str) -> None:
    with pytest.raises(ValueError, match="no reStructuredText for"):
        rst(markdown, link)


def test_a_table_is_replaced_and_nothing_else() -> None:
    assert with_table("a\n| h |\n|---|\n| 1 |\n\nb\n| x |\n", "| h |\n|---|\n| 2 |") == (
        "a\n| h |\n|---|\n| 2 |\n\nb\n| x |\n"
    )


def test_the_model_of_the_page_is_what_build_makes() -> None:
    model = build(model_page.EXAMPLE).model
    assert model is not None
    page = yaml.safe_load(read("docs/architecture.md").partition(model_page.BEGIN)[2].partition(model_page.END)[0])
    shown = {host: model["hosts"][host] for host in model_page.SHOWN}
    assert page == {"lvs_model": {"clusters": model["clusters"], "hosts": shown}}


def test_the_comments_of_the_shape_stand_beside_their_fields() -> None:
    text = model_page.markdown()
    assert text.count("# inet | inet6") == text.count("family: inet  #")
    assert "version: 3  # VRRP version\n" in text
    assert "state: BACKUP  # MASTER | BACKUP; MASTER only with preemption, no delay, and the highest priority\n" in text
    assert max(map(len, text.split("\n"))) <= 160


def test_a_model_is_replaced_and_nothing_else() -> None:
    page = "a\n" + model_page.BEGIN + "old\n" + model_page.END + "b\n"
    assert model_page.with_model(page, "new\n") == page.replace("old", "new")
