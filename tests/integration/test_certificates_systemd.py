# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""certificates.yml on two nodes: what is shown first, the first certificate, renewal, a node that was down."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import DAY, Pair, authority, issued
from cryptography.hazmat.primitives import hashes
from pebble import URL, directory, trusted, within
from systemd_box import Box, booted, lacking

from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.files import ticket_files

Tree = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = {"web1": "198.51.100.102", "web2": "198.51.100.103"}
NAMES_AT = "127.0.0.1:8053"
SECRET = "of-these-nodes-alone" * 2
SET_UP = """
- hosts: all:localhost
  gather_facts: false
- hosts: lvs_real_servers
  gather_facts: false
  roles: [vipstack.lvs.nginx]
"""

pytestmark = pytest.mark.skipif(
    bool(lacking()) or not shutil.which("pebble") or not shutil.which("certbot"),
    reason="needs systemd, and the programs pebble and certbot",
)


class Nodes:
    """Two boxes on one wire, and a folder on the controller that has the inventory."""

    def __init__(self, boxes: dict[str, Box], folder: Path) -> None:
        self.boxes, self.folder = boxes, folder

    def inventory(self, certificate: Tree, down: str = "", **more: Any) -> None:
        """``down``: a host that cannot be reached."""
        shared: Tree = {
            "lvs_vips": {"web": {"addresses": ["198.51.100.200/24"], "vrid": 51}},
            "lvs_virtual_services": {"web": {"vip": "web", "ports": [80, 443]}},
            "lvs_nginx_sites": {
                "www": {"server_names": ["example.com"], "tls": "www", "routes": [{"answer": {"body": "hello"}}]},
            },
            "lvs_certificates": {"www": certificate},
            "lvs_tls": {"ticket_secret": SECRET},
            "ansible_connection": "local", "ansible_become": False, "ansible_pipelining": True, **more,
        }  # fmt: skip
        hosts: Tree = {
            name: {"lvs_address": address, "ansible_python_interpreter": str(self.folder / name)}
            for name, address in ADDRESSES.items()
        }
        if down:
            hosts[down].update(ansible_connection="ssh", ansible_host="127.0.0.1", ansible_port=1)
        directors = {"d1": {"lvs_address": "198.51.100.100"}, "d2": {"lvs_address": "198.51.100.101"}}
        groups = {"lvs_directors": {"hosts": directors}, "lvs_real_servers": {"hosts": hosts}}
        (self.folder / "hosts.json").write_text(json.dumps({"all": {"children": groups, "vars": shared}}))

    def play(self, playbook: str, *words: str, fails: bool = False) -> str:
        """The output of a run, with all that it says."""
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(self.folder / "hosts.json")]
        environ = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_LOCALHOST_WARNING": "false",
                   "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections")}  # fmt: skip
        done = subprocess.run(
            [*command, playbook, *words], cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=900,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def set_up(self, *words: str) -> str:
        (self.folder / "nginx.yml").write_text(SET_UP)
        return self.play(str(self.folder / "nginx.yml"), *words)

    def certificates(self, *words: str, fails: bool = False) -> str:
        return self.play("vipstack.lvs.certificates", *words, fails=fails)

    def shown(self, host: str) -> tuple[str, str]:
        """The issuer and the fingerprint of what a node shows."""
        script = "openssl s_client -connect %s:443 -servername example.com < /dev/null 2> /dev/null" % ADDRESSES[host]
        script += " | openssl x509 -noout -issuer -fingerprint -sha256"
        issuer, digest = self.boxes[host].run("sh", "-c", script).splitlines()
        return issuer, digest

    def meets(self, address: str) -> None:
        """The directory finds all names at this address from now on."""
        script = "import sys, urllib.request as r; r.urlopen(sys.argv[1], sys.argv[2].encode()).read()"
        words = ["http://127.0.0.1:8055/set-default-ipv4", json.dumps({"ip": address})]
        subprocess.run([*within(self.boxes["web1"].init), sys.executable, "-c", script, *words], check=True)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    folder = tmp_path_factory.mktemp("certificates")
    with contextlib.ExitStack() as stack:
        boxes = {name: stack.enter_context(booted(tmp_path_factory.mktemp(name))) for name in ADDRESSES}
        for box in boxes.values():
            box.run("ip", "link", "delete", "eth0")
        first, second = (str(box.init) for box in boxes.values())
        wire = "ip link add eth0 netns %s type veth peer name eth0 netns %s" % (first, second)
        subprocess.run(wire.split(), check=True)
        for name, box in boxes.items():
            box.run("sh", "-c", "ip address add %s/24 dev eth0; ip link set eth0 up" % ADDRESSES[name])
            box.run("ip", "address", "add", "198.51.100.200/32", "dev", "lo")
        servers = ["pebble-challtestsrv", "-dns01", NAMES_AT, "-management", "127.0.0.1:8055", "-http01", "",
                   "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]  # fmt: skip
        names = subprocess.Popen([*within(boxes["web1"].init), *servers], stdout=subprocess.DEVNULL)
        stack.callback(names.kill)
        stack.enter_context(directory(boxes["web1"].init, folder, NAMES_AT))
        found = Nodes(boxes, folder)
        for name, box in boxes.items():
            _interpreter(folder / name, box)
        yield found


def _interpreter(path: Path, box: Box) -> None:
    """A Python that runs in a box."""
    enter = "nsenter --target %d --all --root --wd" % box.init
    clean = "env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8"
    path.write_text('#!/bin/sh\nexec %s %s /usr/bin/python3 "$@"\n' % (enter, clean))
    path.chmod(0o755)


ACME = {"terms_agreed": True, "directory": URL, "contact": "ops@example.com", "trusted": trusted()}
STAND_IN = "issuer=CN = vipstack.lvs: no certificate yet"


def put(nodes: Nodes, own: Pair, source: str) -> None:
    """Files of a certificate on all nodes, as if they had come a while ago."""
    for box in nodes.boxes.values():
        for end, text in (("crt", own.certificate), ("key", own.key), ("source", source)):
            box.write("/etc/nginx/lvs-certificates/www.%s" % end, text)
        old = box.run("pgrep", "--full", "^nginx: worker process").split()
        box.run("systemctl", "reload", "nginx")
        # Those of before show the certificate of before.
        box.wait("! ps -p %s > /dev/null" % ",".join(old))


def test_a_stand_in_is_shown_until_a_certificate_comes_which_stays(nodes: Nodes) -> None:
    nodes.inventory({"acme": ACME})
    nodes.set_up()
    assert {nodes.shown(host)[0] for host in ADDRESSES} == {STAND_IN}
    assert nodes.certificates("--check").count("changed=1") == 1
    assert {nodes.shown(host)[0] for host in ADDRESSES} == {STAND_IN}
    nodes.meets(ADDRESSES["web2"])
    nodes.certificates()
    (first,) = {nodes.shown(host) for host in ADDRESSES}
    assert "Pebble" in first[0]
    for box in nodes.boxes.values():
        modes = box.run("sh", "-c", "cd /etc/nginx/lvs-certificates; stat -c '%a %n' *")
        assert modes.split() == ["644", "www.crt", "600", "www.key", "644", "www.source"]
    assert nodes.boxes["web1"].run("ls", "-A", "/var/lib/nginx/lvs-acme") == ""
    again = nodes.certificates()
    assert "changed=1" not in again
    assert "changed=1" not in nodes.set_up()
    assert {nodes.shown(host) for host in ADDRESSES} == {first}


def test_a_certificate_is_renewed_though_a_node_is_down_which_gets_it_later(nodes: Nodes) -> None:
    nodes.inventory({"acme": ACME})
    nodes.set_up()
    old = issued("example.com", by=authority("of the directory"), begin=-61 * DAY, end=29 * DAY)
    put(nodes, old, "acme %s ecdsa\n" % URL)
    nodes.meets(ADDRESSES["web1"])
    nodes.boxes["web2"].run("systemctl", "stop", "nginx")
    nodes.inventory({"acme": ACME}, down="web2")
    said = nodes.certificates()
    assert "web2 was not reached; the next run brings it what it lacks" in said
    new = nodes.shown("web1")
    assert "Pebble" in new[0]
    nodes.boxes["web2"].run("systemctl", "start", "nginx")
    assert nodes.shown("web2") != new
    nodes.inventory({"acme": ACME})
    nodes.certificates()
    assert {nodes.shown(host) for host in ADDRESSES} == {new}


def test_a_name_that_was_an_authority_gets_a_certificate(nodes: Nodes) -> None:
    """Its file is there already, without a key."""
    own = issued("example.com")
    clients = {"certificate": "www", "client_certificates": "staff"}
    site = {"server_names": ["example.com"], "static": "/srv"}
    given = {"www": {"certificate": own.certificate, "key": own.key}, "staff": trusted()}
    nodes.inventory({}, lvs_certificates=given, lvs_nginx_sites={"www": {**site, "tls": clients}})
    nodes.set_up()
    nodes.inventory({}, lvs_certificates={"staff": {"acme": ACME}}, lvs_nginx_sites={"www": {**site, "tls": "staff"}})
    nodes.set_up()
    assert {nodes.shown(host)[0] for host in ADDRESSES} == {STAND_IN}


def test_one_with_time_left_is_not_asked_for(nodes: Nodes) -> None:
    nodes.inventory({"acme": ACME})
    nodes.set_up()
    put(
        nodes,
        issued("example.com", by=authority("of the directory"), begin=-59 * DAY, end=31 * DAY),
        "acme %s ecdsa\n" % URL,
    )
    before = nodes.shown("web1")
    assert "changed=1" not in nodes.certificates()
    assert nodes.shown("web1") == before


def test_what_is_refused_is_said_and_not_asked_for_again_and_again(nodes: Nodes) -> None:
    nodes.inventory({"acme": {**ACME, "names": ["example.com", "www.example.com"]}})
    nodes.set_up()
    before = nodes.shown("web1")
    nodes.meets("198.51.100.109")
    for _time in range(4):
        assert "www.example.com" in nodes.certificates(fails=True)
    assert "was refused 4 times in an hour, at last: " in nodes.certificates(fails=True)
    assert nodes.shown("web1") == before


# Every process of this machine, with its words, until the file is gone.
WATCH = """
import pathlib, sys
seen, gone = set(), pathlib.Path(sys.argv[1])
while gone.exists():
    for one in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            seen.add(one.read_bytes())
        except OSError:
            pass
sys.stdout.buffer.write(b"\\n".join(seen))
"""
HASH = "$apr1$abcdefgh$" + 22 * "x"


def test_no_secret_is_seen_anywhere(nodes: Nodes) -> None:
    """In what a run says at its loudest, in a preview, in journals and logs, in a process list, in files for others."""
    given = issued("b.example")
    certificates = {"www": {"acme": {**ACME, "kind": "rsa"}}, "b": {"certificate": given.certificate, "key": given.key}}
    site = {"server_names": ["b.example"], "tls": "b", "basic_auth": "team", "static": "/srv"}
    nodes.inventory(
        {},
        lvs_certificates=certificates,
        lvs_tls={"ticket_secret": SECRET, "ticket_days": 1},
        lvs_nginx_users={"team": {"bob": HASH}},
        lvs_nginx_sites={"www": {"server_names": ["example.com"], "tls": "www", "static": "/srv"}, "b": site},
    )
    nodes.meets(ADDRESSES["web1"])
    going = nodes.folder / "going"
    going.touch()
    with subprocess.Popen([sys.executable, "-c", WATCH, str(going)], stdout=subprocess.PIPE) as watch:
        said = nodes.set_up("-vvv", "--diff")
        said += nodes.certificates("-vvv", "--diff")
        said += nodes.play("vipstack.lvs.preview", "-vvv", "-e", "lvs_preview_dest=%s" % (nodes.folder / "preview"))
        going.unlink()
        commands = watch.communicate()[0].decode("utf-8", "replace")
    box = nodes.boxes["web1"]
    key = box.run("cat", "/etc/nginx/lvs-certificates/www.key")
    tickets = box.run("cat", "/etc/nginx/lvs-tickets/0.key")
    secrets = {"password": HASH, "tickets": tickets, "secret": SECRET, "own": key.splitlines()[2],
               "given": given.key.splitlines()[1]}  # fmt: skip
    for path in (nodes.folder / "preview").rglob("*"):
        said += path.read_text() if path.is_file() else ""
    assert "lvs-sites.conf" in said
    assert "certbot" in commands
    places = {"output": said, "commands": commands, "journal": box.run("journalctl", "--no-pager")}
    places["logs"] = box.run("sh", "-c", "cat /var/log/nginx/* 2> /dev/null; cat /var/lib/vipstack-lvs/acme/*/log/*")
    open_files = (
        "find /etc /var/lib /var/log /run /tmp /root -xdev -type f -perm /004 -newer /etc/machine-id -size -200k"
    )
    places["files for all"] = box.run(
        "sh", "-c", open_files + " -exec cat {} + 2> /dev/null | tr -cd '\\11\\12\\40-\\176'"
    )
    found = [(place, name) for place, text in places.items() for name, one in secrets.items() if one.strip() in text]
    assert found == []
    assert box.run("stat", "-c", "%a", "/etc/nginx/lvs-users/team").strip() == "640"


# Counts answers over TLS, each on a connection of its own, until the file is gone and there are enough.
CLIENT = """
import hashlib, json, os, socket, ssl, sys
address, going, begun, least = sys.argv[1:]
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
count, failed, shown = 0, [], []
while os.path.exists(going) or count < int(least):
    try:
        with socket.create_connection((address, 443), 120) as wire:
            with context.wrap_socket(wire, server_hostname="example.com") as spoken:
                digest = hashlib.sha256(spoken.getpeercert(True)).hexdigest()
                spoken.sendall(b"GET / HTTP/1.1\\r\\nHost: example.com\\r\\nConnection: close\\r\\n\\r\\n")
                if not spoken.recv(4096).startswith(b"HTTP/1.1 200 "):
                    raise OSError("no answer")
    except OSError as error:
        failed.append([count, repr(error)])
    else:
        shown += [digest] if digest not in shown[-1:] else []
    count += 1
    if count == 100:
        open(begun, "w").close()
print(json.dumps([count, failed, shown]))
"""


def test_a_new_certificate_fails_no_handshake_of_5000(nodes: Nodes) -> None:
    """All that one run does to a node, with a client beside it."""
    old, new = (issued("example.com", by=authority("of ours")) for _one in range(2))
    nodes.inventory({"certificate": old.certificate, "key": old.key})
    nodes.set_up()
    going, begun = nodes.folder / "client", nodes.folder / "client-begun"
    going.touch()
    command = [
        *within(nodes.boxes["web1"].init),
        sys.executable,
        "-c",
        CLIENT,
        ADDRESSES["web2"],
        str(going),
        str(begun),
    ]
    with subprocess.Popen([*command, "5000"], stdout=subprocess.PIPE, text=True) as client:
        try:
            while not begun.exists():
                assert client.poll() is None
                time.sleep(0.05)
            nodes.inventory({"certificate": new.certificate, "key": new.key})
            nodes.set_up()
        finally:
            going.unlink()
        count, failed, shown = json.loads(client.communicate()[0])
    assert failed == []
    assert count >= 5000
    # Workers of before and new ones take connections side by side for a moment, and only new ones at the end.
    digests = [one.made.fingerprint(hashes.SHA256()).hex() for one in (old, new)]
    assert ([shown[0], shown[-1]], set(shown)) == (digests, set(digests))


def test_keys_of_tickets_change_by_age_and_sessions_go_on(nodes: Nodes) -> None:
    common = {"ticket_secret": SECRET, "ticket_days": 1}
    nodes.inventory({"command": ["/nowhere"]}, lvs_tls=common)
    nodes.set_up()
    first = nodes.boxes["web1"]
    # What a run of yesterday has left.
    for box in nodes.boxes.values():
        for one in ticket_files([SECRET], 1, time.time() - 86400):
            box.write("/etc/nginx/" + one["path"], one["content"])
        box.run("systemctl", "restart", "nginx")
    shake = "echo | openssl s_client -tls1_2 -servername example.com -connect %s:443 -sess_%s /run/session 2> /dev/null"
    assert "New, TLSv1.2" in first.run("sh", "-c", shake % (ADDRESSES["web1"], "out"))
    before = time.time()
    nodes.certificates(fails=True)  # the program is not there, and the keys are another matter
    read = "cd /etc/nginx; cat lvs-tickets/0.key lvs-tickets/1.key lvs-tickets/2.key"
    (there,) = {box.run("sh", "-c", read) for box in nodes.boxes.values()}
    wanted = [ticket_files([SECRET], 1, now) for now in (before, time.time())]
    assert there in ["".join(one["content"] for one in made) for made in wanted]
    assert "Reused, TLSv1.2" in first.run("sh", "-c", shake % (ADDRESSES["web2"], "in"))
    again = nodes.certificates(fails=True)
    assert "changed=1" not in again or there != first.run("sh", "-c", read)


PROGRAM = """#!/bin/sh
echo of the program >> /run/asked
cat /run/own.pem
"""


def test_a_program_brings_a_certificate_for_all(nodes: Nodes) -> None:
    nodes.inventory({"command": ["/usr/local/bin/own", "example.com"]})
    nodes.set_up()
    for box in nodes.boxes.values():
        box.write("/usr/local/bin/own", PROGRAM)
        box.run("chmod", "755", "/usr/local/bin/own")
    first = nodes.boxes["web1"]
    first.write("/run/own.pem", issued("other.example").both)
    assert "certificate www: what came is not for example.com" in nodes.certificates(fails=True)
    own = issued("example.com", by=authority("a program"))
    first.write("/run/own.pem", own.both)
    said = nodes.certificates("-vvv", "--diff")
    assert "PRIVATE KEY" not in said
    assert own.key.splitlines()[1] not in said
    (shown,) = {nodes.shown(host) for host in ADDRESSES}
    assert shown[0] == "issuer=CN = a program"
    assert first.run("cat", "/run/asked").count("\n") == 2
    assert nodes.boxes["web2"].run("sh", "-c", "cat /run/asked || true").count("of the program") == 0
