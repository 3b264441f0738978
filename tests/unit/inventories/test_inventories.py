# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example inventory has a model; production is staging with other values, and its secrets are encrypted."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
INVENTORIES = sorted(path.name for path in (ROOT / "inventories").iterdir() if path.is_dir())
PASSWORD_FILE = ROOT / "tests/vault/example-password"
VAULT = ROOT / "inventories/production/group_vars/all/vault.yml"
SECRETS = {"staging": "staging1", "production": "product1"}


def ansible(*words: str, password: Path | None = PASSWORD_FILE) -> subprocess.CompletedProcess[str]:
    """A command of Ansible's in the root of the tree, with the password of the examples or without one."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    if password:
        env["ANSIBLE_VAULT_PASSWORD_FILE"] = str(password)
    return subprocess.run(
        [str(ROOT / ".venv/bin" / words[0]), *words[1:]],
        cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120, check=False,
    )  # fmt: skip


@functools.lru_cache(maxsize=None)
def model(name: str) -> Any:
    """The model of an inventory as a run computes it; no connection is made."""
    with tempfile.TemporaryDirectory() as folder:
        done = ansible(
            "ansible", "lvs_directors[0]", "-i", "inventories/%s" % name, "-m", "vipstack.lvs.topology", "-t", folder,
            "-e", "ansible_connection=local",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        (answer,) = Path(folder).iterdir()
        return json.loads(answer.read_text(encoding="utf-8"))["model"]


def shape(value: Any) -> Any:
    """A model without its values: keys, lengths and kinds."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


def test_there_are_the_three_examples() -> None:
    assert {"lab", "staging", "production"} <= set(INVENTORIES)


@pytest.mark.parametrize("name", INVENTORIES)
def test_an_inventory_has_a_model(name: str) -> None:
    cluster = model(name)["clusters"]["default"]
    assert len(cluster["directors"]) >= 1
    assert len(cluster["real_servers"]) >= 1


def test_production_has_the_shape_of_staging() -> None:
    staging, production = model("staging"), model("production")
    assert shape(production) == shape(staging)
    assert production != staging


def test_production_shares_no_address_with_staging() -> None:
    assert "192.168.1." in json.dumps(model("staging"))
    assert "192.168.1." not in json.dumps(model("production"))


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_in_a_model(name: str) -> None:
    assert model(name)["hosts"]["director1"]["director"]["instances"][0]["auth"] == "pass"
    assert SECRETS[name] not in json.dumps(model(name))


def test_the_secrets_of_production_are_encrypted() -> None:
    assert VAULT.read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    shown = ansible("ansible-vault", "view", str(VAULT)).stdout
    assert "vault_lvs_auth_pass: %s\n" % SECRETS["production"] in shown
    for path in (ROOT / "inventories/production").rglob("*.yml"):
        assert SECRETS["production"] not in path.read_text(encoding="utf-8")


def test_without_the_password_nothing_is_read() -> None:
    done = ansible("ansible-inventory", "-i", "inventories/production", "--list", password=None)
    assert done.returncode != 0
    assert "vault" in done.stdout.lower()
    assert "lvs_vips" not in done.stdout
