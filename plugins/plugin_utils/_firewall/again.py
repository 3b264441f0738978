# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service that makes a host's rules anew does right after it, in a drop-in of its unit.

A unit that is part of such a service is not enough: it is not started with it.
"""

from __future__ import annotations

from typing import Iterable

from ...module_utils._errors import LvsError
from ...module_utils._text import systemd

_WHEN = {"start": "ExecStartPost", "reload": "ExecReload", "stop": "ExecStopPost"}


def again_with_rules(command: Iterable[str], *when: str) -> str:
    """The section of the drop-in. ``when``: start, reload, stop. A command that fails fails nothing else.

    Raises LvsError.
    """
    if not when or not set(when) <= set(_WHEN):
        raise LvsError("a drop-in is for %s" % ", ".join(_WHEN))
    words = " ".join(map(systemd, command))
    return "\n".join(["[Service]", *("%s=-%s" % (_WHEN[one], words) for one in when)])
