# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the controller, where an inventory names them."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible.errors import AnsibleError


def reader(loader: Any, variables: Mapping[str, Any]) -> Callable[[str], str]:
    """What reads a file that a host's inventory names: relative to the folder of the inventory, else to that of the
    playbook, also in `files` there; decrypted by Ansible. It raises OSError."""
    folders = [str(variables[one]) for one in ("inventory_dir", "playbook_dir") if variables.get(one)]

    def read(path: str) -> str:
        try:
            return str(loader.get_text_file_contents(loader.path_dwim_relative_stack(folders, "files", path)))
        except AnsibleError as error:
            raise OSError("there is no such file in %s" % " or ".join(folders)) from error

    return read
