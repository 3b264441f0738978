#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kernel
short_description: Kernel modules, their options and sysctls, now and at boot
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Loads kernel modules with their options and sets sysctls, and writes the files that do the same at boot.
  - The order is kept in both cases. Module options are written before the module is loaded, because that is when
    they count; sysctls are set last, because those of IPVS exist only once C(ip_vs) is loaded. At boot,
    C(systemd-modules-load.service) runs before C(systemd-sysctl.service).
  - A module that is loaded already or is part of the kernel image is left alone.
  - An option that a loaded module has otherwise is no error, as a module in use cannot be loaded anew; it comes back
    in RV(restart_needed).
  - A value that another file under C(sysctl.d) sets otherwise at boot, after ours, is warned about.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.platform
attributes:
  check_mode:
    support: full
    details:
      - On a host where a module is not loaded yet, its sysctls cannot be read; they are reported as to be set.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description:
      - Name of the files. C(/etc/modprobe.d/NAME.conf), C(/etc/modules-load.d/NAME.conf) and
        C(/etc/sysctl.d/90-NAME.conf) hold exactly what is given here; a file with nothing in it is removed.
    type: str
    required: true
  modules:
    description:
      - Modules to load, in this order.
    type: list
    elements: str
    default: []
  options:
    description:
      - Options of modules. A table of module to option to value.
    type: dict
    default: {}
  sysctls:
    description:
      - Sysctls and their values. A dot within a component, as in the name of a VLAN interface, is written as a slash
        (C(net.ipv4.conf.eth0/100.arp_ignore)).
    type: dict
    default: {}
  state:
    description:
      - V(absent) removes the three files. Loaded modules and live values stay as they are until the next boot.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: vipstack.lvs.real_server_vip
"""

EXAMPLES = r"""
- name: Have IPVS with a connection table of a million rows
  vipstack.lvs.kernel:
    name: vipstack-lvs-director
    modules: [ip_vs, ip_vs_wrr]
    options:
      ip_vs:
        conn_tab_bits: 20
    sysctls:
      net.ipv4.vs.expire_nodest_conn: 1

- name: Remove the files again
  vipstack.lvs.kernel:
    name: vipstack-lvs-director
    state: absent
"""

RETURN = r"""
loaded:
  description: The modules that were not loaded before.
  type: list
  elements: str
  returned: always
  sample: [ip_vs_wrr]
sysctls:
  description: The sysctls that changed, as a person reads them.
  type: list
  elements: str
  returned: always
  sample: ["~ net.ipv4.vs.expire_nodest_conn 0 -> 1"]
files:
  description: The files that changed.
  type: list
  elements: str
  returned: always
  sample: [/etc/sysctl.d/90-vipstack-lvs-director.conf]
restart_needed:
  description:
    - Options that count from the next load of their module, because it is loaded with other ones.
  type: list
  elements: str
  returned: always
  sample: ["ip_vs is loaded with conn_tab_bits=12; 20 counts from the next load of the module (a reboot)"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LvsError
from ..module_utils._host.files import HostFiles
from ..module_utils._host.kernel_modules import Kernel, Modprobe, Plan, from_options


def modprobe_of(module: AnsibleModule) -> Modprobe | None:
    """The host's modprobe as a function, None where there is none."""
    program = module.get_bin_path("modprobe")
    if program is None:
        return None

    def modprobe(name: str) -> tuple[int, str]:
        status, out, err = module.run_command([program, name])
        return status, err or out

    return modprobe


def run(module: AnsibleModule) -> dict[str, Any]:
    """Read, plan, apply; the result of the module."""
    params = module.params
    wanted = from_options(params["name"], params["modules"], params["options"], params["sysctls"])
    kernel = Kernel(HostFiles(), modprobe_of(module))
    plan = kernel.plan(wanted) if params["state"] == "present" else kernel.plan_absent(wanted.name)
    if not module.check_mode:
        kernel.apply(plan)
    for warning in plan.warnings + plan.restart_needed:
        module.warn(warning)
    return result_of(plan)


def result_of(plan: Plan) -> dict[str, Any]:
    return {
        "changed": plan.changed,
        "diff": plan.diff(),
        "loaded": list(plan.load),
        "sysctls": [str(change) for change in plan.sysctls],
        "files": [change.path for change in plan.files + plan.sysctl_files],
        "restart_needed": list(plan.restart_needed),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "modules": {"type": "list", "elements": "str", "default": []},
            "options": {"type": "dict", "default": {}},
            "sysctls": {"type": "dict", "default": {}},
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
