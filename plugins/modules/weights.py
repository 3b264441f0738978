#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: weights
short_description: Keep the weights of real servers, and who is drained, on a director
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Writes one small file for each service and real server. Keepalived watches these files (C(FILE_CHECK)) and sets the
    weight in the IPVS table at once, without a reload.
  - A real server is drained where the model says so (O(destinations[].drained)) or where it was drained by hand
    (O(state=drained)). What was drained by hand stays so until O(state=active), whatever the model says.
  - Two runs at once on one host wait for each other, at most one minute.
  - A file that is damaged, and so does not say whether its real server is drained by hand, is a failure.
  - Files of real servers that are no longer in O(destinations) stay, as Keepalived may still read them.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.changes
  - vipstack.lvs.attributes.platform
options:
  destinations:
    description: Every real server of every service, C(director.weights) of the model.
    type: list
    elements: dict
    required: true
    suboptions:
      service:
        description: Name of the virtual service.
        type: str
        required: true
      host:
        description: Name of the real server.
        type: str
        required: true
      weight:
        description: Its weight while it is not drained.
        type: int
        default: 1
      drained:
        description: Whether the model drains it.
        type: bool
        default: false
      least:
        description:
          - What the real servers of the service that are not drained have to weigh together.
          - Below that the sorry server answers instead of them.
        type: int
        default: 1
        version_added: 0.2.0
  state:
    description:
      - V(present) keeps what was drained by hand.
      - V(drained) drains O(host) by hand, V(active) ends that.
    type: str
    choices: [present, drained, active]
    default: present
  host:
    description: The real server that O(state) is about.
    type: str
  services:
    description: The services that O(state) is about. All of O(host) where none is given.
    type: list
    elements: str
    default: []
  force:
    description: Drain the last real server of a service, too, and one without which it is below its quorum.
    type: bool
    default: false
  scheme:
    description:
      - V(weights) writes what Keepalived adds to the weight 1 of its configuration.
      - V(drains) writes only whether the real server is drained, for a Keepalived before 2.2.
    type: str
    choices: [weights, drains]
    default: weights
  inventory:
    description:
      - All hosts of the inventory, for a warning about a real server that left it and was not drained before.
      - No warning where it is empty.
    type: list
    elements: str
    default: []
    version_added: 0.2.0
  path:
    description: The directory of the files.
    type: path
    default: /var/lib/vipstack-lvs/weights
"""

EXAMPLES = r"""
- name: Weights and drained real servers are as the model has them
  vipstack.lvs.weights:
    destinations: "{{ lvs_model.hosts[inventory_hostname].director.weights }}"

- name: No new connections go to web1
  vipstack.lvs.weights:
    destinations: "{{ lvs_model.hosts[inventory_hostname].director.weights }}"
    state: drained
    host: web1
"""

RETURN = r"""
weights:
  description: The weight of each, V(0) where it is drained.
  type: dict
  returned: success
  sample: {"web@web1": 0, "web@web2": 1}
drained:
  description: Those that are drained by hand, and since when.
  type: dict
  returned: success
  sample: {"web@web1": "2026-11-26T02:20:00Z"}
changes:
  description: What was written, one line for each.
  type: list
  elements: str
  returned: success
  sample: ["~ web@web1 weight 1 -> weight 0, drained since 2026-11-26T02:20:00Z"]
left:
  description: Hosts that are not in O(inventory) and were not drained by hand, and the services that they were in.
  type: dict
  returned: success
  sample: {"web3": ["web"]}
problems:
  description: Every mistake in the options.
  type: list
  elements: str
  returned: when the options are wrong
"""

import contextlib
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LvsError
from ..module_utils._host import weights

DESTINATION: dict[str, Any] = {
    "service": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "weight": {"type": "int", "default": 1},
    "drained": {"type": "bool", "default": False},
    "least": {"type": "int", "default": 1},
}
ARGUMENTS: dict[str, Any] = {
    "destinations": {"type": "list", "elements": "dict", "required": True, "options": DESTINATION},
    "state": {"type": "str", "choices": ["present", "drained", "active"], "default": "present"},
    "host": {"type": "str"},
    "services": {"type": "list", "elements": "str", "default": []},
    "force": {"type": "bool", "default": False},
    "scheme": {"type": "str", "choices": ["weights", "drains"], "default": "weights"},
    "inventory": {"type": "list", "elements": "str", "default": []},
    "path": {"type": "path", "default": weights.DIRECTORY},
}

_LEFT = (
    "%s was a real server of %s, and is not in the inventory any more. It still has the VIPs and all that runs made: "
    "put its line back and run remove.yml. If the host is gone for good, remove %s/*@%s"
)


def run(params: dict[str, Any], check_mode: bool) -> weights.Plan:
    """Read, plan, write. Raises LvsError."""
    change = None
    if params["state"] != "present":
        drained = params["state"] == "drained"
        change = weights.Change(params["host"], params["services"], drained, params["force"])
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    wanted = weights.from_options(params["destinations"])
    path = params["path"]
    with contextlib.nullcontext() if check_mode else weights.exclusive(path):
        existing = weights.read(path)
        found = weights.plan(wanted, existing, change, now, params["scheme"])
        if params.get("inventory"):
            found.left.update(weights.hosts_that_left(existing, params["inventory"]))
        if found.write and not check_mode:
            weights.write(path, found.write)
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "drained", ["host"]), ("state", "active", ["host"])],
        supports_check_mode=True,
    )
    try:
        found = run(module.params, module.check_mode)
    except LvsError as error:
        module.fail_json(msg=error.message, **error.details)
    for host, services in sorted(found.left.items()):
        module.warn(_LEFT % (host, ", ".join(services), module.params["path"], host))
    module.exit_json(
        changed=bool(found.write),
        left=found.left,
        weights=found.weights,
        drained=found.by_hand,
        changes=found.lines,
        diff={"prepared": "".join(line + "\n" for line in found.lines)},
    )


if __name__ == "__main__":
    main()
