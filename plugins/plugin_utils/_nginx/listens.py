# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a port is listened on with."""

from __future__ import annotations

from .._model.shape_nginx import Nginx


def first(nginx: Nginx) -> list[str]:
    """Words of the default server: of all servers of a port one may say what belongs to its socket."""
    return ["default_server", "backlog=%d" % nginx["limits"]["backlog"]]
