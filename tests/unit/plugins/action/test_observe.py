# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions expected_files and observe: what the files of a host have to be, computed for all or for this one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import certificates
import pytest
from converged import HOST, Hosts
from host_facts import link
from inventory import with_changes

from ansible_collections.vipstack.lvs.plugins.module_utils._host.weights import DIRECTORY
from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.drain import with_weights
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.files import ipvs_rules

Tree = dict[str, Any]
ROLES = ["real_server", "nginx", "director", "keepalived"]
STATIC = {"lvs_table_owner": "static"}
RULES = {"Debian": "/etc/ipvsadm.rules", "RedHat": "/etc/sysconfig/ipvsadm"}
PLAY: Tree = {
    "hosts": "all", "gather_facts": False, "roles": ["vipstack.lvs.topology"],
    "tasks": [
        {"vipstack.lvs.expected_files": {"roles": ROLES}, "register": "computed", "run_once": True},
        {"name": "look", "vipstack.lvs.observe": {"roles": ROLES, "expected": "computed"}},
    ],
}  # fmt: skip


def digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def observed(hosts: Hosts) -> Tree:
    """Host -> its observation."""
    hosts.are_healthy()
    run = hosts.play_of([PLAY], as_json=True)
    assert run.status == 0, run.output
    return {host: result["observation"] for host, result in run.results("look").items()}


def told(hosts: Hosts, host: str, **facts: Any) -> Tree:
    """What a host tells of itself from now on."""
    mine = {**HOST, **facts}
    hosts.answer("host_facts", {"ansible_facts": {"lvs_host": mine}}, host)
    return mine


def previewed(hosts: Hosts, facts: Tree, folder: Path) -> dict[str, Tree]:
    """Host -> path -> digest of the file in a preview with these facts."""
    (folder / "facts.json").write_text(json.dumps({"facts": facts}))
    words = ["-e", "lvs_preview_dest=%s" % (folder / "dest"), "-e", "lvs_preview_facts=%s" % (folder / "facts.json")]
    run = hosts.play("playbooks/preview.yml", *words)
    assert run.status == 0, run.output
    return {
        place.name: {
            "/%s" % path.relative_to(place): digest(path.read_bytes())
            for folder in (place / "etc", place / "usr")
            for path in folder.rglob("*")
            if path.is_file()
        }
        for place in (folder / "dest").iterdir()
        if place.is_dir()
    }


@pytest.mark.parametrize("changes", [{}, STATIC], ids=["keepalived", "static"])
def test_files_have_to_be_what_a_preview_shows(tmp_path: Path, changes: Tree) -> None:
    """Also where a host is of another family, or tells its interface."""
    hosts = Hosts(tmp_path / "hosts", with_changes(changes))
    facts = {host: told(hosts, host) for host in hosts.model["hosts"]}
    facts["d2"] = told(hosts, "d2", family="RedHat", release=9)
    facts["d1"] = told(hosts, "d1", links=[link("eth7", "198.51.100.100")])
    seen, files = observed(hosts), previewed(hosts, facts, tmp_path)
    for host, expected in ((host, one["expected"]) for host, one in seen.items()):
        present = {path: file["sha256"] for path, file in expected.items() if file}
        weights = [path for path in files[host] if path.startswith(DIRECTORY)]
        unit = [path for path in present if path.endswith("vips.service")]  # it has a line that is not compared
        found = {path: text for path, text in files[host].items() if path not in (*unit, *weights)}
        assert {path: text for path, text in present.items() if path not in unit} == found
    assert ("/etc/ipvsadm.rules" in seen["d1"]["expected"]) == bool(changes)
    assert ("/etc/sysconfig/ipvsadm" in seen["d2"]["expected"]) == bool(changes)


def test_a_static_table_is_expected_with_what_is_drained_by_hand(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "hosts", with_changes(STATIC))
    weights = {"web@web1": 0}
    hosts.answer("weights", {"weights": weights, "drained": [], "diff": []}, "d1")
    expected = {
        host: one["expected"][RULES["Debian"]]["sha256"] for host, one in observed(hosts).items() if host[0] == "d"
    }
    services = hosts.model["hosts"]["d1"]["director"]["services"]
    assert expected["d1"] == digest(ipvs_rules(with_weights(services, weights)).encode())
    assert expected["d2"] == digest(ipvs_rules(services).encode())
    assert ("d1", "weights") in hosts.asked()


def test_a_host_that_cannot_tell_what_it_is_is_not_looked_at(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "hosts", with_changes({}))
    hosts.answer("host_facts", {"failed": True, "msg": "no Python"}, "web1")
    seen = observed(hosts)
    assert (seen["web1"]["status"], seen["web1"]["message"]) == ("failed", "no Python")
    assert seen["web2"]["status"] == "seen"
    assert ("web1", "inspect") not in hosts.asked()


def test_verify_starts_one_task_on_each_host(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "hosts", with_changes({}))
    hosts.are_healthy()
    run = hosts.play("playbooks/verify.yml")
    assert run.status == 0, run.output
    assert {count for host, count in run.tasks.items() if host != "d1"} == {1}


def test_with_tls_the_files_are_those_for_the_version_that_a_host_tells(tmp_path: Path) -> None:
    pair = certificates.pair("example.com")
    changes = {
        "lvs_virtual_services.web.ports": [80, 443],
        "lvs_nginx_sites.www.tls": "www",
        "lvs_certificates": {"www": {"certificate": pair.certificate, "key": pair.key}},
    }
    hosts = Hosts(tmp_path / "hosts", with_changes(changes))
    told(hosts, "web1", versions={"/usr/sbin/nginx": "1.18.0"})
    told(hosts, "web2", versions={"/usr/sbin/nginx": "1.26.3"})
    sites = {
        host: one["expected"]["/etc/nginx/conf.d/lvs-sites.conf"]
        for host, one in observed(hosts).items()
        if host[0] == "w"
    }
    assert sites["web1"] != sites["web2"]
