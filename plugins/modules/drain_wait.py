#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drain_wait
short_description: Wait until a drained real server has no connections left
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Reads the IPVS table of the director again and again, and shows how many connections are left and after how many
    seconds. It fails where the real server still has a weight after a few seconds, or connections after O(limit); the
    failure names the clients. The real server stays drained.
  - Active connections of TCP and SCTP count, and all of UDP. None counts on a director that does not hold the VIP. It
    sees no end of connections that moved away with the VIP.
  - It needs the variable C(lvs_model) of the role C(topology).
extends_documentation_fragment:
  - vipstack.lvs.attributes.inner
attributes:
  check_mode:
    description: Looks once and does not wait.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  idempotent:
    description: It only looks.
    support: full
options:
  host:
    description: The real server.
    type: str
    required: true
  service:
    description: One virtual service. All that it serves where none is given.
    type: str
    default: ""
  limit:
    description: Seconds to wait at most.
    type: float
    default: 300
  interval:
    description: Seconds between two looks.
    type: float
    default: 2
seealso:
  - module: vipstack.lvs.drain
"""

EXAMPLES = r"""
- name: Wait until the connections to web1 have ended
  vipstack.lvs.drain_wait:
    host: web1
    limit: 600
"""

RETURN = r"""
left:
  description: Connections left, by service and real server.
  type: dict
  returned: always
seconds:
  description: How long it took.
  type: float
  returned: always
clients:
  description: The first of those that are left.
  type: list
  elements: str
  returned: always
  sample: ["198.51.100.50:50000, ESTABLISHED, 895 s"]
"""
