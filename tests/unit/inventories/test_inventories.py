# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example inventory has a model without a secret of ours, and the commands of their README work."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "inventories"
FILES = sorted((*FOLDER.glob("*/hosts.yml"), *FOLDER.glob("examples/*.yml")))
INVENTORIES = [str(path.relative_to(FOLDER)).removesuffix("/hosts.yml") for path in FILES]
PASSWORD = "staging1"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOME = "~/.ansible/collections/ansible_collections/vipstack/lvs"


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command with the tools of the tree, as somebody has it who has installed the collection."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    env.update(
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".ansible/collections"), ANSIBLE_NOCOLOR="1",
        PATH="%s:%s" % (ROOT / ".venv/bin", env["PATH"]), **environment,
    )  # fmt: skip
    return subprocess.run(
        words, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=120, check=False,
    )  # fmt: skip


@functools.lru_cache(maxsize=None)
def model(name: str) -> Any:
    """The model of an inventory as a run computes it; no connection is made."""
    with tempfile.TemporaryDirectory() as folder:
        done = run(
            ROOT, "ansible", "lvs_directors[0]", "-i", "inventories/%s" % name, "-m", "vipstack.lvs.topology",
            "-t", folder, "-e", "ansible_connection=local",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        (answer,) = Path(folder).iterdir()
        return json.loads(answer.read_text(encoding="utf-8"))["model"]


def test_there_are_the_three_examples() -> None:
    assert {"lab", "staging", "production", "examples/shop.yml"} <= set(INVENTORIES)


@pytest.mark.parametrize("name", INVENTORIES)
def test_an_inventory_has_a_model(name: str) -> None:
    cluster = model(name)["clusters"]["default"]
    assert len(cluster["directors"]) >= 1
    assert len(cluster["real_servers"]) >= 1 or name == "examples/vrrp-only.yml"


def test_production_has_the_hosts_and_services_of_staging() -> None:
    staging, production = model("staging")["hosts"], model("production")["hosts"]
    assert production.keys() == staging.keys()
    for host in staging:
        assert [key for key in staging[host] if staging[host][key]] == [
            key for key in production[host] if production[host][key]
        ]
    named = [[one["name"] for one in hosts["director1"]["director"]["services"]] for hosts in (staging, production)]
    assert named == [["web-80"], ["web-80"]]


def test_production_shares_no_address_with_staging() -> None:
    assert "192.168.1." in json.dumps(model("staging"))
    assert "192.168.1." not in json.dumps(model("production"))


def test_only_the_reference_has_a_password_and_no_model_has_it() -> None:
    auth = {
        name: model(name)["hosts"]["director1"]["director"]["instances"][0]["auth"]
        for name in ("staging", "production")
    }
    assert auth == {"staging": "pass", "production": "none"}
    assert PASSWORD not in json.dumps(model("staging"))


def test_the_reference_is_what_it_was_by_hand() -> None:
    """Each value that a set-up by hand has; docs/from-the-guide.md lists what differs."""
    director1, director2 = (model("staging")["hosts"][name]["director"] for name in ("director1", "director2"))
    (instance,) = director1["instances"]
    assert (instance["version"], instance["vrid"], instance["advert_interval"], instance["auth"]) == (2, 51, 1, "pass")
    assert (instance["state"], instance["preempt"], instance["interface"]) == ("MASTER", True, "eth0")
    (vip,) = instance["addresses"]
    assert (vip["address"], vip["interface"], vip["label"]) == ("192.168.1.200/24", "eth0", "eth0:0")
    assert [one["instances"][0]["priority"] for one in (director1, director2)] == [100, 90]
    (service,) = director1["services"]
    assert (service["scheduler"], service["forward"], service["persistence"]) == ("rr", "dr", None)
    assert [(one["address"], one["port"], one["weight"]) for one in service["real_servers"]] == [
        ("192.168.1.102", 80, 1), ("192.168.1.103", 80, 1),
    ]  # fmt: skip
    script = director1["check_script"]
    assert {key: script[key] for key in ("interval", "fall", "rise", "weight", "restart")} == {
        "interval": 2, "fall": 1, "rise": 1, "weight": -20, "restart": True,
    }  # fmt: skip
    nginx = model("staging")["hosts"]["nginx1"]["nginx"]
    assert [(one["name"], one["keepalive"]) for one in nginx["upstreams"]] == [("app_servers", 32)]
    assert nginx["sites"][0]["server_names"] == ["example.com"]


def commands(heading: str) -> list[str]:
    """The commands of a section of the README."""
    page = (ROOT / "inventories/README.md").read_text(encoding="utf-8")
    found: str
    (found,) = BLOCK.findall(page.partition(heading)[2].partition("\n## ")[0])
    return found.replace(HOME, str(ROOT)).splitlines()


def test_an_example_is_copied_and_previewed(tmp_path: Path) -> None:
    script = "set -e\n" + "\n".join(commands("# Example inventories"))
    done = run(tmp_path, "sh", "-c", script)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "my-preview/outage.txt").exists()


def test_a_password_in_a_vault(tmp_path: Path) -> None:
    """As the README has it; only that the vault's password is in a file, as nobody is there to type it."""
    shutil.copytree(ROOT / "inventories/staging", tmp_path / "my-staging")
    (tmp_path / "word").write_text("open sesame")
    script = "set -e\n" + "\n".join(commands("## A password in a vault")).replace(" --ask-vault-pass", "")
    done = run(tmp_path, "sh", "-c", script, ANSIBLE_VAULT_PASSWORD_FILE=str(tmp_path / "word"))
    assert done.returncode == 0, done.stdout
    vault = tmp_path / "my-staging/group_vars/all/vault.yml"
    assert vault.read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    files = [path.read_text() for path in (tmp_path / "my-preview").rglob("*") if path.is_file()]
    assert any("auth_pass ********\n" in text for text in files)
    assert [text for text in files if "s3cret" in text] == []
    locked = run(tmp_path, "ansible-inventory", "-i", "my-staging", "--list")
    assert locked.returncode != 0
    assert "vault" in locked.stdout.lower()
