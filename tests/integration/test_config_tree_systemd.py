# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""config_tree under a real systemd: the module itself, real units of Nginx and Keepalived, a real journal."""

from __future__ import annotations

import shutil
import sys
from typing import Any, Iterator

import pytest
from systemd_box import ROOT, Box, booted, lacking

_MISSING = lacking() or ", ".join(name for name in ("nginx", "keepalived") if shutil.which(name) is None)
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=_MISSING)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with booted(tmp_path_factory.mktemp("box")) as found:
        yield found


def pid(box: Box, unit: str) -> str:
    return box.run("systemctl", "show", "--property", "MainPID", "--value", unit).strip()


def content(box: Box, path: str) -> str:
    return box.run("cat", path)


# --- Nginx ------------------------------------------------------------------------------------------------------------


def nginx_set(answer: str, *ports: int, seconds: float = 300) -> dict[str, Any]:
    text = "".join("  listen 127.0.0.1:%d;\n" % port for port in ports)
    files = [
        {"path": "conf.d/site.conf", "content": 'server {\n%s  return 200 "%s";\n}\n' % (text, answer)},
        {"path": "conf.d/names.conf", "content": "server_names_hash_bucket_size 128;\n"},
        {"path": "sites-enabled/default", "state": "absent"},
    ]
    ask = 'test "$(curl --silent --max-time 0.5 http://127.0.0.1:%d/)" = "%s"' % (ports[-1], answer)
    return {
        "path": "/etc/nginx",
        "files": files,
        "validate": ["nginx", "-t"],
        "validate_scratch": ["/run", "/var/log/nginx", "/var/lib/nginx"],
        "service": "nginx.service",
        "confirm": ["sh", "-c", ask],
        "confirm_timeout": seconds,
        "log": "/var/log/nginx/error.log",
    }


@pytest.fixture
def nginx(box: Box) -> Iterator[Box]:
    box.module("config_tree", **nginx_set("one", 8080))
    box.run("systemctl", "start", "nginx.service")
    yield box
    box.run("systemctl", "stop", "nginx.service")


def test_a_service_that_does_not_run_is_not_reloaded(box: Box) -> None:
    answer = box.module("config_tree", **nginx_set("zero", 8080))
    assert (answer["changed"], answer["validated"]) == (True, True)
    assert (answer["reloaded"], answer["confirmed"]) == (False, False)
    assert box.run("systemctl", "is-active", "nginx.service", check=False).strip() == "inactive"


def test_check_mode_on_a_stopped_nginx_leaves_no_log_and_no_pid_file(box: Box) -> None:
    box.run("sh", "-c", "rm -rf /var/log/nginx/* /var/lib/nginx/* /run/nginx.pid")
    answer = box.module("config_tree", check_mode=True, **nginx_set("check", 8080))
    assert (answer["changed"], answer["validated"]) == (True, True)
    assert box.run("sh", "-c", "find /var/log/nginx /var/lib/nginx -mindepth 1; ls /run/nginx.pid", check=False) == (
        "ls: cannot access '/run/nginx.pid': No such file or directory\n"
    )


def test_nginx_is_reloaded_and_never_restarted(nginx: Box) -> None:
    master = pid(nginx, "nginx.service")
    preview = nginx.module("config_tree", check_mode=True, **nginx_set("two", 8080))
    answer = nginx.module("config_tree", **nginx_set("two", 8080))
    assert preview["reloaded"] is True
    assert (answer["reloaded"], answer["confirmed"], answer["rolled_back"]) == (True, True, False)
    assert pid(nginx, "nginx.service") == master
    again = nginx.module("config_tree", **nginx_set("two", 8080))
    assert (again["changed"], again["reloaded"]) == (False, False)


