# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example inventories, each served by the real Nginx and asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from certificates import authority, issued, pair
from golden_nginx import example
from nginx_served import Served
from nginx_streams import ask_dns, start_tls, subject
from rendering import files
from test_nginx_tls import asked

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

API: dict[str, Any] = {"host": "api.example.com", "port": 443, "tls": {"name": "api.example.com"}}
SHOP: dict[str, Any] = {"host": "shop.example.com", "port": 443, "tls": {"name": "shop.example.com"}}


def serve(nginx: Served, name: str, **others: str) -> None:
    """Serve what web1 gets of an example, with its applications, which have their addresses of their own."""
    built = build(example(name))
    assert (built.mistakes, built.warnings) == ([], [])
    model: Any = built.model
    made = {
        path: text for path, text in files(model, "web1", {}, nginx.version).items() if path.startswith("/etc/nginx/")
    }
    nginx.start(8080)
    nginx.serve({**made, **others})


def test_the_shop(nginx: Served) -> None:
    place = "/.well-known/acme-challenge/token"
    serve(nginx, "shop", **{"/srv/shop/pictures/a.txt": "a picture", "/var/lib/nginx/lvs-acme" + place: "an answer"})
    assert [nginx.ask(one, host="shop.example.com").status for one in (place, place + "2")] == [200, 404]
    assert nginx.ask("/a", host="shop.example.com").header("Location") == "https://shop.example.com/a"
    picture = nginx.ask("/pictures/a.txt", **SHOP)
    assert (picture.body, picture.header("Cache-Control")) == ("a picture", "public, max-age=86400")
    at = {nginx.ask("/", **SHOP, headers=[("X-Shop", "next")]).seen.at for _time in range(4)}
    assert at == {"192.0.2.33"}
    inside, outside = (nginx.ask("/office", **SHOP, source=one) for one in ("192.0.2.5", "10.0.0.1"))
    assert (inside.status, outside.status) == (200, 403)
    first = nginx.ask("/office", **SHOP, source="192.0.2.5")
    cookie = next(one.partition(";")[0] for one in first.all("Set-Cookie") if one.startswith("shop_server="))
    again = {
        nginx.ask("/office", **SHOP, source="192.0.2.5", headers=[("Cookie", cookie)]).seen.at for _time in range(6)
    }
    assert len(again) == 1
    assert again <= {"192.0.2.31", "192.0.2.32"}


def test_the_api(nginx: Served, tmp_path: Path) -> None:
    own, partners = pair("api.example.com"), authority("partners")
    acme = {"/etc/acme/api.crt": own.certificate, "/etc/acme/api.key": own.key}
    serve(nginx, "api", **acme, **{"/etc/ssl/partners.crt": partners.certificate})
    (tmp_path / "partner").write_text(issued(by=partners, subject="a partner").both)
    shown = ("-cert", str(tmp_path / "partner"), "-key", str(tmp_path / "partner"))
    said = asked(nginx, shown, "/partners/x", "api.example.com")
    assert said.startswith("HTTP/1.1 200 ")
    assert '["X-SSL-Client-Subject", "CN=a partner"]' in said
    assert asked(nginx, (), "/partners/x", "api.example.com", "X-SSL-Client-Subject: CN=a partner\r\n")[9:12] == "403"
    nginx.forget()
    assert nginx.ask("/v1/x", **API).body == "use /v2"
    told = nginx.ask("/v2/things?a=1", **API).seen
    assert (told.target, told.at in {"192.0.2.41", "192.0.2.42"}) == ("/things?a=1", True)
    assert [one.target for one in nginx.seen() if one.at == "192.0.2.43"] == ["/check"]
    asks = [("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "DELETE")]
    preflight = nginx.ask("/v2/things", method="OPTIONS", headers=asks, **API)
    assert (preflight.status, preflight.header("Access-Control-Allow-Origin")) == (204, "https://app.example.com")

    nginx.start(50051, "grpc")
    call: dict[str, Any] = {"name": "api.example.com", "metadata": [("authorization", "Bearer x")]}
    assert nginx.grpc("/shop.Orders/List", "all", **call).code == 0
    assert [(one.at, one.target) for one in nginx.seen()][-2:] == [
        ("192.0.2.43", "/check"), (nginx.seen(50051)[0].at, "/shop.Orders/List"),
    ]  # fmt: skip
    assert nginx.seen(50051)[0].at in {"192.0.2.44", "192.0.2.45"}
    nginx.tell(8080, "status=401")
    assert (nginx.grpc("/shop.Orders/List", "all", **call).code, len(nginx.seen(50051))) == (16, 1)


def test_the_website(nginx: Served) -> None:
    pages = {"/srv/www/index.html": "home", "/srv/www/about.html": "about", "/srv/www/lost.html": "lost"}
    serve(nginx, "website", **pages)
    answers = {path: nginx.ask(path, host="www.example.com") for path in ("/", "/about", "/nothing")}
    assert {path: (one.status, one.body) for path, one in answers.items()} == {
        "/": (200, "home"),
        "/about": (200, "about"),
        "/nothing": (404, "lost"),
    }
    apex = nginx.ask("/about?a=1", host="example.com")
    assert (apex.status, apex.header("Location")) == (301, "http://www.example.com/about?a=1")
    assert nginx.ask("/blog/x", host="www.example.com").header("Location") == "https://blog.example.com/blog/x"


def test_tcp_passthrough(nginx: Served) -> None:
    """Applications show their own certificates; a database and a name server answer beside a site."""
    names = {8443: "shop.example.com", 9443: "pay.example.com"}
    for port, name in names.items():
        start_tls(nginx, port, name)
    nginx.start(6432)
    nginx.udp(5353)
    serve(nginx, "tcp-passthrough")
    asked = (*names.values(), "other.example.com")
    assert [subject(nginx, 443, name) for name in asked] == [*names.values(), ""]
    assert nginx.ask("/", host="www.example.com").seen.at == "192.0.2.41"
    inside, outside = (nginx.ask("/", port=5432, source=one) for one in ("198.51.100.7", "192.0.2.7"))
    assert (inside.seen.at, outside.status) == ("192.0.2.61", 0)
    assert ask_dns(nginx, "0001", port=53)[0].startswith("0001")
