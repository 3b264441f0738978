# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with certificates and with sites that have TLS, and what comes of them in the model."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, put, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"
TLS: Tree = {
    "lvs_virtual_services.web.ports": [80, 443],
    "lvs_certificates": {"www": "www.pem", "rsa": "rsa.pem", "staff": "staff.pem"},
    SITE + ".tls": "www",
}
FACTS: Tree = {
    "faults": [], "as_server": [], "names": ["example.com"], "kind": "ECDSA", "days": 90, "authority": True,
    "key": True,
}  # fmt: skip
ROUTE = {"path": "/in", "client_certificate": "required"}
STAFF = {"certificate": "www", "client_certificates": "staff"}
WITH_STAFF = {SITE + ".tls": STAFF}
OTHER = {"server_names": ["b.example"], "upstream": "app"}


def mistakes(changes: Tree, facts: Tree | None = None) -> list[str]:
    """``facts``: of the certificates, by name."""
    inventory = with_changes({**TLS, **changes})
    inventory["certificates"] = {"d1": {name: {**FACTS, **one} for name, one in (facts or {}).items()}}
    return [one.message for one in build(inventory).mistakes]


WRONG: dict[str, tuple[Tree, list[str]]] = {
    "an unknown certificate": (
        {SITE + ".tls": "shop"},
        [SITE + '.tls.certificate names "shop", which is not a certificate; there are: rsa, staff, www'],
    ),
    "no certificate": ({SITE + ".tls": {}}, [SITE + ".tls.certificate is missing"]),
    "none in the list": ({SITE + ".tls": {"certificate": []}}, [SITE + ".tls.certificate is empty"]),
    "one twice": ({SITE + ".tls": {"certificate": ["www", "www"]}}, [SITE + ".tls.certificate has www twice"]),
    "a port that nothing brings": (
        {"lvs_virtual_services.web.ports": [80]},
        [
            SITE + ".tls.ports has 443, which no TCP service brings to the real servers; give it to one; the services "
            "bring: 80"
        ],
    ),
    "a port of both kinds": (
        {SITE + ".tls": {"certificate": "www", "ports": [80, 443]}},
        [SITE + ".tls.ports has 80, as ports, which is plain HTTP; must be another"],
    ),
    "a port that another site has without TLS": (
        {"lvs_virtual_services.web.ports": [80, 81, 443], SITE + ".tls": {"certificate": "www", "ports": [81, 443]},
         "lvs_nginx_sites.b": {**OTHER, "ports": [81]}},
        [SITE + ".tls.ports has 81, where lvs_nginx_sites.b has plain HTTP; must be another"],
    ),
    "a port of HTTPS that only one has": (
        {"lvs_virtual_services.web.ports": [80, 443, 444]},
        [
            "lvs_virtual_services.web.ports has 444, which no site has, beside 80 of lvs_nginx_sites.www; give it to "
            "the site as well, and a port of another program must be in a service of its own"
        ],
    ),
    "one name on one port of HTTPS": (
        {"lvs_nginx_sites.b": {**OTHER, "server_names": ["example.com"], "ports": [8080], "tls": "www"},
         "lvs_virtual_services.web.ports": [80, 443, 8080]},
        [SITE + ".server_names has example.com, as lvs_nginx_sites.b on the same port"],
    ),
    "a list of browsers without the names below": (
        {SITE + ".tls": {"certificate": "www", "hsts": {"max_age": 1, "preload": True}}},
        [SITE + ".tls.hsts.preload is true, but subdomains is false; must be with subdomains"],
    ),
    "a route that asks for what the site does not": (
        {SITE + ".routes": [ROUTE]},
        [SITE + ".routes[0].client_certificate is given, but the site has no tls.client_certificates"],
    ),
    "an authority that there is not": (
        {SITE + ".tls": {"certificate": "www", "client_certificates": "me"}},
        [
            SITE + '.tls.client_certificates.authority names "me", which is not a certificate; there are: rsa, staff, '
            "www"
        ],
    ),
    "two authorities on a port": (
        {**WITH_STAFF, "lvs_nginx_sites.b": {**OTHER, "tls": {"certificate": "www", "client_certificates": "rsa"}}},
        [
            SITE + ".tls.client_certificates.authority names staff, but lvs_nginx_sites.b on the same port rsa; must "
            "be one, as a client could take its session with one to the other"
        ],
    ),
    "a relative path on nodes": (
        {"lvs_certificates.www": {"certificate": "a.pem", "key": "-----BEGIN PRIVATE KEY-----", "on_node": True}},
        [
            "lvs_certificates.www.%s is on_node; must be an absolute path of letters, digits or _ . + @ - /, without "
            "arguments" % field
            for field in ("certificate", "key")
        ],
    ),
    "a chain on nodes": (
        {"lvs_certificates.www": {"certificate": "/a.pem", "chain": "/b.pem", "on_node": True}},
        ["lvs_certificates.www.chain is given, but on_node is true; must be in the file of certificate"],
    ),
    "no text": ({"lvs_certificates.www": {"certificate": 5}},
                ["lvs_certificates.www.certificate is no text; must be a file or a text in PEM"]),
    "a text that is no path": (
        {"lvs_certificates.www": "a\nb"},
        ["lvs_certificates.www.certificate is neither a file nor a text in PEM, which has -----BEGIN"]),
    "HTTP/3": (
        {"lvs_tls": {"http3": True}},
        [
            "lvs_tls.http3 is true; must be false, as Nginx has no HTTP/3 before 1.25, and IPVS takes the packets of a "
            "client whose address changes for another client's"
        ],
    ),
    "days without a secret": ({"lvs_tls": {"ticket_days": 1}},
                              ["lvs_tls.ticket_days is given, but there is no ticket_secret, of which the keys are "
                               "made"]),
    "a short secret": ({"lvs_tls": {"ticket_secret": "short"}},
                       ["lvs_tls.ticket_secret has 5 characters; must have 32-512"]),
    "a short secret in a list": ({"lvs_tls": {"ticket_secret": ["s" * 32, "s"]}},
                                 ["lvs_tls.ticket_secret [1] of it has 1 characters; must have 32-512"]),
    "the same secret twice": ({"lvs_tls": {"ticket_secret": ["s" * 32, "s" * 32]}},
                              ["lvs_tls.ticket_secret must be one secret, or a list of 2 or 3 different ones"]),
    "a secret that is no text": ({"lvs_tls": {"ticket_secret": 5}},
                                 ["lvs_tls.ticket_secret is no text; put it in quotes"]),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "messages"), WRONG.values(), ids=WRONG)