def test_a_reload_is_confirmed_when_no_worker_of_before_takes_connections(nginx: Box) -> None:
    """As the role does it. A worker that is stopped has not heard of the reload; one that hangs is not waited for."""
    script = (ROOT / "roles" / "nginx" / "files" / "serves.sh").read_text()
    assert script.count(" < 1000)") == 1

    def confirms(hundredths: int) -> bool:
        text = script.replace(" < 1000)", " < %d)" % hundredths)
        words = ["env", "CONFIG_TREE_LOADED_AT=" + began, "bash", "-c", 'bash -c "$0"; echo $?', text]
        return nginx.run(*words).split() == ["0"]

    # Another hundredth of a second than the one in which Nginx has begun.
    nginx.run("sleep", "0.02")
    began = nginx.run("cut", "--delimiter= ", "--fields=1", "/proc/uptime").strip()
    assert not confirms(1000000)
    old = nginx.run("pgrep", "--full", "^nginx: worker process").split()
    nginx.run("kill", "-STOP", old[0])
    try:
        nginx.run("systemctl", "reload", "nginx.service")
        # A new worker, and no other of before.
        another = "grep --quiet --invert-match --extended-regexp '^(%s)$'" % "|".join(old)
        nginx.wait("pgrep --full '^nginx: worker process' | " + another)
        nginx.wait("! ps -p %s > /dev/null" % ",".join(old[1:] or ["0"]))
        assert not confirms(1000000)
        assert confirms(0)
    finally:
        nginx.run("kill", "-CONT", old[0])
    nginx.wait("! ps -p %s > /dev/null" % old[0])
    assert confirms(1000000)


def test_a_port_that_is_taken_brings_the_old_set_back(nginx: Box) -> None:
    """The check of Nginx does not see it, systemctl reload does not either; the confirmation does."""
    take = "import socket, time; s = socket.create_server(('127.0.0.1', 8099)); time.sleep(3600)"
    nginx.run("systemd-run", "--unit", "taker", sys.executable, "-c", take)
    nginx.wait("ss -ltn | grep -q :8099")
    old = content(nginx, "/etc/nginx/conf.d/site.conf")
    try:
        answer = nginx.module("config_tree", **nginx_set("three", 8080, 8099, seconds=3))
    finally:
        nginx.run("systemctl", "stop", "taker.service")
    assert answer["failed"] is True
    assert (answer["validated"], answer["rolled_back"], answer["reloaded"]) == (True, True, True)
    assert (
        "does not serve (sh failed for 3 s, at last with exit status 1); the old one is back and loaded"
        in answer["msg"]
    )
    assert any("bind() to 127.0.0.1:8099 failed" in line for line in answer["daemon"])
    assert content(nginx, "/etc/nginx/conf.d/site.conf") == old
    assert nginx.run("curl", "--silent", "http://127.0.0.1:8080/") == "one"


def test_what_is_refused_is_never_heard_of(nginx: Box) -> None:
    before = nginx.run("journalctl", "--unit", "nginx.service", "--output", "cat")
    wrong = nginx_set("four", 8080)
    wrong["files"][1]["content"] = "server_name_hash 1;\n"
    answer = nginx.module("config_tree", **wrong)
    assert answer["rolled_back"] is False
    assert answer["daemon"][1] == "    /etc/nginx/conf.d/names.conf:1: server_name_hash 1;"
    assert nginx.run("journalctl", "--unit", "nginx.service", "--output", "cat") == before
    assert nginx.run("curl", "--silent", "http://127.0.0.1:8080/") == "one"


# --- Keepalived -------------------------------------------------------------------------------------------------------


