# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with certificates that a node gets for all, and what comes of them in the model."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
SITE, OWN = "lvs_nginx_sites.www", "lvs_certificates.www"
ACME: Tree = {"terms_agreed": True}
BASE: Tree = {
    "lvs_virtual_services.web.ports": [80, 443],
    "lvs_certificates": {"www": {"acme": ACME}},
    SITE + ".tls": "www",
}
PROVE = "which HTTP-01 cannot prove; must name hosts"


def mistakes(changes: Tree) -> list[str]:
    return [one.message for one in build(with_changes({**BASE, **changes})).mistakes]


def acme(**more: Any) -> Tree:
    return {OWN: {"acme": {**ACME, **more}}}


WRONG: dict[str, tuple[Tree, str]] = {
    "two places": (
        {OWN: {"certificate": "a.pem", "acme": ACME}}, OWN + " has certificate and acme; must have one of them",
    ),
    "no place": ({OWN: {}}, OWN + ".certificate is missing, and so are acme and command; must be one of them"),
    "a key": ({OWN: {"acme": ACME, "key": "a.key"}}, OWN + ".key is given beside acme, which brings its own"),
    "a chain": ({OWN: {"command": ["/x"], "chain": "a"}}, OWN + ".chain is given beside command, which brings its own"),
    "on nodes": (
        {OWN: {"acme": ACME, "on_node": True}},
        OWN + ".on_node is true beside acme; must be false, as a run brings it to the nodes",
    ),
    "days alone": (
        {OWN: {"certificate": "a.pem", "renew_days": 5}},
        OWN + ".renew_days is given, but neither acme nor command, which alone bring a new one",
    ),
    "no program": (
        {OWN: {"command": ["issue"]}},
        OWN + ".command[0] is no program; must be an absolute path of letters, digits or _ . + @ - /, without "
        "arguments",
    ),
    "no words": ({OWN: {"command": []}}, OWN + ".command is empty"),
    "terms": (
        acme(terms_agreed=False),
        OWN + ".acme.terms_agreed is false; must be true, as a directory gives nothing without",
    ),
    "terms that nobody wrote": ({OWN: {"acme": {}}}, OWN + ".acme.terms_agreed is missing"),
    "a wildcard": (
        {SITE + ".server_names": ["example.com", "*.example.com"]},
        OWN + ".acme.names is missing, and lvs_nginx_sites.www has *.example.com, " + PROVE,
    ),
    "a dot": (
        {SITE + ".server_names": [".example.com"]},
        OWN + ".acme.names is missing, and lvs_nginx_sites.www has .example.com, " + PROVE,
    ),
    "an expression": (
        {SITE + ".aliases": ["~^w[0-9]$"]},
        OWN + ".acme.names is missing, and lvs_nginx_sites.www has ~^w[0-9]$, " + PROVE,
    ),
    "an address": (
        {SITE + ".server_names": ["192.0.2.1"]},
        OWN + ".acme.names is missing, and lvs_nginx_sites.www has 192.0.2.1, " + PROVE,
    ),
    "no names": (
        {SITE + ".server_names": []},
        OWN + ".acme.names is missing, and lvs_nginx_sites.www has no server_names; must name hosts",
    ),
    "a name that is not in it": (
        acme(names=["b.example"]), SITE + ".server_names has example.com, but the certificate www is for: b.example",
    ),
    "a stream without names": (
        {"lvs_nginx_upstreams.raw": {"servers": ["192.0.2.9:3306"], "protocol": "stream"},
         "lvs_nginx_streams.raw": {"vip": "web", "ports": [3306], "upstream": "raw", "tls": "www"}},
        OWN + ".acme.names is missing, and lvs_nginx_streams.raw has the certificate; must name hosts",
    ),
    "a name twice": (acme(names=["example.com", "Example.com"]), OWN + ".acme.names has example.com twice"),
    "too many names": (
        acme(names=["example.com", *("a%d.example" % number for number in range(100))]),
        OWN + ".acme.names are 101; must be at most 100",
    ),
    "port 80 elsewhere": (
        {"lvs_virtual_services.web.ports": [8080, 443], SITE + ".ports": [8080]},
        OWN + ".acme needs port 80 of a VIP, where a directory asks, and none leads to a site; the services have: "
        "443, 8080",
    ),
    "a route in its place": (
        {SITE + ".routes": [{"path": "/.well-known/acme-challenge/x", "answer": 404}]},
        SITE + ".routes[0].path is below /.well-known/acme-challenge/, which answers the directory of a certificate; "
        "must be another",
    ),
    "the port of a site": (
        {"lvs_nginx_challenge_port": 443},
        "lvs_nginx_challenge_port is 443, which is a port of lvs_nginx_sites.www; must be a port of its own",
    ),
    "the port of counters": (
        {"lvs_nginx_challenge_port": 8711},
        "lvs_nginx_challenge_port is 8711, which is lvs_nginx_status_port; must be a port of its own",
    ),
    "a port that is lent": (
        {"lvs_nginx_challenge_port": 20001, "lvs_nginx_limits": {"local_ports": {"first": 20000, "last": 60999}}},
        "lvs_nginx_challenge_port is 20001, which is one of lvs_nginx_limits.local_ports; must be another",
    ),
    "both of one kind": (
        {"lvs_certificates": {"www": {"acme": ACME}, "b": {"acme": ACME}},
         SITE + ".tls": {"certificate": ["www", "b"]}},
        SITE + ".tls.certificate has www and b, both of ECDSA; must be one for each kind of key",
    ),
    "an authority": (
        {SITE + ".tls": {"certificate": "www", "client_certificates": "www"}},
        SITE + ".tls.client_certificates.authority names www, which is not the certificate of an authority",
    ),
    "a program's as an authority": (
        {OWN: {"command": ["/usr/bin/own"]}, SITE + ".tls": {"certificate": "www", "client_certificates": "www"}},
        SITE + ".tls.client_certificates.authority names www, which is not the certificate of an authority",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_a_directory_would_refuse_is_refused_before(what: str) -> None:
    changes, message = WRONG[what]
    assert mistakes(changes) == [message]


@pytest.mark.parametrize(
    "names", [["*.example.com"], ["192.0.2.1"], ["2001:db8::1"], ["a b"], [".example.com"], ["a.1"]]
)
def test_names_are_those_of_hosts(names: list[str]) -> None:
    (told,) = mistakes(acme(names=names))
    assert told.startswith(OWN + ".acme.names[0] is not what it must be, which is the name of one host: no wildcard")


def certificates(changes: Tree) -> Any:
    return model_of(with_changes({**BASE, **changes}))["hosts"]["web1"]["nginx"]["tls"]["certificates"]


def test_the_names_are_those_of_all_sites_that_have_it() -> None:
    other = {"server_names": ["B.example", "*.c.example"], "aliases": ["a.example"], "upstream": "app", "tls": "www"}
    names = ["example.com", "b.example", "a.example"]
    sites = {SITE + ".aliases": ["www.example.com"]}
    (one,) = certificates({**acme(names=[*names, "www.example.com", "x.c.example"]), **sites})
    assert one["asked"]["names"] == [*names, "www.example.com", "x.c.example"]
    other["server_names"] = ["B.example"]
    (one,) = certificates({"lvs_nginx_sites.b": other})
    assert one["asked"]["names"] == ["b.example", "a.example", "example.com"]


def test_a_program_is_asked_for_what_sites_have() -> None:
    (one,) = certificates({OWN: {"command": ["/usr/bin/own", "a b;$x"], "renew_days": 9},
                           SITE + ".server_names": [".example.com", "~x"]})  # fmt: skip
    assert one["certificate"] == "/etc/nginx/lvs-certificates/www.crt"
    assert one["asked"] == {
        "names": ["example.com", "*.example.com"], "acme": None, "command": ["/usr/bin/own", "a b;$x"], "renew_days": 9,
    }  # fmt: skip


def test_nodes_ask_each_other_and_their_firewalls_let_them() -> None:
    model = model_of(with_changes(BASE))
    assert model["hosts"]["web1"]["nginx"]["challenges"] == {
        "port": 8712, "nodes": ["198.51.100.102", "198.51.100.103"],
    }  # fmt: skip
    (opening,) = [one for one in model["hosts"]["web1"]["firewall"]["openings"] if one["ports"] == [8712]]
    assert (opening["sources"], opening["destinations"]) == (["198.51.100.103"], ["198.51.100.102"])
    assert [one for one in model["hosts"]["d1"]["firewall"]["openings"] if 8712 in one["ports"]] == []


@pytest.mark.parametrize("changes", [
    {"lvs_certificates": {"www": "www.pem", "unused": {"acme": ACME}}},
    {OWN: {"command": ["/usr/bin/own"]}},
])  # fmt: skip
def test_without_a_directory_no_port_is_open(changes: Tree) -> None:
    model = model_of(with_changes({**BASE, **changes}))
    assert model["hosts"]["web1"]["nginx"]["challenges"] is None
    assert [one for one in model["hosts"]["web1"]["firewall"]["openings"] if 8712 in one["ports"]] == []


def test_another_port_of_a_real_server_does_where_80_leads_to_it() -> None:
    nat = {"lvs_virtual_services.plain": {"vip": "web", "ports": [80], "real_port": 8080, "forward": "nat"}}
    found = mistakes({"lvs_virtual_services.web.ports": [443], SITE + ".ports": [8080], **nat})
    assert [one for one in found if "acme" in one] == []
