# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""site.yml and settings that people have in Ansible and on hosts: a real server comes out the same with each."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Iterator, Mapping, NamedTuple

import pytest
from inventory import with_changes
from systemd_box import ROOT, Box, booted, lacking

_MISSING = lacking() or ", ".join(name for name in ("nginx", "git") if shutil.which(name) is None)
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=_MISSING)
SITES = "/etc/nginx/conf.d/lvs-sites.conf"
# What runs write, with its rights.
WRITTEN = r"""
find /etc/nginx /etc/systemd/system /etc/sysctl.d /usr/libexec/vipstack-lvs /var/lib/vipstack-lvs \
    \( -name '*lvs*' -o -name nginx.conf -o -path '*vipstack-lvs*' \) ! -path '*/foreign/*' -printf '%p %y %m %u %g\n' |
    sort
ip -o address show dev lo | sed 's/ valid_lft .*//'
"""


class Setting(NamedTuple):
    """What is other than usual: before the runs on the host, and around them."""

    environ: Mapping[str, str] = MappingProxyType({})
    shell: str = ":"
    host: str = ":"


SETTINGS = {
    "as it is": Setting(),
    "facts are not injected": Setting({"ANSIBLE_INJECT_FACT_VARS": "false"}),
    "umask 077": Setting(shell="umask 077"),
    "pipelining": Setting({"ANSIBLE_PIPELINING": "true"}),
    "facts are kept": Setting(
        {
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": "/run/facts",
            "ANSIBLE_GATHERING": "smart",
        }
    ),
    "strategy free": Setting({"ANSIBLE_STRATEGY": "free"}),
    "another language": Setting(
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"},
        host="localedef -i tr_TR -f UTF-8 tr_TR.UTF-8",
    ),
    "no programs in /tmp": Setting(
        {"ANSIBLE_REMOTE_TMP": "/tmp/ansible", "ANSIBLE_LOCAL_TEMP": "/tmp/local"},
        host="mount -o remount,noexec,nosuid /tmp",
    ),
}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """The host web1."""
    with booted(tmp_path_factory.mktemp("box")) as found:
        found.run("ip", "address", "add", "198.51.100.102/24", "dev", "eth0")
        yield found


def inventory(box: Box, name: str) -> None:
    tree = with_changes({"lvs_nginx_sites.www.server_names": [name]})
    own = {"ansible_connection": "local", "ansible_user": "root", "ansible_python_interpreter": sys.executable}
    hosts = {host: {**own, **values} for host, values in tree["hostvars"].items()}
    groups = {group: {"hosts": dict.fromkeys(members)} for group, members in tree["groups"].items()}
    box.write("/run/hosts.json", json.dumps({"all": {"hosts": hosts, "children": groups}}))


def run(box: Box, setting: Setting, program: str = "ansible-playbook", *words: str) -> dict[str, int]:
    """One run on web1: how many tasks did what."""
    environ = {"ANSIBLE_COLLECTIONS_PATH": "%s/.ansible/collections" % ROOT, "ANSIBLE_NOCOLOR": "1", **setting.environ}
    command = [str(Path(sys.executable).with_name(program)), "-i", "/run/hosts.json", "--limit", "web1"]
    named = ["%s=%s" % one for one in environ.items()]
    said = box.run(
        "sh", "-c", setting.shell + '; exec "$@"', "sh", "env", *named, *command, *(words or ["vipstack.lvs.site"])
    )
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", said.rpartition("PLAY RECAP")[2])}


@pytest.fixture(scope="module")
def usual(box: Box) -> str:
    """What a run writes without anything unusual."""
    inventory(box, "www.example.com")
    assert run(box, SETTINGS["as it is"])["changed"] > 3
    return box.run("sh", "-c", WRITTEN)


def together() -> Setting:
    """All of them at once, but pipelining, as nothing goes over /tmp with it."""
    parts = [part for name, part in SETTINGS.items() if name != "pipelining"]
    environ = {name: value for part in parts for name, value in part.environ.items()}
    return Setting(environ, "; ".join(part.shell for part in parts), "; ".join(part.host for part in parts))


def comes_out(box: Box, usual: str, setting: Setting, site: str) -> None:
    """All is written anew with a setting, is the same as without, and stays; what does not run any more is seen."""
    box.run("sh", "-c", setting.host)
    inventory(box, site)
    box.run("sh", "-c", "rm -f %s /etc/systemd/system/*vipstack* /etc/sysctl.d/*vipstack*" % SITES)
    assert run(box, setting)["changed"] > 1
    assert box.run("sh", "-c", WRITTEN) == usual
    assert "server_name %s;" % site in box.run("cat", SITES)
    assert run(box, setting)["changed"] == 0
    box.run("systemctl", "stop", "nginx.service")
    assert run(box, setting)["changed"] == 1, "it is seen that Nginx does not run"
    answer = box.run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://198.51.100.102/lvs-health")
    assert answer == "200"


def test_a_real_server_comes_out_the_same_with_all_of_it(box: Box, usual: str) -> None:
    assert "lvs-sites.conf f 644 root root" in usual
    comes_out(box, usual, together(), "all.example.com")


@pytest.mark.long
@pytest.mark.parametrize("name", SETTINGS)
def test_a_real_server_comes_out_the_same(box: Box, usual: str, name: str) -> None:
    comes_out(box, usual, SETTINGS[name], "s%d.example.com" % list(SETTINGS).index(name))


PULLED = """
- ansible.builtin.import_playbook: vipstack.lvs.site
"""


@pytest.mark.long
def test_a_host_that_pulls_sets_up_itself(box: Box, usual: str) -> None:
    """As a timer runs ansible-pull: a repository with a playbook, and the host by its own name."""
    inventory(box, "pulled.example.com")
    box.write("/run/repository/local.yml", PULLED)
    identity = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", "/run/repository"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "a"]):
        box.run(*identity, *words)
    box.run("hostname", "web1")
    pulled = run(box, Setting(), "ansible-pull", "-U", "file:///run/repository", "-d", "/run/pulled", "local.yml")
    assert pulled["failed"] == 0
    assert box.run("sh", "-c", WRITTEN) == usual
    assert "server_name pulled.example.com;" in box.run("cat", SITES)
