# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An action as Ansible's own objects run it on the controller: inventory, variables, task, templar, connection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins import loader as plugins
from ansible.plugins.connection.local import Connection
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

Tree = dict[str, Any]


def as_inventory(tree: Tree) -> Tree:
    """``{groups, hostvars}`` in the form of an inventory file."""
    groups = {name: {"hosts": dict.fromkeys(hosts)} for name, hosts in tree["groups"].items()}
    return {"all": {"hosts": tree["hostvars"], "children": groups}}


def run(
    action: Any,
    tree: Tree,
    args: Tree,
    folder: Path,
    host: str = "d1",
    limit: str = "all",
    ignore_errors: bool = False,
) -> Tree:
    """The result of one task on a host. ``tree``: ``{groups, hostvars}``; ``folder``: for the inventory file."""
    path = folder / "hosts.json"
    path.write_text(json.dumps(as_inventory(tree)), encoding="utf-8")
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(path)])
    inventory.subset(limit)
    manager = VariableManager(loader=loader, inventory=inventory)
    play = Play().load({"hosts": "all", "gather_facts": False}, variable_manager=manager, loader=loader)
    HostVars(inventory=inventory, variable_manager=manager, loader=loader)  # the manager keeps it
    task = Task()
    task.args = args
    task.ignore_errors = ignore_errors
    variables = manager.get_vars(play=play, host=inventory.get_host(host), task=task)
    module = action(
        task=task,
        connection=Connection(PlayContext(), None),
        play_context=PlayContext(),
        loader=loader,
        templar=Templar(loader=loader, variables=variables),
        shared_loader_obj=plugins,
    )
    result: Tree = module.run(task_vars=variables)
    return result
