# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of ACME asks the real Nginx, whichever node it meets, and gives a certificate."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import authority, pair
from nginx_served import Served
from pebble import directory, of_debian, order, within

from lab.daemons import CERTBOT_SUITES, SUITES, certbot_tree, daemon_tree
from lab.state import Settings

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"
ANSWERS = "/var/lib/nginx/lvs-acme/.well-known/acme-challenge/"
ASKED = "/.well-known/acme-challenge/"
HASH = "$apr1$abcdefgh$" + 22 * "x"
# Addresses of the two nodes on the wire between them.
FIRST, SECOND = "172.31.0.1", "172.31.0.2"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("pebble") or not shutil.which("certbot"),
    reason="needs root and the programs pebble and certbot",
)


def site(**more: Any) -> Tree:
    return {
        "lvs_virtual_services.web.ports": [80, 443],
        "lvs_certificates": {"www": {"acme": {"terms_agreed": True}}},
        SITE: {"server_names": ["example.com"], "upstream": "app", "tls": "www", **more},
    }


def answer(nginx: Served, token: str = "token") -> None:
    """A node has an answer to the directory."""
    nginx.run("sh", "-c", 'mkdir -p "$0" && echo "of $1" > "$0$1"', ANSWERS, token)


@pytest.fixture(autouse=True)
def no_answers(nginx: Served) -> Iterator[None]:
    yield
    nginx.run("rm", "-rf", "/var/lib/nginx/lvs-acme")


CLOSED: dict[str, Tree] = {
    "a redirect to HTTPS": {},
    "a redirect of another name": {"server_names": ["www.example.com"], "aliases": ["example.com"]},
    "maintenance": {"maintenance": True},
    "a list of clients": {"allow": ["203.0.113.9"]},
    "a password": {"basic_auth": "team"},
    "a route for all": {"routes": [{"path": "~.*", "answer": 410}]},
    "a limit": {"limits": {"requests": ["1/m"]}},
    "a site for methods": {"routes": [{"methods": ["POST"], "answer": 410}]},
}


@pytest.mark.parametrize("redirect", [True, False])
@pytest.mark.parametrize("what", CLOSED)
def test_nothing_keeps_a_directory_out(nginx: Served, what: str, redirect: bool) -> None:
    closed = {"tls": {"certificate": "www", "redirect": redirect}, **CLOSED[what]}
    nginx.site({**site(**closed), "lvs_nginx_users": {"team": {"bob": HASH}}})
    answer(nginx)
    for _time in range(3):
        told = nginx.ask(ASKED + "token")
        assert (told.status, told.body) == (200, "of token\n")
    assert nginx.ask(ASKED + "token", port=443, tls={"name": "example.com"}).body == "of token\n"
    assert nginx.seen() == []


def test_only_answers_are_served_and_only_read(nginx: Served) -> None:
    nginx.site(site())
    answer(nginx)
    nginx.run("sh", "-c", "echo secret > /var/lib/nginx/lvs-acme/other")
    wrong = [ASKED + "unknown", ASKED + "../../other", ASKED + "..%2f..%2fother", ASKED + "token/"]
    assert [nginx.ask(one).status for one in wrong] == [404, 301, 301, 404]
    assert [nginx.ask(ASKED + "token", method=one).status for one in ("POST", "PUT", "DELETE")] == [403] * 3
    assert nginx.ask(ASKED + "token", method="HEAD").status == 200
    inner = [nginx.ask(one, port=8712).status for one in (ASKED + "token", ASKED + "no", "/", "/lvs-health", "/other")]
    assert inner == [200, 404, 404, 404, 404]


def test_a_node_is_told_nothing_of_who_asks(nginx: Served) -> None:
    """It would say that nothing has changed."""
    nginx.site(site())
    answer(nginx)
    changed = nginx.ask(ASKED + "token").header("Last-Modified") or ""
    again = [nginx.ask(ASKED + "token", port=port, headers=[("If-Modified-Since", changed)]) for port in (80, 8712)]
    assert [one.status for one in again] == [200, 304]


def test_without_a_directory_nobody_listens_and_the_path_is_the_application_s(nginx: Served) -> None:
    open_site = site(tls={"certificate": "www", "redirect": False})
    nginx.site({**open_site, "lvs_certificates": {"www": pair("example.com").both}})
    assert nginx.ask(ASKED + "token").seen.target == ASKED + "token"
    assert nginx.ask("/", port=8712).error == "refused"


@pytest.fixture(scope="module")
def other() -> Iterator[Served]:
    """Another node."""
    tree = daemon_tree(Settings.of(os.environ), "bookworm")
    with Served(tree, SUITES["bookworm"][1]) as served:
        served.fresh()
        yield served


