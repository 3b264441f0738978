# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has already: what is not there is not in it."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._host import facts, system


def test_a_path_has_its_rights_and_a_missing_one_is_left_out(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("x")
    there.chmod(0o640)
    me = pwd.getpwuid(os.getuid()).pw_name
    found = facts.describe([str(there), str(tmp_path / "missing")], [], [])["paths"]
    assert list(found) == [str(there)]
    assert (found[str(there)]["mode"], found[str(there)]["owner"]) == ("0640", me)


def test_a_user_has_a_shell_and_an_unknown_one_is_left_out() -> None:
    found = facts.describe([], [], ["root", "nobody-of-that-name"])["users"]
    assert list(found) == ["root"]
    assert found["root"]["uid"] == 0


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("echo 'nginx version: nginx/1.22.1' >&2", "1.22.1"),
        ("echo 'nginx version: nginx/1.18.0 (Ubuntu)' >&2", "1.18.0"),
        ("echo 'Keepalived v2.2.7 (01/16,2022)'; echo 'Running on Linux 6.1.0/5'", "2.2.7"),
        ("echo 1.22.1", None),
        ("echo nginx/1.22.1; exit 1", None),
    ],
)
def test_a_program_tells_its_version_or_none(tmp_path: Path, said: str, version: str | None) -> None:
    program = tmp_path / "nginx"
    program.write_text('#!/bin/sh\ntest "$*" = -v || exit 1\n%s\n' % said)
    program.chmod(0o755)
    found = facts.describe(versions=[str(program), str(tmp_path / "missing")])["versions"]
    assert found == ({str(program): version} if version else {})


@pytest.mark.parametrize(
    ("text", "release", "family"),
    [
        ('ID=debian\nVERSION_ID="12"\n', 12, "Debian"),
        ('ID=rocky\nID_LIKE="rhel centos fedora"\nVERSION_ID=8.9\n', 8, "RedHat"),
        ("ID=ubuntu\nVERSION_ID='22.04'\n", 22, "Debian"),
        ("ID=debian\n", None, "Debian"),
        ("ID=alpine\nVERSION_ID=3.19\n", 3, None),
        ("", None, None),
    ],
)
def test_a_distribution_is_told_by_its_own_file(text: str, release: int | None, family: str | None) -> None:
    found = facts.from_os_release(text)
    assert (found["release"], found["family"]) == (release, family)


def test_a_host_tells_of_itself() -> None:
    found = facts.describe()
    (loopback,) = [link for link in found["links"] if link["loopback"]]
    assert "127.0.0.1" in [address["address"] for address in loopback["addresses"]]
    assert found["kernel"] == os.uname().release
    assert found["root"] == (os.geteuid() == 0)
    assert found["memory_mb"] > 100
    assert found["disks_mb"]["/usr"] >= 0
    assert found["cache_disk_mb"] > found["disks_mb"]["/var"]


def test_a_unit_counts_as_running_only_where_systemd_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    units = {
        "a.service": {"load": "loaded", "active": "active", "enabled": "disabled"},
        "b.service": {"load": "not-found", "active": "inactive", "enabled": ""},
    }
    monkeypatch.setattr(system, "units", lambda names: {name: units[name] for name in names})
    assert facts.unit_facts(list(units)) == {"a.service": {"active": True, "enabled": False}}


def test_no_systemd_means_no_units(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(names: list[str]) -> None:
        raise LvsError("systemctl is not installed")

    monkeypatch.setattr(system, "units", absent)
    assert facts.unit_facts(["a.service"]) == {}
