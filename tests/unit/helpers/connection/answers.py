# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to a host that is not there: each module's answer is read from a file.

The controller does all that it does for a real host but for the transport: it starts a worker for the task, templates
the arguments, makes the module's program, reads its answer. No module runs, so its time is in no measurement.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: answers
short_description: Answers of modules from files
description:
  - E(ANSWERS) is a folder with MODULE.json, and MODULE.HOST.json where a host has an answer of its own. The file
    C(asked) in it gets a line for each answer.
author: vipstack.lvs contributors (@vipstack)
options: {}
"""

_MODULE = re.compile(rb"^module_fqn='[\w.]*\.modules\.(\w+)'", re.MULTILINE)


class Connection(ConnectionBase):  # type: ignore[misc]
    """Takes the program of a module and gives its answer."""

    transport = "answers"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        found = _MODULE.search(in_data or b"")
        if found is None:
            raise AnsibleError("answers: not a module: %s" % cmd)
        module, folder = found.group(1).decode(), Path(os.environ["ANSWERS"])
        for name in ("%s.%s.json" % (module, self._play_context.remote_addr), module + ".json"):
            if (folder / name).exists():
                with (folder / "asked").open("a", encoding="utf-8") as stream:
                    stream.write("%s %s\n" % (self._play_context.remote_addr, module))
                return 0, (folder / name).read_bytes(), b""
        raise AnsibleError("answers: there is none of the module %s" % module)

    def put_file(self, in_path: str, out_path: str) -> None:
        raise AnsibleError("answers: no file is put: %s" % out_path)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        raise AnsibleError("answers: no file is fetched: %s" % in_path)

    def close(self) -> None:
        self._connected = False
