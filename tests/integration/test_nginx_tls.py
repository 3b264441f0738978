# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS on the real Nginx: names, profiles, sessions, clients' certificates, and new certificates while clients come."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from certificates import Pair, authority, issued, pair
from inventory import model_of, with_changes
from nginx_served import ONE_APP, Request, Served

from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.asked import asked as asked_of
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.request import told

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"
SECRET = {"lvs_tls": {"ticket_secret": "s" * 32}}
# Of a client that speaks no newer protocol; OpenSSL itself would refuse the older ones.
OLD = "DEFAULT@SECLEVEL=0"


def site(tls: Any = "www", *, others: Tree | None = None, common: Tree | None = None, **more: Any) -> Tree:
    """A site example.com with a certificate of this name; ``others``: further sites; ``common``: lvs_tls."""
    names = ["example.com", "*.example.com"]
    return {
        "lvs_virtual_services.web.ports": [80, 443],
        "lvs_certificates": {"www": pair(*names).both, "other": pair("other.example").both},
        SITE: {"server_names": names, "upstream": "app", "tls": tls, **more},
        **{"lvs_nginx_sites." + name: one for name, one in (others or {}).items()},
        **({"lvs_tls": common} if common else {}),
    }


OTHER = {"other": {"server_names": ["other.example"], "upstream": "app", "tls": "other"}}


def shake(nginx: Served, *options: str, name: str = "example.com", port: int = 443, data: str = "") -> str:
    """What `openssl s_client` says of a handshake; TLS 1.3 tells tickets with the answer to a request."""
    where = ["-connect", "127.0.0.1:%d" % port, *(["-servername", name] if name else ["-noservername"])]
    script = 'out=$1; shift; printf "%s" "$out" | timeout 60 openssl s_client "$@" 2>&1 | LC_ALL=C tr -d "\\200-\\377"'
    asked = data or "GET /lvs-health HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % name
    return nginx.host("sh", "-c", script, "sh", asked, *where, "-ign_eof", *options)


def protocol(nginx: Served, *options: str, **rest: Any) -> str:
    """The protocol of a handshake, empty where there was none."""
    said = shake(nginx, *options, **rest)
    found = re.search(r"^New, ([A-Za-z0-9.]+), Cipher is (?!\(NONE\))", said, re.MULTILINE)
    session = re.search(r"^ +Protocol +: (TLSv[0-9.]+)$", said, re.MULTILINE)
    return (session or found).group(1) if found and (session or found) else ""


def subject(nginx: Served, name: str, *options: str) -> str:
    """The name of the certificate that a server shows; empty without one."""
    found = re.search(r"^subject=CN ?= ?(.*)$", shake(nginx, *options, name=name), re.MULTILINE)
    return found.group(1) if found else ""


def ask(nginx: Served, target: str = "/", host: str = "example.com", **rest: Any) -> Any:
    tls = {"name": host, **rest.pop("tls", {})}
    return nginx.ask(target, host=host, port=rest.pop("port", 443), tls=tls, **rest)


def test_a_site_answers_with_tls_and_the_application_is_told(nginx: Served) -> None:
    assert nginx.site(site()) == ""
    answer = ask(nginx, "/a?b=c", source="192.0.2.7")
    assert (answer.status, answer.seen.target) == (200, "/a?b=c")
    told = {name: answer.seen.header(name) for name in ("X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-IP", "Host")}
    assert told == {
        "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443", "X-Real-IP": "192.0.2.7", "Host": "example.com",
    }  # fmt: skip
    (line,) = nginx.requests(count=1)
    assert (line["tls"], line["cipher"]) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")


def test_plain_http_is_sent_to_https_but_the_directors_checks_are_not(nginx: Served) -> None:
    nginx.site(site(aliases=["old.example.com"], maintenance=True))
    answer = nginx.ask("/a/b?c=d%20e", host="x.example.com:80")
    assert (answer.status, answer.header("Location")) == (301, "https://x.example.com/a/b?c=d%20e")
    assert nginx.ask(host="old.example.com").header("Location") == "https://old.example.com/"
    assert [nginx.ask("/lvs-health").status, ask(nginx, "/lvs-health").status] == [200, 200]
    assert nginx.seen() == []
    assert ask(nginx, "/a?b", host="old.example.com").header("Location") == "https://example.com/a?b"


