# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and numbers of users and groups, and what is told of those that do not exist."""

from __future__ import annotations

from ansible_collections.vipstack.lvs.plugins.module_utils._host import accounts

NOBODY_HAS = 0x7FFFFFF0


def test_root_there_and_back() -> None:
    assert (accounts.user_name(0), accounts.group_name(0)) == ("root", "root")
    assert (accounts.user_number("root"), accounts.group_number("root")) == (0, 0)


def test_what_does_not_exist() -> None:
    assert accounts.user_name(NOBODY_HAS) == accounts.group_name(NOBODY_HAS) == str(NOBODY_HAS)
    assert accounts.user_number("no such") is accounts.group_number("no such") is None