@pytest.fixture
def both(nginx: Served, other: Served) -> Iterator[tuple[Served, Served]]:
    """Two nodes that serve the same and reach each other."""
    wire = "ip link add wire type veth peer name wire netns %d" % other.process
    subprocess.run([*within(nginx.process), *wire.split()], check=True)
    for node, address in ((nginx, FIRST), (other, SECOND)):
        node.host(*("ip address add %s/24 dev wire" % address).split())
        node.host(*["ip", "link", "set", "wire", "up"])
    changes = {**site(maintenance=True), "web1:lvs_address": FIRST, "web2:lvs_address": SECOND}
    nginx.site(changes)
    other.site(changes, host="web2")
    yield nginx, other
    other.run("rm", "-rf", "/var/lib/nginx/lvs-acme")
    nginx.host(*["ip", "link", "delete", "wire"])


def test_any_node_knows_the_answer_of_any_other(both: tuple[Served, Served]) -> None:
    for at, others in (both, both[::-1]):
        answer(at, "of%d" % at.process)
        assert [one.ask(ASKED + "of%d" % at.process).status for one in (at, others)] == [200, 200]
        assert others.run("ls", ANSWERS + "of%d" % at.process)[0] != 0


def test_a_certificate_comes_whichever_node_the_directory_meets(both: tuple[Served, Served], tmp_path: Path) -> None:
    first, _second = both
    with directory(first.process, tmp_path):
        for met in (FIRST, SECOND):
            first.names({"example.com": [met], "www.example.com": [met]})
            told = order(first, tmp_path, "example.com", "www.example.com")
            assert told.words == ""
            assert told.text.count("-----BEGIN CERTIFICATE-----") == 2
            assert "PRIVATE KEY" not in told.text
        assert first.run("ls", "/var/lib/nginx/lvs-acme")[1] == ""


def test_a_node_that_is_down_is_passed_over(both: tuple[Served, Served], tmp_path: Path) -> None:
    first, second = both
    first.names({"example.com": [FIRST]})
    with directory(first.process, tmp_path):
        second.stop()
        assert order(first, tmp_path, "example.com").words == ""
        # Not even a refusal comes.
        second.host(*["ip", "link", "set", "wire", "down"])
        assert order(first, tmp_path, "example.com").words == ""


@pytest.mark.parametrize("nginx", ["trixie"], indirect=True)
@pytest.mark.parametrize(("suite", "version"), list(zip(CERTBOT_SUITES, ("1.12.", "4.0."))))
def test_other_versions_of_certbot_take_the_order(nginx: Served, tmp_path: Path, suite: str, version: str) -> None:
    """The second order is by the account of the first."""
    client = of_debian(certbot_tree(Settings.of(os.environ), suite), tmp_path)
    nginx.site(site())
    nginx.names({"example.com": ["203.0.113.1"]})
    with directory(nginx.process, tmp_path):
        for _time in range(2):
            told = order(nginx, tmp_path, "example.com", client=client)
            assert told.words == ""
            assert told.text.count("BEGIN CERTIFICATE") == 2
        assert version in nginx.host(*client, "--version")
        told = order(nginx, tmp_path, "nowhere.example", client=client)
        assert (told.text, "nowhere.example" in told.words) == ("", True)


def test_what_a_host_has_set_for_certbot_does_not_count(nginx: Served, tmp_path: Path) -> None:
    nginx.site(site())
    nginx.names({"example.com": ["203.0.113.1"]})
    (tmp_path / "letsencrypt").mkdir()
    own = "authenticator = standalone\npreferred-challenges = dns\nserver = https://localhost:14001/dir\n"
    (tmp_path / "letsencrypt" / "cli.ini").write_text(own)
    with directory(nginx.process, tmp_path):
        told = order(nginx, tmp_path, "example.com", config=tmp_path)
        assert told.words == ""
        assert told.text


def test_what_a_directory_refuses_is_said_in_its_words(nginx: Served, tmp_path: Path) -> None:
    nginx.site(site())
    nginx.names({"example.com": ["203.0.113.1"]})
    with directory(nginx.process, tmp_path):
        told = order(nginx, tmp_path, "example.com", "elsewhere.example")
        assert told.text == ""
        assert "elsewhere.example" in told.words
        assert "See the logfile" not in told.words
        told = order(nginx, tmp_path, "example.com", url="https://localhost:14001/dir")
        assert "Connection refused" in told.words
        assert authority("of the directory").key not in told.words
    assert nginx.run("ls", "/var/lib/nginx/lvs-acme")[1] == ""
