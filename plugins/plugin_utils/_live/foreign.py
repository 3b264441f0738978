# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other people have set up on a host, in lines for a person; `inspect_request` has what is asked. Pure."""

from __future__ import annotations

from typing import Iterable

from .shape import ForeignFinding

# What a run does nothing about: a person has to.
BY_HAND = "told"
_SIGNS = {"replaced": "!", "unread": "!", "disabled": "!", BY_HAND: "?"}


def lines(findings: Iterable[ForeignFinding]) -> list[str]:
    """``! /etc/rc.local: at boot it sets a VIP; its line 3 becomes a comment``, a line each."""
    return ["%s %s: %s" % (_SIGNS[one["kind"]], one["path"], one["words"]) for one in findings]
