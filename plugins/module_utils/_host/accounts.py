# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and groups of the host: between names and numbers."""

from __future__ import annotations

import grp
import pwd


def user_name(number: int) -> str:
    """The name of a user; the number as text where there is none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group_name(number: int) -> str:
    """The name of a group; the number as text where there is none."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def user_number(name: str) -> int | None:
    """The number of a user, None where there is none."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def group_number(name: str) -> int | None:
    """The number of a group, None where there is none."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None
