# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markdown as reStructuredText, as far as the pages of docs/ use it. antsibull-docs takes no other format."""

from __future__ import annotations

import re
from typing import Callable

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode as Node

_MARKS = "=-~^"  # under a heading of level 1, 2, …
_SPECIAL = re.compile(r"([\\*`|_])")
# What may follow inline markup, and what may stand before it. Everything else needs an escape between.
_AFTER = " \n-.,:;!?'\")]}/"
_BEFORE = " \n-:'\"([{/"


def rst(text: str, link: Callable[[str], str]) -> str:
    """A page in reStructuredText.

    ``link`` gets the target of each link, and gives back what stands between ``<`` and ``>``: ``:ref:LABEL`` or a URL.
    A construct that nothing here knows is a ValueError, so that no part of a page is lost.
    """
    tree = Node(MarkdownIt("commonmark").enable("table").parse(text))
    return _blocks(tree.children, link) + "\n"


def _blocks(nodes: list[Node], link: Callable[[str], str]) -> str:
    return "\n\n".join(_block(node, link) for node in nodes)


def _block(node: Node, link: Callable[[str], str]) -> str:
    if node.type == "heading":
        title = _inline(node, link)
        return "%s\n%s" % (title, _MARKS[int(node.tag[1:]) - 1] * len(title))
    if node.type == "paragraph":
        return _inline(node, link)
    if node.type == "fence":
        return ".. code-block:: %s\n\n%s" % (node.info or "text", _indent(node.content.rstrip("\n"), "    "))
    if node.type == "code_block":
        return ".. code-block:: text\n\n%s" % _indent(node.content.rstrip("\n"), "    ")
    if node.type == "bullet_list":
        return "\n".join(_item(item, link) for item in node.children)
    if node.type == "table":
        return _table(node, link)
    raise ValueError("no reStructuredText for %s, line %s" % (node.type, node.map and node.map[0] + 1))


def _item(node: Node, link: Callable[[str], str]) -> str:
    return "* " + _indent(_blocks(node.children, link), "  ").lstrip()


def _table(node: Node, link: Callable[[str], str]) -> str:
    """A list-table: its cells are as wide as they like."""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: auto", ""]
    for part in node.children:
        for row in part.children:
            for index, cell in enumerate(row.children):
                mark = "   * - " if index == 0 else "     - "
                lines.append((mark + _inline(cell, link)).rstrip())
    return "\n".join(lines)


def _indent(text: str, by: str) -> str:
    return "\n".join(by + line if line else line for line in text.split("\n"))


def _inline(node: Node, link: Callable[[str], str]) -> str:
    """The text of a block, with the escapes that markup inside of words needs."""
    inline = next((one for one in node.children if one.type == "inline"), None)
    said = ""
    marked = False  # what was said last is markup
    for one in inline.children if inline else []:
        text = _words(one, link)
        markup = one.type not in ("text", "softbreak")
        if not text:
            continue
        glued = (marked and text[0] not in _AFTER) or (markup and said and said[-1] not in _BEFORE)
        said += "\\ " + text if glued else text
        marked = markup
    return said


def _words(node: Node, link: Callable[[str], str]) -> str:
    if node.type == "text":
        return _SPECIAL.sub(r"\\\1", node.content)
    if node.type == "softbreak":
        return "\n"
    if node.type == "code_inline":
        return "``%s``" % node.content
    inner = "".join(child.content for child in node.children if child.type in ("text", "code_inline"))
    if node.type == "em":
        return "*%s*" % inner.replace("*", "\\*")
    if node.type == "strong":
        return "**%s**" % inner.replace("*", "\\*")
    if node.type == "link":
        target = link(str(node.attrs["href"]))
        if target.startswith(":ref:"):
            return ":ref:`%s <%s>`" % (inner, target[len(":ref:") :])
        return "`%s <%s>`__" % (inner, target)
    raise ValueError("no reStructuredText for %s" % node.type)
