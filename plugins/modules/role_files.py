#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_files
short_description: Write what a role's list of files has on a host
version_added: 0.2.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Takes a role's list of files, C(ROLE_files), and runs the modules M(vipstack.lvs.real_server_vip),
    M(vipstack.lvs.kernel), M(vipstack.lvs.config_tree) and M(vipstack.lvs.weights) on the host, as many of them as the
    list has something for.
  - What the role's variables say is computed on the controller at once, and not by one template after another.
  - It needs the variables C(lvs_model) of the role C(topology) and C(lvs_host) of the role C(host).
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.changes
  - vipstack.lvs.attributes.inner
options:
  role:
    description: The role, one of this collection.
    type: str
    required: true
  only_ready:
    description: Whether nothing is written where something is to be installed or started first, C(ROLE_ready).
    type: bool
    default: false
seealso:
  - module: vipstack.lvs.config_tree
  - module: vipstack.lvs.kernel
  - module: vipstack.lvs.real_server_vip
  - module: vipstack.lvs.weights
"""

EXAMPLES = r"""
- name: Write the configuration of Nginx
  vipstack.lvs.role_files:
    role: nginx
"""

RETURN = r"""
done:
  description: Whether the files of the role are as they have to be, or the host has no part in the role.
  type: bool
  returned: when no module failed
later:
  description: Whether the list has sets that the role writes by a task of its own, after something else.
  type: bool
  returned: when no module failed
weights:
  description: What M(vipstack.lvs.weights) returned under this name.
  type: dict
  returned: when the list has weights
diff:
  description: What the modules changed, or would change.
  type: list
  elements: dict
  returned: always
"""