def test_wrong(changes: Tree, messages: list[str]) -> None:
    assert mistakes(changes) == messages


FACTS_WRONG: dict[str, tuple[Tree, Tree, list[str]]] = {
    "a fault": (
        {}, {"www": {"faults": [("key", "has a passphrase")]}}, ["lvs_certificates.www.key has a passphrase"],
    ),
    "a fault of a server": (
        {}, {"www": {"as_server": [("key", "is missing")]}}, ["lvs_certificates.www.key is missing"],
    ),
    "no fault where it is no server": ({}, {"staff": {"as_server": [("key", "is missing")], "names": []}}, []),
    "a name that it is not for": (
        {SITE + ".server_names": ["example.com", "b.example.com", ".example.org"], SITE + ".aliases": ["a.b.c"]},
        {"www": {"names": ["example.com", "*.example.org"]}},
        [
            SITE + ".aliases has a.b.c, but the certificate www is for: *.example.org, example.com",
            SITE + ".server_names has b.example.com, but the certificate www is for: *.example.org, example.com",
            SITE + ".server_names has example.org, but the certificate www is for: *.example.org, example.com",
        ],
    ),
    "names that it is for": (
        {SITE + ".server_names": ["EXAMPLE.com", "*.example.org", "b.example.org", "~^x", "www.*"]},
        {"www": {"names": ["example.com", "*.example.org"]}}, [],
    ),
    "two of a kind": (
        {SITE + ".tls": ["www", "rsa"]}, {},
        [SITE + ".tls is a list; must be a dict with certificate, ports, redirect, hsts, client_certificates"],
    ),
    "two keys of a kind": (
        {SITE + ".tls": {"certificate": ["www", "rsa"]}}, {"www": {}, "rsa": {}},
        [SITE + ".tls.certificate has www and rsa, both of ECDSA; must be one for each kind of key"],
    ),
    "one key of each kind": (
        {SITE + ".tls": {"certificate": ["www", "rsa"]}}, {"www": {}, "rsa": {"kind": "RSA"}}, [],
    ),
    "no authority": (
        WITH_STAFF, {"staff": {"authority": False}},
        [SITE + ".tls.client_certificates.authority names staff, which is not the certificate of an authority"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "facts", "messages"), FACTS_WRONG.values(), ids=FACTS_WRONG)
def test_what_is_in_a_certificate_is_looked_at(changes: Tree, facts: Tree, messages: list[str]) -> None:
    assert mistakes(changes, facts) == messages


def test_each_host_has_the_keys_that_it_needs() -> None:
    inventory = with_changes({**TLS, "lvs_tls": {"ticket_secret": "s" * 32}})
    put(inventory, "web1:lvs_certificates", ...)
    put(inventory, "web2:lvs_tls", ...)
    assert [one.message for one in build(inventory).mistakes] == [
        "lvs_certificates is not set for web1, which needs it for its sites",
        "lvs_tls is not set for web2, which needs it for its sites",
    ]


def test_no_value_of_a_certificate_is_told() -> None:
    secret = "-----BEGIN PRIVATE KEY-----\nMIIsecret"
    told = mistakes({"lvs_certificates.www": {"certificate": secret, "key": [secret], "on_node": "x" + secret}})
    assert told
    assert not [one for one in told if "MII" in one]
    assert "MII" not in str(model_of(with_changes({**TLS, "lvs_certificates.www": secret})))


def test_the_model_of_a_site() -> None:
    changes = {**TLS, **WITH_STAFF, "lvs_certificates.staff": {"certificate": "/etc/staff.pem", "on_node": True}}
    routes = [ROUTE, {"path": "/open", "client_certificate": "optional"}]
    nginx = model_of(with_changes({**changes, SITE + ".routes": routes}))["hosts"]["web1"]["nginx"]
    assert nginx["tls"]["certificates"] == [
        {"name": "staff", "certificate": "/etc/staff.pem", "key": None, "on_node": True, "asked": None},
        {"name": "www", "certificate": "/etc/nginx/lvs-certificates/www.crt",
         "key": "/etc/nginx/lvs-certificates/www.key", "on_node": False, "asked": None},
    ]  # fmt: skip
    assert [one["client_certificate"] for one in nginx["sites"][0]["routes"]] == [True, False, True]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({}, {"type": "https", "path": "/lvs-health", "host": "example.com"}),
        ({SITE + ".server_names": ["~^x", ".example.org"]}, {"type": "https", "host": "example.org"}),
        ({SITE + ".server_names": ["*.example.org"]}, {"type": "https", "host": "lvs-check.example.org"}),
        ({SITE + ".server_names": ["~^x"]}, {"type": "tcp", "host": None}),
        ({SITE + ".server_names": ["~^x"], SITE + ".default": True}, {"type": "https", "host": None}),
        ({SITE + ".server_names": []}, {"type": "https", "host": None}),
        ({"lvs_virtual_services.web.check": {"type": "https", "host": "a.b"}}, {"type": "https", "host": "a.b"}),
    ],
)
def test_how_directors_check_a_port_of_https(changes: Tree, check: Tree) -> None:
    services = model_of(with_changes({**TLS, **changes}))["hosts"]["d1"]["director"]["services"]
    found = {one["port"]: one["check"] for one in services}
    assert {name: found[443][name] for name in check} == check


def test_the_sorry_page_has_the_certificates() -> None:
    nginx = model_of(with_changes({**TLS, "lvs_nginx_on_directors": "sorry"}))["hosts"]["d1"]["nginx"]
    assert [(site["name"], site["ports"], site["tls"] and site["tls"]["ports"]) for site in nginx["sites"]] == [
        ("sorry", [80], None), ("www", [], [443]),
    ]  # fmt: skip
    director = model_of(with_changes({**TLS, "lvs_nginx_on_directors": "sorry"}))["hosts"]["d1"]["director"]
    assert [one["sorry_server"]["port"] for one in director["services"]] == [80, 443]
    assert director["check_script"]["http"]["port"] == 80
