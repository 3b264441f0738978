# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about content and access: files, who may come, and what is answered in their place."""

from __future__ import annotations

from .fields import REQUIRED, Field, many, switch, table, text

STATIC = table(
    "Files of the node. A single path sets `root`. Beside an `upstream` that gets what is no file.",
    None,
    "root",
    root=text("Folder; the whole path of a request is looked up below it.", REQUIRED, "file_path"),
    index=many("Files that a folder is shown by.", ["index.html"], text("", REQUIRED, "name")),
    extensions=many("Also looked for: with `html`, `/about` finds `about.html`.", [], text("", REQUIRED, "name")),
    fallback=text("File below `root` for what is not there, such as `/index.html`.", None, "file_path", "none: 404"),
    cache_control=Field("sent", "Header `Cache-Control` of files; `fallback` has none.", None, otherwise="none"),
    symlinks=switch("Symbolic links below `root` are followed.", False),
)
