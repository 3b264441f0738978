#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preview
short_description: Write what hosts would get into a folder
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Writes the files, addresses, sysctls and the IPVS table that each host of the play would get below O(dest), in a
    folder named after the host. One task writes those of all hosts.
  - It is an action that runs on the controller; no connection to the host is made, and no rights are needed.
  - The texts come from the functions that the modules use on the host.
  - It writes when it has all texts. An interruption comes before the first file or after the last one.
  - It needs the variable C(lvs_model) of the role C(topology).
extends_documentation_fragment:
  - vipstack.lvs.attributes.inner
attributes:
  check_mode:
    description: Predicts the changed status and touches nothing.
    support: full
  diff_mode:
    description: Shows what changed.
    support: none
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  dest:
    description: A folder on the controller. It is made when it is not there.
    type: path
    required: true
  roles:
    description:
      - Roles of this collection whose list of files, C(ROLE_files), is written for each host that has a part in them.
      - With any, C(outage.txt) is written beside the folders of the hosts, and shown. It tells the longest outage of
        each fault, for all clusters of C(lvs_model).
    type: list
    elements: str
    default: []
  facts:
    description:
      - A file that M(vipstack.lvs.preflight) wrote, for what only a host can tell. A host that told it in this run
        needs none.
    type: path
  observed:
    description:
      - Name of the variable in which M(vipstack.lvs.observe) with O(vipstack.lvs.observe#module:purpose=preview) was
        registered for each host of the play. Write C(changes.txt) beside the folders of the hosts, and show it. It
        tells what a run would do to the live hosts.
    type: str
  request:
    description:
      - A request like C(GET https://example.com/path). With it no file is written. It shows which site and
        which route take it on each host, and what is done with it.
    type: str
    default: ""
  request_headers:
    description: >-
      Its headers, a dict of names, a text like V(X-Kind: 1), or a list of such texts.
    type: raw
  request_client:
    description: The address of the client, which routes with C(clients) ask for.
    type: str
    default: ""
notes:
  - Use the playbook C(vipstack.lvs.preview).
seealso:
  - module: vipstack.lvs.topology
"""

EXAMPLES = r"""
- name: Preview what each host would get
  vipstack.lvs.preview:
    dest: build/preview
    roles: [real_server, nginx, director, keepalived]
  run_once: true
"""

RETURN = r"""
files:
  description: Files that were written, below O(dest).
  type: list
  elements: str
  returned: always
  sample: [d1/etc/keepalived/keepalived.conf]
request:
  description: What takes the request.
  type: str
  returned: when O(request) is given
changes:
  description: What a run would do to the live hosts.
  type: dict
  returned: when O(observed) is given
  sample:
    hosts:
      d1:
        seen: true
        message: ""
        changes:
          - ~ /etc/keepalived/keepalived.conf
          - ~ tcp 198.51.100.200:80 -> 198.51.100.102:80 weight 1 => 2
        daemons: [Keepalived is reloaded]
    transitions: {default: []}
"""