def test_the_port_of_https_may_be_another(nginx: Served) -> None:
    changes = site({"certificate": "www", "ports": [8443]})
    nginx.site({**changes, "lvs_virtual_services.web.ports": [80, 8443]})
    assert nginx.ask("/a").header("Location") == "https://example.com:8443/a"
    assert ask(nginx, port=8443).status == 200


def test_both_may_serve_the_same(nginx: Served) -> None:
    nginx.site(site({"certificate": "www", "redirect": False}))
    assert [nginx.ask().seen.header("X-Forwarded-Proto"), ask(nginx).seen.header("X-Forwarded-Proto")] == [
        "http", "https",
    ]  # fmt: skip


def test_the_name_selects_site_and_certificate_and_no_other_name_is_served(nginx: Served) -> None:
    nginx.site(site(others=OTHER))
    names = {"example.com": "example.com", "a.example.com": "example.com", "other.example": "other.example"}
    assert {name: subject(nginx, name) for name in names} == names
    for name in ("unknown.example", ""):
        assert subject(nginx, name) == ""
        assert ask(nginx, host=name or "example.com", tls={"name": name}).error in ("tls", "closed", "reset")
    assert nginx.seen() == []
    assert nginx.logs("error.log") == []


def test_a_site_alone_on_its_port_refuses_other_names_too_unless_it_is_the_default(nginx: Served) -> None:
    nginx.site(site())
    assert subject(nginx, "unknown.example") == ""
    nginx.site(site(default=True))
    assert subject(nginx, "unknown.example") == "example.com"
    assert nginx.ask(host="unknown.example").status == 301


def test_a_client_gets_the_certificate_of_the_kind_that_it_knows(nginx: Served) -> None:
    changes = site({"certificate": ["www", "rsa"]})
    changes["lvs_certificates"]["rsa"] = pair("example.com", "*.example.com", kind="rsa").both
    nginx.site(changes)
    kinds = {kind: shake(nginx, "-tls1_2", "-cipher", kind) for kind in ("aRSA", "aECDSA")}
    assert ["rsaEncryption" in kinds["aRSA"], "id-ecPublicKey" in kinds["aECDSA"]] == [True, True]


def test_the_chain_is_sent(nginx: Served) -> None:
    root, own = authority(), "example.com"
    middle = issued(by=root, authority=True, subject="between")
    server = issued(own, "*." + own, by=middle)
    changes = site()
    changes["lvs_certificates"]["www"] = {
        "certificate": server.certificate, "key": server.key, "chain": middle.certificate,
    }  # fmt: skip
    nginx.site(changes, files={"/etc/nginx/root.pem": root.certificate})
    said = shake(nginx, "-showcerts")
    assert said.count("-----BEGIN CERTIFICATE-----") >= 2
    assert "i:CN = between" in said or "i:CN=between" in said


