# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The look at a director's scripts before they replace the old ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

VARIABLES = Path(__file__).resolve().parents[3] / "roles/director/vars/main.yml"
PLACE = "{{ lvs_stack.scripts }}"


def proved(folder: Path, name: str, text: str) -> int:
    """The status of the look at a folder with one script, by the role's own command; 0 only if it says nothing."""
    (folder / name).write_text(text)
    command = yaml.safe_load(VARIABLES.read_text(encoding="utf-8"))["director_scripts_test"]
    words = [word.replace(PLACE, str(folder)) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode == 0) == (done.stderr == "")
    return done.returncode


@pytest.mark.parametrize("name", ["lvs-notify", "lvs-check", "lvs-reload", "lvs-repair"])
def test_a_script_that_no_shell_can_read_is_refused(tmp_path: Path, name: str) -> None:
    assert proved(tmp_path, name, "#!/bin/sh\nif true; then\n") == 2
    assert proved(tmp_path, name, "#!/bin/sh\nexit 1\n") == 0


def test_each_script_is_read_by_its_own_shell(tmp_path: Path) -> None:
    text = "#!/usr/bin/env bash\nread -r one < <(true)\n"
    assert proved(tmp_path, "lvs-check", text) == 0
    assert proved(tmp_path, "lvs-check", text.replace("/usr/bin/env bash", "/bin/sh")) == 2
