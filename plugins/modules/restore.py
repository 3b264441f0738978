#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restore
short_description: Give a host back as it was before the first run
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Puts back what the first run found and kept. Files with their rights, sysctls, the VIPs on C(lo), and whether units
    run and start at boot. Then it removes what runs made, and its own record.
  - Keepalived stops, so that another director takes over, and starts again where it ran before.
  - A sysctl that somebody changed meanwhile is left as it is. A file that no run made is never removed.
  - Packages and loaded kernel modules stay. The user of the scripts and the log of transitions stay with
    O(traces=kept).
  - A host on which no run was is left alone.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.changes
  - vipstack.lvs.attributes.platform
options:
  traces:
    description:
      - Whether V(removed) are the log of transitions as well, and the user of the scripts where a run made it.
      - An account of which the record does not say that a run made it stays.
    type: str
    choices: [kept, removed]
    default: kept
seealso:
  - module: vipstack.lvs.config_tree
  - module: vipstack.lvs.real_server_vip
"""

EXAMPLES = r"""
- name: Put back what the first run found
  vipstack.lvs.restore:

- name: The same, and no log and no account of ours stays
  vipstack.lvs.restore:
    traces: removed
"""

RETURN = r"""
restored:
  description: What was done, or would be in check mode, a line each.
  type: list
  elements: str
  returned: always
  sample:
    - "- keepalived.service runs"
    - "~ /etc/keepalived/keepalived.conf, as it was first"
    - "- /etc/sysctl.d/90-vipstack-lvs-director.conf"
    - "~ net.ipv4.conf.all.arp_ignore 1 -> 0"
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LvsError
from ..module_utils._foreign.restore import Restore
from ..module_utils._foreign.takeover import systemctl_here
from ..module_utils._host.foreign import ForeignRecord

ARGUMENTS = {"traces": {"type": "str", "choices": ["kept", "removed"], "default": "kept"}}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        restore = Restore(ForeignRecord(), systemctl_here(), module.params["traces"] == "removed")
        plan = restore.plan()
        lines = plan.lines() if plan else []
        if plan and not module.check_mode:
            restore.carry_out(plan)
    except LvsError as error:
        module.fail_json(msg=error.message, **error.details)
    except OSError as error:
        module.fail_json(msg="%s: %s" % (error.filename, error.strerror))
    diff = [{"prepared": "\n".join(lines) + "\n"}] if lines else []
    module.exit_json(changed=plan is not None, restored=lines, diff=diff)


if __name__ == "__main__":
    main()
