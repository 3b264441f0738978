# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What preview.yml makes of the example inventories is, byte for byte, what stands in tests/golden.

Where a change is meant: tests/golden/refresh, and read the diff.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests/golden"
# The golden tree -> its inventory, and what the run adds.
TREES = {
    "staging": ("staging",),
    "staging-static": ("staging", "-e", "lvs_table_owner=static"),
    "production": ("production",),
}
SECRET = b"staging1"
Tree = Dict[str, bytes]


def tree(folder: Path) -> Tree:
    """Path in the folder -> content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def preview(inventory: str, dest: Path, *words: str) -> str:
    """What preview.yml said."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    env["ANSIBLE_NOCOLOR"] = "1"
    done = subprocess.run(
        [str(ROOT / ".venv/bin/ansible-playbook"), "-i", inventory, "playbooks/preview.yml",
         "-e", "lvs_preview_dest=%s" % dest, *words],
        cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def preview_of(name: str, dest: Path) -> str:
    """A preview as for the golden tree of this name."""
    inventory, *words = TREES[name]
    return preview("inventories/%s" % inventory, dest, *words)


@pytest.fixture(scope="module", params=TREES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    dest = tmp_path_factory.mktemp(name)
    preview_of(name, dest)
    return dest


def test_a_preview_is_the_golden_tree(name: str, made: Path) -> None:
    expected, found = tree(GOLDEN / name), tree(made)
    assert sorted(found) == sorted(expected)
    for path, content in expected.items():
        assert found[path].decode() == content.decode(), path


def test_no_secret_is_in_a_preview(name: str, made: Path) -> None:
    files = {**tree(made), **tree(GOLDEN / name)}
    assert [path for path, content in files.items() if SECRET in content] == []
    hidden = b"auth_pass ********\n" in files["director1/etc/keepalived/keepalived.conf"]
    assert hidden == (name != "production"), "production has no secret"


def test_no_hash_of_a_password_is_in_a_preview(tmp_path: Path) -> None:
    hashed = "$apr1$abcdefgh$5VEbMkemELfbhC5ck.U.z1"
    site = {"server_names": ["example.com"], "upstream": "app", "basic_auth": "team"}
    variables = {
        "lvs_nginx_users": {"team": {"bob": hashed}},
        "lvs_nginx_upstreams": {"app": {"servers": ["198.51.100.201:8080"]}},
        "lvs_nginx_sites": {"www": site},
    }
    said = preview("inventories/staging", tmp_path, "-e", json.dumps(variables))
    files = tree(tmp_path)
    assert files["nginx1/etc/nginx/lvs-users/team"] == b"bob:********\n"
    assert hashed not in said + "".join(content.decode() for content in files.values())


def test_a_second_preview_changes_nothing(name: str, made: Path) -> None:
    recap = preview_of(name, made).partition("PLAY RECAP")[2]
    assert recap.count("changed=0") == recap.count("ok=") > 0


def backwards(value: Any) -> Any:
    """The same inventory with every group and host in the opposite order."""
    return {key: backwards(value[key]) for key in reversed(value)} if isinstance(value, dict) else value


def test_no_order_of_hosts_and_no_limit_changes_a_byte(tmp_path: Path) -> None:
    copy, dest = tmp_path / "inventory", tmp_path / "preview"
    shutil.copytree(ROOT / "inventories/staging", copy)
    hosts = copy / "hosts.yml"
    hosts.write_text(yaml.safe_dump(backwards(yaml.safe_load(hosts.read_text())), sort_keys=False))
    preview(str(copy), dest, "--limit", "director2,nginx1")
    found, expected = tree(dest), tree(GOLDEN / "staging")
    assert found == {path: text for path, text in expected.items() if path in found}
    assert {path.partition("/")[0] for path in found} == {"director2", "nginx1", "outage.txt"}
    preview(str(copy), dest)
    assert tree(dest) == expected
