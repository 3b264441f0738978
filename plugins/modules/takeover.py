#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: takeover
short_description: Take over a host that somebody else has set up
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Before the first run it records which VIPs a host has and which daemons run, so that M(vipstack.lvs.restore) can
    put them back.
  - After a run it disables what would fight with it at the next boot. An init script's unit is masked, a unit loses
    its links, lines in C(rc.local), in files of ifupdown and in sysctl files become comments. What runs goes on.
  - Every file is kept before it changes, with its rights, in C(/var/lib/vipstack-lvs/foreign). Nothing is deleted.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.changes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.platform
  - vipstack.lvs.foreign
options:
  state:
    description:
      - V(noted) records the first state, once. V(disabled) disables what would fight at the next boot.
    type: str
    choices: [noted, disabled]
    required: true
seealso:
  - module: vipstack.lvs.restore
"""

EXAMPLES = r"""
- name: Record what the host had before the first run
  vipstack.lvs.takeover:
    state: noted
    foreign: {vips: [198.51.100.200], nginx: true}

- name: Disable what would fight at the next boot
  vipstack.lvs.takeover:
    state: disabled
    foreign: {vips: [198.51.100.200], nginx: true}
"""

RETURN = r"""
noted:
  description: The first state that was recorded by this task.
  type: list
  elements: str
  returned: always
  sample: ["198.51.100.200/32 dev lo", "nginx.service runs, enabled"]
disabled:
  description: What was disabled for the next boot.
  type: list
  elements: dict
  returned: always
  contains:
    kind:
      description: Always C(disabled).
      type: str
    path:
      description: The file.
      type: str
    words:
      description: What it does, and what happened to it.
      type: str
  sample:
    - kind: disabled
      path: /etc/rc.local
      words: at boot it sets a VIP; its line 3 becomes a comment
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LvsError
from ..module_utils._foreign.look import QUESTION, Look, from_options
from ..module_utils._foreign.takeover import diff_of, disable, fighting, note, systemctl_here
from ..module_utils._host.files import HostFiles
from ..module_utils._host.foreign import ForeignRecord


def run(module: AnsibleModule) -> dict[str, object]:
    question, record = from_options(module.params["foreign"]), ForeignRecord()
    if module.params["state"] == "noted":
        noted = note(question, record, write=not module.check_mode)
        lines = "".join("+ noted: %s\n" % line for line in noted)
        return {"changed": bool(noted), "noted": noted, "disabled": [], "diff": [{"prepared": lines}] if lines else []}
    found = fighting(Look(question).findings())
    diff = [diff_of(change, HostFiles()) for one in found for change in one.changes]
    if found and not module.check_mode:
        disable(found, record, systemctl_here())
    return {"changed": bool(found), "noted": [], "disabled": [one.facts() for one in found], "diff": diff}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["noted", "disabled"], "required": True},
            "foreign": {"type": "dict", "options": QUESTION},
        },
        required_if=[("state", "noted", ["foreign"]), ("state", "disabled", ["foreign"])],
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module))
    except LvsError as error:
        module.fail_json(msg=error.message, **error.details)


if __name__ == "__main__":
    main()
