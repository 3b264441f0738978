#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_info
short_description: What the running Keepalived says of itself
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Returns version and build options of Keepalived and, from the running daemon, its VRRP instances, sync groups, track
    scripts, and virtual servers with the state of their real servers.
  - The daemon is asked by signal for its data dump, and for its JSON state where the build has it, for its statistics
    otherwise. The files that it then writes are read and removed; one that was there before stays as it was.
  - Passwords, which these files hold, are not returned.
  - A host without Keepalived, or where it does not run, is no error.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.info
  - vipstack.lvs.attributes.platform
seealso:
  - module: vipstack.lvs.inspect
  - module: vipstack.lvs.ipvs_info
"""

EXAMPLES = r"""
- name: Ask Keepalived
  vipstack.lvs.keepalived_info:
  register: keepalived

- name: Say who is master of what
  ansible.builtin.debug:
    msg: "{{ keepalived.instances | selectattr('state', 'eq', 'MASTER') | map(attribute='name') }}"
"""

RETURN = r"""
installed:
  description: Whether the program is there.
  type: bool
  returned: always
version:
  description: Version of the program, null where it is not installed.
  type: str
  returned: always
  sample: 2.2.7
options:
  description: What the program was built with.
  type: list
  elements: str
  returned: always
  sample: [NFTABLES, LVS, VRRP, JSON]
running:
  description: Whether the daemon runs.
  type: bool
  returned: always
pid:
  description: Process id of the parent process, null where none runs.
  type: int
  returned: always
pids:
  description: Process ids of the parent and its children.
  type: list
  elements: int
  returned: always
source:
  description: Where RV(instances) come from, V(json) or V(data); null where the daemon was not asked or did not answer.
  type: str
  returned: always
errors:
  description: Questions that the daemon did not answer, one sentence each.
  type: list
  elements: str
  returned: always
instances:
  description: VRRP instances, in the order of the configuration. What a version does not tell is null.
  type: list
  elements: dict
  returned: always
  contains:
    name: {description: Name of the instance., type: str}
    state: {description: "V(INIT), V(BACKUP), V(MASTER), V(FAULT), V(STOP) or V(DELETED).", type: str}
    wanted_state: {description: The state that the instance is on its way to., type: str}
    version: {description: Version of VRRP., type: int}
    vrid: {description: Virtual router ID., type: int}
    interface: {description: Interface of the adverts., type: str}
    base_priority: {description: Priority from the configuration., type: int}
    priority: {description: Priority that counts now., type: int}
    master_priority: {description: Priority of the master as last heard; 0 where none was heard., type: int}
    advert_interval: {description: Seconds between adverts., type: float}
    preempt: {description: Whether the instance takes over from a lower priority., type: bool}
    auth: {description: "V(none), V(pass) or V(ah).", type: str}
    addresses: {description: VIPs with their prefix., type: list, elements: str}
    addresses_set: {description: Whether the VIPs are on this host now., type: bool}
    last_transition: {description: Epoch of the last change of state., type: float}
    counters:
      description: Adverts, transitions and errors since the start of the daemon, by name.
      type: dict
      sample: {adverts_received: 12, adverts_sent: 0, became_master: 1, released_master: 1, auth_failures: 0}
sync_groups:
  description: VRRP sync groups.
  type: list
  elements: dict
  returned: always
  contains:
    name: {description: Name of the group., type: str}
    state: {description: State of the group., type: str}
    instances: {description: Names of its instances., type: list, elements: str}
scripts:
  description: Track scripts.
  type: list
  elements: dict
  returned: always
  contains:
    name: {description: Name of the script., type: str}
    status: {description: "V(GOOD), V(BAD) or what the daemon says.", type: str}
    weight: {description: What a failure takes from or a success gives to the priority; 0 means FAULT., type: int}
    instances: {description: Names of the instances that track it., type: list, elements: str}
virtual_servers:
  description: Virtual servers of the checker process.
  type: list
  elements: dict
  returned: always
  contains:
    address: {description: Address., type: str}
    port: {description: Port., type: int}
    fwmark: {description: Firewall mark where it has no address., type: int}
    group: {description: Name of the group where it has one., type: str}
    protocol: {description: "V(tcp), V(udp), V(sctp) or V(none).", type: str}
    scheduler: {description: Scheduler., type: str}
    alive: {description: Whether it is in the IPVS table., type: bool}
    quorum_up: {description: Whether enough real servers are up., type: bool}
    real_servers:
      description: Its real servers.
      type: list
      elements: dict
      contains:
        address: {description: Address., type: str}
        port: {description: Port., type: int}
        weight: {description: Weight now., type: int}
        effective_weight: {description: Weight that counts; checks and track files change it., type: int}
        alive: {description: Whether all checks pass., type: bool}
        failed_checks: {description: Number of checks that fail., type: int}
        set: {description: Whether it is in the IPVS table., type: bool}
        checks:
          description:
            - Its checks. C(type) is the daemon's word, like V(HTTP_GET), V(TCP_CHECK) or V(FILE_CHECK); C(up) tells
              whether the check passes, C(enabled) whether it is made.
          type: list
          elements: dict
          sample: [{type: HTTP_GET, enabled: true, up: true}]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LvsError
from ..module_utils._keepalived.ask import describe


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        module.exit_json(changed=False, **describe())
    except LvsError as error:
        module.fail_json(msg=error.message, **error.details)


if __name__ == "__main__":
    main()