def keepalived_set(*addresses: str, word: str = "geheim1") -> dict[str, Any]:
    text = "global_defs {\n  router_id d1\n}\nvrrp_instance web {\n  interface eth0\n  virtual_router_id 51\n"
    text += "  priority 254\n  advert_int 1\n  authentication {\n    auth_type PASS\n    auth_pass %s\n  }\n" % word
    text += "  virtual_ipaddress {\n%s  }\n}\n" % "".join("    %s/24\n" % address for address in addresses)
    return {
        "path": "/etc/keepalived",
        "files": [{"path": "keepalived.conf", "content": text, "mode": "0640"}],
        "secrets": [word],
        "validate": ["keepalived", "-t", "-f", "/etc/keepalived/keepalived.conf"],
        "validate_stderr": "empty",
        "validate_requires": ["/usr/sbin/keepalived"],
        "service": "keepalived.service",
        "confirm": ["sh", "-c", "ip address show dev eth0 | grep -q 'inet %s/'" % addresses[-1]],
        "confirm_timeout": 300,
    }


@pytest.fixture
def keepalived(box: Box) -> Iterator[Box]:
    box.module("config_tree", **keepalived_set("198.51.100.200"))
    box.run("systemctl", "start", "keepalived.service")
    box.wait("ip address show dev eth0 | grep -q 198.51.100.200/")
    yield box
    box.run("systemctl", "stop", "keepalived.service")


def test_keepalived_takes_a_new_vip_and_keeps_the_old_one(keepalived: Box) -> None:
    daemon = pid(keepalived, "keepalived.service")
    answer = keepalived.module("config_tree", **keepalived_set("198.51.100.200", "198.51.100.201"))
    assert (answer["reloaded"], answer["confirmed"]) == (True, True)
    assert pid(keepalived, "keepalived.service") == daemon
    assert "198.51.100.200/24" in keepalived.run("ip", "address", "show", "dev", "eth0")


def test_a_new_password_shows_neither_the_new_nor_the_old(keepalived: Box) -> None:
    answer = keepalived.module("config_tree", **keepalived_set("198.51.100.200", word="geheim2"))
    assert answer["changed"] is True
    assert "geheim" not in str(answer)
    assert "    auth_pass ********\n" in answer["diff"][0]["before"]


def test_keepalived_refuses_with_its_line_beside_ours(keepalived: Box) -> None:
    answer = keepalived.module("config_tree", **keepalived_set("198.51.100.200", "198.51.100.900"))
    assert answer["failed"] is True
    assert answer["msg"].startswith("keepalived refuses the new set")
    assert "geheim" not in str(answer)
    assert "198.51.100.900" not in content(keepalived, "/etc/keepalived/keepalived.conf")
    assert keepalived.run("systemctl", "is-active", "keepalived.service").strip() == "active"


# --- units ------------------------------------------------------------------------------------------------------------

FRAGILE = """
[Service]
ExecStart=/bin/sh -c 'echo started with $(cat /etc/fragile/word); exec sleep 3600'
ExecReload=/bin/sh -c 'echo reads word:1: $(cat /etc/fragile/word); grep -q good /etc/fragile/word || kill $MAINPID'
"""


def fragile_set(word: str, **more: Any) -> dict[str, Any]:
    files = [{"path": "word", "content": word + "\n"}]
    return {"path": "/etc/fragile", "files": files, "service": "fragile.service", **more}


@pytest.fixture
def fragile(box: Box) -> Iterator[Box]:
    """A daemon that a wrong word kills when it reloads."""
    box.write("/run/systemd/system/fragile.service", FRAGILE)
    box.run("systemctl", "daemon-reload")
    box.module("config_tree", **fragile_set("good"))
    box.run("systemctl", "start", "fragile.service")
    yield box
    box.run("systemctl", "stop", "fragile.service")


def test_a_daemon_that_the_new_set_kills_runs_again_with_the_old_one(fragile: Box) -> None:
    answer = fragile.module("config_tree", **fragile_set("bad"))
    assert answer["failed"] is True
    assert "does not serve (fragile.service is no longer active); the old one is back and loaded" in answer["msg"]
    assert "reads word:1: bad" in answer["daemon"]
    assert fragile.run("systemctl", "is-active", "fragile.service").strip() == "active"
    assert "started with good" in fragile.run("journalctl", "--unit", "fragile.service", "--lines", "3")
    assert content(fragile, "/etc/fragile/word") == "good\n"


