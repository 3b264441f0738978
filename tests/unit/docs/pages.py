# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated pages of docs/. `make docs` writes those that are old; test_pages.py fails while there is one.

`make docs-site` writes the pages of the site, too, which are made from those of docs/.
"""

from __future__ import annotations

import posixpath
import sys
from pathlib import Path
from typing import Callable, Iterator

from rst import rst

ROOT = Path(__file__).resolve().parents[3]
URL = "https://github.com/vipstack/ansible-lvs/blob/main/"
LABEL = "ansible_collections.vipstack.lvs.docsite."
SITE = (
    "model",
    "nginx",
    "preview",
    "verify",
    "drain",
    "foreign",
    "glossary",
)  # docs/NAME.md is a page of the site, too
HEAD = """..
  Copyright: (c) 2026, vipstack.lvs contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. Made from docs/%s.md by `make docs-site`. Edit that file.

.. _%s:

"""
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / ".ansible/collections"))

import model_page

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema_text import markdown
from ansible_collections.vipstack.lvs.plugins.plugin_utils._verify.text import catalogue


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def with_table(page: str, table: str) -> str:
    """A page whose table with the same head is replaced."""
    head, lines = table.split("\n")[0], page.split("\n")
    begin = lines.index(head)
    end = next((at for at in range(begin, len(lines)) if not lines[at].startswith("|")), len(lines))
    return "\n".join([*lines[:begin], table, *lines[end:]])


def link(target: str) -> str:
    """A link of a page in docs/, for the site: a page of the site by its label, everything else in the repository."""
    if "://" in target:
        return target
    path, _hash, part = target.partition("#")
    if path.endswith(".md") and path[:-3] in SITE:
        return ":ref:" + LABEL + path[:-3]
    return URL + posixpath.normpath("docs/" + path) + ("#" + part if part else "")


def site_page(name: str) -> str:
    return HEAD % (name, LABEL + name) + rst(read("docs/%s.md" % name), link)


# In this order, as the later ones are made from the earlier ones.
PAGES: dict[str, Callable[[], str]] = {
    "docs/model.md": markdown,
    "docs/architecture.md": lambda: model_page.with_model(read("docs/architecture.md"), model_page.markdown()),
    "docs/verify.md": lambda: with_table(read("docs/verify.md"), catalogue()),
}


def refresh() -> Iterator[str]:
    """Write the pages that are old; yields their paths."""
    for path, make in PAGES.items():
        text = make()
        if read(path) != text:
            (ROOT / path).write_text(text, encoding="utf-8")
            yield path


def write_site() -> None:
    """The pages of the site, where antsibull-docs looks for them; they are no source."""
    folder = ROOT / "docs/docsite/rst"
    folder.mkdir(exist_ok=True)
    for name in SITE:
        (folder / (name + ".rst")).write_text(site_page(name), encoding="utf-8")


if __name__ == "__main__":
    for written in refresh():
        print("written: " + written)
    if sys.argv[1:] == ["site"]:
        write_site()