PROTOCOLS = {"-tls1": "TLSv1", "-tls1_1": "TLSv1.1", "-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}
SPOKEN = {
    "modern": ["TLSv1.3"],
    "intermediate": ["TLSv1.2", "TLSv1.3"],
    "old": ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
}


@pytest.mark.parametrize("profile", SPOKEN)
def test_a_profile_has_its_protocols(nginx: Served, profile: str) -> None:
    nginx.site(site(common={"profile": profile}))
    spoken = {name: protocol(nginx, option, "-cipher", OLD) for option, name in PROTOCOLS.items()}
    assert [name for name, found in spoken.items() if found] == SPOKEN[profile], spoken


def test_a_profile_has_its_ciphers_and_curves(nginx: Served) -> None:
    changes = site({"certificate": ["www", "rsa"]})
    changes["lvs_certificates"]["rsa"] = pair("example.com", "*.example.com", kind="rsa").both
    weak = ("-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0")
    for profile, taken in (("intermediate", ""), ("old", "TLSv1.2")):
        nginx.site({**changes, "lvs_tls": {"profile": profile}})
        assert protocol(nginx, *weak) == taken
        assert protocol(nginx, "-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305") == "TLSv1.2"
        assert protocol(nginx, "-tls1_3", "-curves", "secp521r1") == ""
        assert [protocol(nginx, "-tls1_3", "-curves", one) for one in ("X25519", "prime256v1", "secp384r1")] == [
            "TLSv1.3"
        ] * 3


@pytest.mark.parametrize(
    ("profile", "first"),
    [("intermediate", "ECDHE-ECDSA-CHACHA20-POLY1305"), ("old", "ECDHE-ECDSA-AES128-GCM-SHA256")],
)
def test_who_chooses_the_cipher(nginx: Served, profile: str, first: str) -> None:
    nginx.site(site(common={"profile": profile}))
    wish = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256"
    assert "Cipher is " + first in shake(nginx, "-tls1_2", "-cipher", wish)


@pytest.mark.parametrize(("http2", "chosen"), [(True, "h2"), (False, "http/1.1")])
def test_http2(nginx: Served, http2: bool, chosen: str) -> None:
    assert nginx.site(site(common={"http2": http2}, others=OTHER)) == ""
    said = [shake(nginx, "-alpn", "h2,http/1.1", name=name, data="") for name in ("example.com", "other.example")]
    assert ["ALPN protocol: " + chosen in one for one in said] == [True, True]


def test_hsts_is_off_and_of_its_site_alone(nginx: Served) -> None:
    name = "Strict-Transport-Security"
    route = {"path": "/open", "answer": {"body": "x"}, "response_headers": {"set": {"X-A": "b"}}}
    hsts = {"certificate": "www", "hsts": {"max_age": 300, "subdomains": True, "preload": True}, "redirect": False}
    nginx.site(site(hsts, others=OTHER, routes=[route]))
    told = "max-age=300; includeSubDomains; preload"
    assert [ask(nginx, path).header(name) for path in ("/", "/open", "/lvs-health")] == [told] * 3
    assert [nginx.ask(path).header(name) for path in ("/", "/open")] == [None, None]
    assert ask(nginx, host="other.example").header(name) is None
    nginx.site(site({"certificate": "www", "hsts": 60}))
    assert [ask(nginx).header(name), nginx.ask().header(name)] == ["max-age=60", None]


def test_a_session_goes_on_at_the_node_that_began_it(nginx: Served, tmp_path: Path) -> None:
    nginx.site(site())
    kept = str(tmp_path / "session")
    assert "New, TLSv1.2" in shake(nginx, "-tls1_2", "-sess_out", kept)
    assert "Reused, TLSv1.2" in shake(nginx, "-tls1_2", "-sess_in", kept)
    assert "session ticket" not in shake(nginx, "-tls1_2")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_session_goes_on_at_another_node_by_the_same_secret(nginx: Served, tmp_path: Path, version: str) -> None:
    kept = str(tmp_path / "session")
    first, second = {"ticket_secret": "1" * 32}, {"ticket_secret": ["2" * 32, "1" * 32]}
    nginx.site(site(common=first))
    said = shake(nginx, version, "-sess_out", kept)
    assert "New, TLS" in said
    if version == "-tls1_2":
        assert "lifetime hint: 86400" in said
    nginx.stop()
    nginx.site(site(common=first), host="web2")
    assert "Reused, TLS" in shake(nginx, version, "-sess_in", kept)
    nginx.site(site(common=second), host="web2")
    assert "Reused, TLS" in shake(nginx, version, "-sess_in", kept)
    nginx.site(site(common={"ticket_secret": "3" * 32}), host="web2")
    assert "New, TLS" in shake(nginx, version, "-sess_in", kept)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_session_goes_on_while_keys_of_tickets_change_by_age(nginx: Served, tmp_path: Path, version: str) -> None:
    """Each node gets its keys at its own time."""
    kept, day = str(tmp_path / "session"), 86400
    changes = site(common={"ticket_secret": "1" * 32, "ticket_days": 2})
    # Begun before the change; the other node has changed, also as late as it can.
    nginx.site(changes, now=7 * day)
    assert "New, TLS" in shake(nginx, version, "-sess_out", kept)
    for now, known in ((7 * day, "Reused"), (8 * day, "Reused"), (10 * day - 1, "Reused"), (10 * day, "New")):
        nginx.site(changes, host="web2", now=now)
        assert known + ", TLS" in shake(nginx, version, "-sess_in", kept)
    # Begun at a node that has changed already.
    nginx.site(changes, now=8 * day)
    assert "New, TLS" in shake(nginx, version, "-sess_out", kept)
    nginx.site(changes, host="web2", now=7 * day)
    assert "Reused, TLS" in shake(nginx, version, "-sess_in", kept)
    # Another secret is not known.
    nginx.site(site(common={"ticket_secret": "2" * 32, "ticket_days": 2}), now=8 * day)
    assert "New, TLS" in shake(nginx, version, "-sess_in", kept)


def clients(mode: str = "required", **more: Any) -> Tree:
    return {"certificate": "www", "client_certificates": {"authority": "staff", "mode": mode}, **more}


@pytest.fixture
def shown(tmp_path: Path) -> dict[str, tuple[str, ...]]:
    """Options of s_client: a client of the authority, one of another, one without a certificate."""
    staff = authority("staff")
    found: dict[str, tuple[str, ...]] = {"none": ()}
    for name, by in {"bob": staff, "stranger": authority("strangers")}.items():
        own: Pair = issued(by=by, subject=name)
        (tmp_path / name).write_text(own.both)
        found[name] = ("-cert", str(tmp_path / name), "-key", str(tmp_path / name))
    return found


def asked(nginx: Served, options: tuple[str, ...], path: str = "/", name: str = "example.com", head: str = "") -> str:
    """The status line and the body of an answer."""
    data = "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n" % (path, name, head)
    said = shake(nginx, *options, "-quiet", name=name, data=data)
    return said[said.find("HTTP/1.1") :]


def status(nginx: Served, options: tuple[str, ...], path: str = "/", **rest: Any) -> str:
    return asked(nginx, options, path, **rest)[9:12]


def with_staff(tls: Tree, **more: Any) -> Tree:
    changes = site(tls, **more)
    changes["lvs_certificates"]["staff"] = authority("staff").certificate
    return changes


def test_clients_show_certificates(nginx: Served, shown: dict[str, tuple[str, ...]]) -> None:
    nginx.site(with_staff(clients()))
    assert {name: status(nginx, one) for name, one in shown.items()} == {
        "none": "403", "bob": "200", "stranger": "400",
    }  # fmt: skip
    assert status(nginx, (), "/lvs-health") == "200"


def test_authorities_between_are_counted(nginx: Served, tmp_path: Path) -> None:
    upper = issued(by=authority("staff"), authority=True, subject="upper")
    lower = issued(by=upper, authority=True, subject="lower")
    own = issued(by=lower, subject="bob")
    for name, text in {"bob": own.both, "between": lower.certificate + upper.certificate}.items():
        (tmp_path / name).write_text(text)
    bob = ("-cert", str(tmp_path / "bob"), "-key", str(tmp_path / "bob"), "-cert_chain", str(tmp_path / "between"))
    found = {}
    for depth in (1, 2):
        tls = {"certificate": "www", "client_certificates": {"authority": "staff", "depth": depth}}
        nginx.site(with_staff(tls))
        found[depth] = status(nginx, bob)
    assert found == {1: "400", 2: "200"}


def test_a_route_requires_a_certificate_or_does_not(nginx: Served, shown: dict[str, tuple[str, ...]]) -> None:
    inside = {"path": "/in", "client_certificate": "required", "upstream": "app"}
    nginx.site(with_staff(clients("optional"), routes=[inside, {"path": "/in2", "answer": 204}]))
    assert [status(nginx, (), path) for path in ("/", "/in", "/in2")] == ["200", "403", "204"]
    assert status(nginx, shown["bob"], "/in") == "200"
    nginx.site(with_staff(clients(), routes=[{"path": "/open", "client_certificate": "optional", "upstream": "app"}]))
    assert [status(nginx, (), path) for path in ("/", "/open")] == ["403", "200"]


def test_an_application_is_told_who_showed_a_certificate_and_nobody_can_claim_it(
    nginx: Served, shown: dict[str, tuple[str, ...]]
) -> None:
    nginx.site(with_staff(clients("optional"), others=OTHER))
    claim = "X-SSL-Client-Subject: CN=bob\r\n"
    assert '["X-SSL-Client-Subject", "CN=bob"]' in asked(nginx, shown["bob"])
    for answer in (asked(nginx, (), head=claim), asked(nginx, (), name="other.example", head=claim)):
        assert answer[9:12] == "200"
        assert "X-SSL-Client" not in answer
    # One name in the handshake and another in the request.
    assert nginx.ask(host="example.com", port=443, tls={"name": "other.example"}).status == 421


def test_certificates_change_while_clients_come_and_none_of_them_fails(nginx: Served) -> None:
    nginx.site(site())
    served = {subject(nginx, "example.com", "-tls1_2") and shake(nginx).split("-----BEGIN CERTIFICATE-----")[1][:200]}
    requests = [Request("/%d" % number, port=443, tls={"name": "example.com"}, headers=[("Connection", "close")])
                for number in range(40)]  # fmt: skip
    for _turn in range(3):
        changes = site()
        changes["lvs_certificates"]["www"] = issued("example.com", "*.example.com").both
        nginx.site(changes, reload=True)
        assert {one.status for one in nginx.ask_many(requests)} == {200}
        served.add(shake(nginx).split("-----BEGIN CERTIFICATE-----")[1][:200])
    assert len(served) == 4


def test_the_sorry_page_has_tls(nginx: Served) -> None:
    changes = {**site(), "lvs_nginx_on_directors": "sorry"}
    page = {"/etc/nginx/lvs-sorry/sorry.html": "sorry"}
    nginx.site(changes, host="d1", files=page)
    assert [(one.status, one.body) for one in (ask(nginx), nginx.ask())] == [(503, "sorry")] * 2
    assert subject(nginx, "unknown.example") == ""


def test_an_answer_that_is_kept_is_of_those_who_showed_the_same_certificate(
    nginx: Served, shown: dict[str, tuple[str, ...]]
) -> None:
    nginx.run("sh", "-c", "rm -rf /var/lib/nginx/lvs-cache-*")
    cached = {"cache": {"zone": "pages", "valid": {200: 3600}}}
    nginx.site({**with_staff(clients("optional"), **cached), "lvs_nginx_caches": {"pages": "10m"}})
    for found in ("MISS", "HIT"):
        for name in ("bob", "none"):
            answer = asked(nginx, shown[name])
            assert "X-Cache-Status: " + found in answer
            assert ("CN=bob" in answer) == (name == "bob")


@pytest.mark.parametrize("default", [None, True])
def test_preview_says_what_becomes_of_a_request(nginx: Served, default: bool | None) -> None:
    changes = site(others={"other": {**OTHER["other"], "tls": None}}, default=default)
    nginx.site(changes)
    model = model_of(with_changes({**ONE_APP, **changes}))
    for url in ("https://example.com/a?b", "https://a.example.com/lvs-health", "http://example.com/a?b",
                "https://unknown.example/", "http://unknown.example/a", "https://other.example/",
                "http://other.example/x", "http://example.com:443/", "https://example.com:80/"):  # fmt: skip
        given = asked_of(url)
        words = told(model, given)
        request = given.request
        tls = {"name": request.host} if given.scheme == "https" else None
        answer = nginx.ask(given.target, host=request.host, port=request.port, tls=tls)
        if answer.status == 0:
            got = ("the handshake fails" if tls else "the connection is closed") + "\n"
        elif answer.header("Location"):
            got = "redirect %d to %s\n" % (answer.status, answer.header("Location"))
        elif answer.status == 400:
            got = ": 400\n"
        else:
            got = "200, ok\n" if answer.body == "ok\n" else "upstream app: GET %s\n" % answer.seen.target
        assert got in words, url