def test_without_a_confirmation_the_daemon_has_to_stay_active(fragile: Box) -> None:
    answer = fragile.module("config_tree", **fragile_set("good too"))
    assert (answer["reloaded"], answer["confirmed"]) == (True, True)


def test_a_unit_that_cannot_reload_is_named_and_not_restarted(box: Box) -> None:
    box.write("/run/systemd/system/stiff.service", "[Service]\nExecStart=/bin/sleep 3600\n")
    box.run("systemctl", "daemon-reload")
    box.run("systemctl", "start", "stiff.service")
    before = pid(box, "stiff.service")
    files = [{"path": "x", "content": "x\n"}]
    answer = box.module("config_tree", path="/etc/stiff", files=files, service="stiff.service")
    assert answer["rolled_back"] is True
    assert "systemctl reload stiff.service exited with 3" in answer["msg"]
    assert "Job type reload is not applicable for unit stiff.service" in answer["msg"]
    assert pid(box, "stiff.service") == before
    assert box.run("ls", "/etc/stiff", check=False).startswith("ls: cannot access")


def test_a_run_killed_before_the_reload_is_finished_by_the_next(fragile: Box) -> None:
    """SIGKILL while systemctl reload waits: the set is in place, and nobody knows whether it was loaded."""
    reload = "touch /run/reloads; until test -e /run/go-on; do sleep 0.1; done"
    slow = "[Service]\nExecReload=\nExecReload=/bin/sh -c '%s'\n" % reload
    fragile.write("/run/systemd/system/fragile.service.d/slow.conf", slow)
    fragile.run("systemctl", "daemon-reload")
    fragile.run(
        "sh",
        "-c",
        '"$@" & run=$!; until test -e /run/reloads; do kill -0 $run || exit; sleep 0.1; done; '
        "test -e /var/lib/vipstack-lvs/fragile.swapped && kill -9 $run",
        "sh",
        *fragile.command("config_tree", **fragile_set("good again")),
    )
    assert content(fragile, "/etc/fragile/word") == "good again\n"
    fragile.run("rm", "-r", "/run/systemd/system/fragile.service.d")
    fragile.run("systemctl", "daemon-reload")
    fragile.run("touch", "/run/go-on")
    fragile.wait("test $(systemctl show --property ActiveState --value fragile.service) = active")
    answer = fragile.module("config_tree", **fragile_set("good again"))
    assert (answer["changed"], answer["recovered"], answer["reloaded"]) == (True, "finished", True)
    assert "reads word:1: good again" in fragile.run("journalctl", "--unit", "fragile.service", "--lines", "3")
    assert fragile.module("config_tree", **fragile_set("good again"))["changed"] is False


def test_a_drop_in_is_known_to_systemd_when_the_task_ends(fragile: Box) -> None:
    def drop_in(seconds: int, **more: Any) -> dict[str, Any]:
        files = [{"path": "limit.conf", "content": "[Service]\nTimeoutStopSec=%d\n" % seconds}]
        path = "/etc/systemd/system/fragile.service.d"
        return {"path": path, "name": "fragile-unit", "files": files, "daemon_reload": True, **more}

    def limit() -> str:
        return fragile.run("systemctl", "show", "--property", "TimeoutStopUSec", "--value", "fragile.service").strip()

    before = pid(fragile, "fragile.service")
    answer = fragile.module("config_tree", **drop_in(7))
    assert (answer["changed"], answer["reloaded"], limit()) == (True, True, "7s")
    assert fragile.module("config_tree", **drop_in(7))["changed"] is False
    assert fragile.module("config_tree", **drop_in(8))["changed"] is True
    assert limit() == "8s"
    assert fragile.module("config_tree", **{**drop_in(8), "files": []})["changed"] is True
    assert limit() == "1min 30s"
    assert pid(fragile, "fragile.service") == before
