#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: real_server_vip
short_description: VIPs of a real server, silent in ARP, live and after a reboot
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - With direct routing, every real server has the VIP on an interface of its own, mostly C(lo), and must not answer
    ARP for it; one that does draws the traffic from the director.
  - Puts the VIPs there and keeps the host silent, in the safe order both ways. Silent before present, absent before
    loud.
  - Silence is C(arp_ignore=1) and C(arp_announce=2), on all interfaces and on that of the VIPs.
  - For the next boot it writes C(/etc/sysctl.d/90-NAME.conf) and a systemd unit C(NAME.service), enabled, that adds the
    VIPs only where the host is silent. The unit is also the record of which addresses this module made, and of what
    the sysctls were before.
  - An address that this module did not make and that is not among O(vips) is never touched.
  - A VIP that is on another interface of the host, too, is warned about; that is right only on a director that
    holds it.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.changes
  - vipstack.lvs.attributes.platform
requirements:
  - The program C(ip) (package iproute2 or iproute) and systemd on the target, for the next boot.
options:
  interface:
    description:
      - Interface that gets the VIPs. It must exist.
    type: str
    default: lo
  vips:
    description:
      - All VIPs of this real server. An empty list is the same as O(state=absent), as far as O(purge) allows.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: The VIP, IPv4 or IPv6. IPv6 addresses are added without duplicate address detection.
        type: str
        required: true
      family:
        description: The family of the address, as the model says it. It follows from the address.
        type: str
        choices: [inet, inet6]
      prefix:
        description:
          - Length of the prefix. Default is that of a single address, 32 or 128; on C(lo) nothing else is allowed.
        type: int
      label:
        description: Label of an IPv4 address, such as V(lo:0). Default is the name of the interface.
        type: str
  name:
    description:
      - Name of the files that bring the VIPs back at boot.
    type: str
    default: vipstack-lvs-vips
  purge:
    description:
      - Whether VIPs that this module made earlier and that are no longer in O(vips) go.
    type: bool
    default: true
  state:
    description:
      - V(absent) removes the VIPs that this module made and those in O(vips), then the silence. The sysctls get the
        values that they had before the first run, unless somebody else changed them meanwhile.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: vipstack.lvs.kernel
"""

EXAMPLES = r"""
- name: Have the VIPs on lo, and nobody hears of it
  vipstack.lvs.real_server_vip:
    vips:
      - address: 198.51.100.200
        label: "lo:0"
      - address: 2001:db8::200

- name: This host is no real server any more
  vipstack.lvs.real_server_vip:
    state: absent
"""

RETURN = r"""
added:
  description: The addresses that were added.
  type: list
  elements: str
  returned: always
  sample: ["198.51.100.200/32 dev lo label lo:0"]
removed:
  description: The addresses that were removed.
  type: list
  elements: str
  returned: always
  sample: []
sysctls:
  description: The sysctls that changed, as a person reads them.
  type: list
  elements: str
  returned: always
  sample: ["~ net.ipv4.conf.all.arp_ignore 0 -> 1"]
files:
  description: The files that changed.
  type: list
  elements: str
  returned: always
  sample: [/etc/systemd/system/vipstack-lvs-vips.service]
"""

import os
from collections.abc import Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LvsError
from ..module_utils._host.files import HostFiles
from ..module_utils._host.silent_vips import IP_PROGRAM, from_options, text_of
from ..module_utils._host.vips_host import Host, Systemctl
from ..module_utils._host.vips_plan import Plan, make_plan


def systemctl_of(module: AnsibleModule) -> Systemctl | None:
    """systemctl as a function, None where systemd does not run."""
    if not os.path.isdir("/run/systemd/system"):
        return None
    program = module.get_bin_path("systemctl", required=True)

    def systemctl(arguments: Sequence[str]) -> None:
        status, out, err = module.run_command([program, *arguments])
        if status:
            raise LvsError("systemctl %s failed: %s" % (" ".join(arguments), (err or out).strip()))

    return systemctl


def run(module: AnsibleModule) -> dict[str, Any]:
    """Read, plan, apply; the result of the module."""
    params = module.params
    wanted = from_options(params["name"], params["interface"], params["vips"], params["purge"])
    if params["state"] == "absent":
        wanted = wanted.absent()
    host = Host(HostFiles(), systemctl_of(module))
    plan = make_plan(wanted, host.read(wanted), IP_PROGRAM)
    if not module.check_mode:
        if wanted.vips:
            module.get_bin_path("ip", required=True)
        host.apply(plan, wanted.name)
    for warning in [*plan.warnings, *host.boot_overrides(wanted)]:
        module.warn(warning)
    return result_of(plan, wanted.name)


def result_of(plan: Plan, name: str) -> dict[str, Any]:
    return {
        "changed": plan.changed,
        "diff": plan.diff(name),
        "added": [text_of(address) for address in plan.add],
        "removed": [text_of(address) for address in plan.remove],
        "sysctls": [str(change) for change in plan.silence + plan.restore],
        "files": [change.path for change in plan.sysctl_file + plan.unit],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "interface": {"type": "str", "default": "lo"},
            "vips": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "address": {"type": "str", "required": True},
                    "family": {"type": "str", "choices": ["inet", "inet6"]},
                    "prefix": {"type": "int"},
                    "label": {"type": "str"},
                },
            },
            "name": {"type": "str", "default": "vipstack-lvs-vips"},
            "purge": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module))
    except LvsError as error:
        module.fail_json(msg=error.message, **error.details)


if __name__ == "__main__":
    main()
