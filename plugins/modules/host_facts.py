#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_facts
short_description: What a host has already, so that a role starts no task for what is there
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - One short run in place of a package, a user and a service task each time. The roles start those tasks only where
    something is missing, so a run that changes nothing is a quick one.
  - Returns the fact C(lvs_host).
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
  - vipstack.lvs.attributes.platform
  - vipstack.lvs.foreign
attributes:
  facts:
    description: Returns C(ansible_facts).
    support: full
options:
  paths:
    description: Files and directories to look at.
    type: list
    elements: path
    default: []
  units:
    description: Names of systemd units to ask for.
    type: list
    elements: str
    default: []
  users:
    description: Names of users to look for.
    type: list
    elements: str
    default: []
  modules:
    description: Kernel modules to look for. Nothing is loaded.
    type: list
    elements: str
    default: []
  versions:
    description: Programs to ask for their version, by C(-v).
    type: list
    elements: path
    default: []
  ports:
    description: TCP ports to look at.
    type: list
    elements: int
    default: []
  marks:
    description: Whether to look for the firewall marks that our table of nftables sets.
    type: bool
    default: false
    version_added: 0.2.0
seealso:
  - module: vipstack.lvs.inspect
"""

EXAMPLES = r"""
- name: Look at what the host has
  vipstack.lvs.host_facts:
    paths: [/usr/sbin/keepalived]
    units: [keepalived.service]
    users: [keepalived_script]

- name: Keepalived is installed
  ansible.builtin.package:
    name: keepalived
  when: "'/usr/sbin/keepalived' not in ansible_facts.lvs_host.paths"
"""

RETURN = r"""
ansible_facts:
  description: The fact.
  type: dict
  returned: always
  contains:
    lvs_host:
      description: What there is. What is not there is not in it.
      type: dict
      contains:
        distribution:
          description: The name of the distribution with its version, null where it has none.
          type: str
          sample: Debian GNU/Linux 12 (bookworm)
        distribution_id:
          description: The short name of the distribution, as C(ID) of C(/etc/os-release).
          type: str
          sample: debian
        release:
          description: The first number of the distribution's release, null where it has none.
          type: int
        family:
          description: The family of the distribution in Ansible's word for it, null for an unknown one.
          type: str
          sample: Debian
        kernel:
          description: The release of the kernel.
          type: str
          sample: 6.1.0-18-amd64
        user:
          description: Who the module ran as.
          type: str
          sample: root
        root:
          description: Whether that is root.
          type: bool
        systemd:
          description: Whether systemd runs the host.
          type: bool
        selinux:
          description: V(enforcing), V(permissive) or V(disabled).
          type: str
        selinux_policy:
          description: Booleans of SELinux, types that are permissive, ports that were given C(http_port_t).
          type: dict
          sample: {booleans: {httpd_can_network_connect: false}, permissive: [], http_ports: [[8711, 8711]]}
        memory_mb:
          description: Memory of the host.
          type: int
        disks_mb:
          description: What is free below each of some directories.
          type: dict
          sample: {/usr: 9000, /var: 9000}
        cache_disk_mb:
          description: The size of the file system for the caches of Nginx.
          type: int
        clock:
          description: The time, and whether the clock is synchronised, as M(vipstack.lvs.inspect) returns it.
          type: dict
        links:
          description: Interfaces with their addresses, as M(vipstack.lvs.inspect) returns them.
          type: list
          elements: dict
        firewall:
          description: Whether firewalls drop what nobody lets in, as M(vipstack.lvs.inspect) returns it.
          type: dict
        modules:
          description: Whether each module is V(loaded) or built in, V(available) or V(missing).
          type: dict
          sample: {ip_vs: loaded, ip_vs_mh: available}
        ports:
          description: The program that listens on each port that is held; V(?) where it cannot be seen.
          type: dict
          sample: {"80": nginx}
        marks:
          description: The firewall marks that our table of nftables sets, where O(marks=true).
          type: list
          elements: int
          sample: [1819043144]
        paths:
          description: Rights of each path.
          type: dict
          sample: {/usr/sbin/keepalived: {mode: "0755", owner: root, group: root}}
        units:
          description: State of each unit that systemd knows.
          type: dict
          sample: {keepalived.service: {active: true, enabled: true}}
        versions:
          description: The version of each program that tells one.
          type: dict
          sample: {/usr/sbin/nginx: 1.22.1}
        users:
          description: Each user.
          type: dict
          sample: {keepalived_script: {uid: 997, home: /nonexistent, shell: /usr/sbin/nologin}}
        foreign:
          description: What other people have set up, where O(foreign) is given.
          type: dict
          contains:
            noted:
              description: Whether the first state of the host was recorded.
              type: bool
            findings:
              description:
                - What a run replaces (C(replaced)), what is no longer read (C(unread)), what it disables for the next
                  boot (C(disabled)), and what a person has to look at (C(told)).
              type: list
              elements: dict
              sample: [{kind: unread, path: /etc/nginx/sites-enabled/shop, words: "it stays, and is no longer read"}]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LvsError
from ..module_utils._foreign.look import QUESTION, facts_of
from ..module_utils._host.facts import describe


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "paths": {"type": "list", "elements": "path", "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "users": {"type": "list", "elements": "str", "default": []},
            "modules": {"type": "list", "elements": "str", "default": []},
            "versions": {"type": "list", "elements": "path", "default": []},
            "ports": {"type": "list", "elements": "int", "default": []},
            "marks": {"type": "bool", "default": False},
            "foreign": {"type": "dict", "options": QUESTION},
        },
        supports_check_mode=True,
    )
    foreign = module.params.pop("foreign")
    try:
        found = describe(**module.params)
        if foreign is not None:
            found["foreign"] = facts_of(foreign)
        module.exit_json(changed=False, ansible_facts={"lvs_host": found})
    except LvsError as error:
        module.fail_json(msg=error.message, **error.details)


if __name__ == "__main__":
    main()
