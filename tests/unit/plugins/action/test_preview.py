# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action preview: all hosts in one task, each with the variables that it has in the tasks of its roles."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from controller import as_inventory
from converged import Hosts, Run
from interrupted import Interrupted
from inventory import good, with_changes

NGINX = "etc/nginx/nginx.conf"


def written(dest: Path) -> list[str]:
    return sorted(str(path.relative_to(dest)) for path in dest.rglob("*") if not path.is_dir())


def preview(hosts: Hosts, dest: Path, *words: str) -> Run:
    run = hosts.play("playbooks/preview.yml", "-e", "lvs_preview_dest=%s" % dest, *words)
    assert run.status == 0, run.output
    return run


def test_a_preview_starts_no_task_on_each_host(tmp_path: Path) -> None:
    run = preview(Hosts(tmp_path / "hosts", good()), tmp_path / "preview")
    assert list(run.tasks) == ["d1"]


def test_variables_of_a_host_its_role_and_the_command_line(tmp_path: Path) -> None:
    """Defaults yield to the inventory, the inventory to the role's variables, these to the command line."""
    changes = {"web1:nginx_worker_connections": "{{ 1000 + own }}", "web1:own": 23, "director_services": "/inventory"}
    hosts = Hosts(tmp_path / "hosts", with_changes(changes))
    dest = tmp_path / "preview"
    check = dest / "d1/usr/libexec/keepalived/lvs-check"
    preview(hosts, dest)
    assert "services=/etc/keepalived/lvs-services" in check.read_text()
    preview(hosts, dest, "-e", "nginx_keepalive_timeout=7", "-e", "director_services=/given")
    assert "services=/given" in check.read_text()
    first, second = ((dest / host / NGINX).read_text() for host in ("web1", "web2"))
    assert "worker_connections 1023;" in first
    assert "worker_connections 4096;" in second
    assert "keepalive_timeout 7s;" in first
    assert "keepalive_timeout 7s;" in second


def test_a_page_of_the_users_own_is_found_beside_the_playbook(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/own.html.j2").write_text("sorry from {{ inventory_hostname }}, {{ lvs_slice.address }}\n")
    (tmp_path / "play.yml").write_text("- import_playbook: vipstack.lvs.preview\n")
    tree = with_changes({"lvs_nginx_on_directors": "sorry"})
    dest = tmp_path / "preview"
    page = tmp_path / "templates/own.html.j2"
    run = Hosts(tmp_path / "hosts", tree).play(
        tmp_path / "play.yml", "-e", "lvs_preview_dest=%s" % dest, "-e", "nginx_sorry_page=%s" % page
    )
    assert run.status == 0, run.output
    assert (dest / "d2/etc/nginx/lvs-sorry/sorry.html").read_text() == "sorry from d2, 198.51.100.101\n"


def test_facts_come_from_the_file_of_preflight(tmp_path: Path) -> None:
    facts = {"d1": {"family": "RedHat", "release": 9}, "web2": {"family": "Debian"}}
    (tmp_path / "facts.json").write_text(json.dumps({"facts": facts}))
    tree = with_changes({"lvs_table_owner": "static"})
    dest = tmp_path / "preview"
    preview(Hosts(tmp_path / "hosts", tree), dest, "-e", "lvs_preview_facts=%s" % (tmp_path / "facts.json"))
    assert (dest / "d1/etc/sysconfig/ipvsadm").is_file()
    assert (dest / "d2/etc/ipvsadm.rules").is_file()


@pytest.mark.parametrize(
    ("text", "words"), [(None, "cannot be read: No such file"), ("[]", "is no result of preflight")]
)
def test_a_file_of_facts_that_is_none(tmp_path: Path, text: Any, words: str) -> None:
    path = tmp_path / "facts.json"
    if text is not None:
        path.write_text(text)
    dest = tmp_path / "preview"
    hosts = Hosts(tmp_path / "hosts", good())
    run = hosts.play("playbooks/preview.yml", "-e", "lvs_preview_dest=%s" % dest, "-e", "lvs_preview_facts=%s" % path)
    assert run.status != 0
    assert "facts.json %s" % words in " ".join(run.output.split())
    assert not dest.exists()


def test_what_cannot_be_templated_is_told_with_its_host_and_role(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "hosts", with_changes({"web2:nginx_node_header": "{{ nowhere }}"}))
    run = hosts.play("playbooks/preview.yml", "-e", "lvs_preview_dest=%s" % (tmp_path / "preview"))
    assert run.status != 0
    assert "role nginx on web2: " in " ".join(run.output.split())
    assert "'nowhere' is undefined" in run.output
    assert not (tmp_path / "preview").exists()


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    run = preview(Hosts(tmp_path / "hosts", good()), tmp_path / "preview", "--check")
    assert "changed=1" in run.output
    assert not (tmp_path / "preview").exists()


def test_a_request_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "hosts", good())
    words = json.dumps({"lvs_preview_request": "GET http://example.com/a", "lvs_preview_request_headers": {"X-A": "1"}})
    run = preview(hosts, tmp_path / "preview", "-e", words, "-e", "lvs_preview_live=true")
    assert "upstream app: GET /a" in run.output
    assert list(run.tasks) == ["d1"]
    assert not (tmp_path / "preview").exists()


# --- interrupted


@pytest.mark.parametrize("variable", ["web2:lvs_weight", "web2:nginx_node_header"], ids=["model", "files"])
def test_an_interrupted_run_leaves_no_process_and_no_file(tmp_path: Path, variable: str) -> None:
    begun, dest = tmp_path / "begun", tmp_path / "preview"
    command = "touch %s; sleep 600" % begun
    tree = with_changes({variable: "{{ lookup('ansible.builtin.pipe', '%s') }}" % command})
    (tmp_path / "hosts.json").write_text(json.dumps(as_inventory(tree)))
    run = Interrupted(tmp_path / "hosts.json", "playbooks/preview.yml", "-e", "lvs_preview_dest=%s" % dest)
    run.until(begun.exists)
    assert [one for one in run.processes() if "sleep 600" in one]
    run.interrupt()
    assert run.end() != 0
    assert not dest.exists()


def test_an_interruption_while_files_are_written_comes_after_the_last_one(tmp_path: Path) -> None:
    whole, dest = tmp_path / "whole", tmp_path / "preview"
    preview(Hosts(tmp_path / "hosts", good()), whole)
    (tmp_path / "hosts.json").write_text(json.dumps(as_inventory(good())))
    pipe = dest / "web1/etc/nginx/.nginx.conf.new"  # whoever opens it waits for a reader
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    run = Interrupted(tmp_path / "hosts.json", "playbooks/preview.yml", "-e", "lvs_preview_dest=%s" % dest)
    run.until((dest / "web1/etc/nginx/conf.d/lvs-upstreams.conf").exists)
    run.interrupt()
    # From the controller's process to that which writes. Ansible does not end if it comes there with the result.
    run.until(run.keeps_waiting)
    with pipe.open() as reader:
        reader.read()
    assert run.end() != 0
    assert written(dest) == written(whole)
