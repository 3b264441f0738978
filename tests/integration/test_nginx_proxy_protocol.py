# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that come by the PROXY protocol, on the real Nginx."""

from __future__ import annotations

import json
from typing import Any

import pytest
from certificates import pair
from nginx_served import Answer, Served

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"
PROXY, CLIENT, OTHER = "192.0.2.7", "203.0.113.9", "198.51.100.9"
LINE = "PROXY TCP4 %s 198.51.100.200 40000 80\r\n" % CLIENT
CLAIMS = (
    "GET %s HTTP/1.1\r\nHost: example.com\r\nX-Forwarded-For: 10.9.9.9\r\nX-Forwarded-Proto: https\r\n"
    "X-Forwarded-Host: evil.example\r\nX-Request-ID: mine\r\nConnection: close\r\n\r\n"
)  # fmt: skip


def site(**more: Any) -> Tree:
    names = {"server_names": ["example.com"], "upstream": "app", "proxy_protocol": True}
    return {"lvs_trusted_proxies": [PROXY + "/32"], SITE: {**names, **more}}


def ask(nginx: Served, line: str = LINE, source: str = PROXY, target: str = "/", port: int = 80) -> Answer:
    return nginx.ask(raw=line + CLAIMS % target, source=source, port=port)


def test_the_client_is_the_one_of_the_line(nginx: Served) -> None:
    nginx.site(site())
    told = ask(nginx).seen
    assert (told.header("X-Real-IP"), told.all("X-Forwarded-For")) == (CLIENT, [CLIENT])
    (line,) = nginx.requests(count=1)
    assert line["client"] == CLIENT


def test_what_the_client_claims_itself_is_not_believed(nginx: Served) -> None:
    """The proxy does not look into HTTP, so everything there is the client's own."""
    nginx.site(site())
    told = ask(nginx).seen
    found = {name: told.header("X-" + name) for name in ("Forwarded-Proto", "Forwarded-Host", "Forwarded-Port")}
    assert found == {"Forwarded-Proto": "http", "Forwarded-Host": "example.com", "Forwarded-Port": "80"}
    assert told.header("X-Request-ID") != "mine"


def test_on_another_port_a_proxy_of_http_is_believed(nginx: Served) -> None:
    plain = {"server_names": ["example.com"], "upstream": "app", "ports": [8080]}
    nginx.site({**site(), "lvs_virtual_services.web.ports": [80, 8080], "lvs_nginx_sites.api": plain})
    told = ask(nginx, line="", port=8080).seen
    assert (told.header("X-Real-IP"), told.header("X-Forwarded-Proto")) == ("10.9.9.9", "https")


def test_of_somebody_else_the_line_is_not_believed(nginx: Served) -> None:
    nginx.site(site())
    assert ask(nginx, source=OTHER).seen.header("X-Real-IP") == OTHER


def test_without_the_line_there_is_no_answer(nginx: Served) -> None:
    nginx.site(site())
    assert ask(nginx, line="").status == 0
    assert nginx.seen() == []


def test_who_may_come_is_asked_of_the_client(nginx: Served) -> None:
    nginx.site(site(allow=[CLIENT + "/32"]))
    assert [ask(nginx).status, ask(nginx, source=OTHER).status] == [200, 403]


def test_ipv6_clients(nginx: Served) -> None:
    nginx.site(site())
    line = "PROXY TCP6 2001:db8::7 2001:db8::1 40000 80\r\n"
    assert ask(nginx, line=line).seen.header("X-Real-IP") == "2001:db8::7"


def test_the_health_address_answers_who_names_no_client(nginx: Served) -> None:
    """As the check script of a director and verify do."""
    nginx.site(site())
    answer = ask(nginx, line="PROXY UNKNOWN\r\n", target="/lvs-health", source="127.0.0.1")
    assert (answer.status, answer.body) == (200, "ok\n")
    with nginx.connect() as client:
        client.send("PROXY UNKNOWN\r\n")
        assert client.ask("/lvs-health").status == 200


def test_names_that_no_site_has(nginx: Served) -> None:
    others = {"lvs_nginx_sites.api": {"server_names": ["a.example"], "upstream": "app", "proxy_protocol": True}}
    nginx.site({**site(), **others})
    asked = nginx.ask(raw=LINE + "GET / HTTP/1.1\r\nHost: none.example\r\n\r\n", source=PROXY)
    assert (asked.status, asked.error in ("closed", "reset")) == (0, True)
    assert ask(nginx, target="/lvs-health").status == 200


def test_an_alias_takes_it_too(nginx: Served) -> None:
    nginx.site(site(aliases=["www.example.com"]))
    asked = nginx.ask(raw=LINE + "GET /a HTTP/1.1\r\nHost: www.example.com\r\n\r\n", source=PROXY)
    assert (asked.status, asked.header("Location")) == (301, "http://example.com/a")


@pytest.mark.parametrize(("ports", "name"), [([80], "sorry.proxied"), ([80, 8080], "sorry")])
def test_the_sorry_page(nginx: Served, ports: list[int], name: str) -> None:
    plain = {"server_names": ["example.com"], "upstream": "app", "ports": [8080]}
    more = {"lvs_nginx_sites.api": plain} if 8080 in ports else {}
    changes = {**site(), **more, "lvs_virtual_services.web.ports": ports, "lvs_nginx_on_directors": "sorry"}
    nginx.site(changes, host="d1", files={"/etc/nginx/lvs-sorry/sorry.html": "Back soon"})
    found = ask(nginx)
    assert (found.status, found.body) == (503, "Back soon")
    (line,) = nginx.requests(count=1)
    assert (line["client"], line["site"]) == (CLIENT, "sorry.proxied")
    if name == "sorry":
        assert ask(nginx, line="", port=8080).body == "Back soon"


TLS = """
import json, socket, ssl, sys
connection = socket.create_connection(("127.0.0.1", 443), 60, (sys.argv[1], 0))
connection.sendall(sys.argv[2].encode())
context = ssl._create_unverified_context()
with context.wrap_socket(connection, server_hostname="example.com") as spoken:
    spoken.sendall(b"GET / HTTP/1.1\\r\\nHost: example.com\\r\\nConnection: close\\r\\n\\r\\n")
    answer = b""
    while True:
        part = spoken.recv(65536)
        if not part:
            break
        answer += part
print(answer.partition(b"\\r\\n\\r\\n")[2].decode())
"""


def test_tls_comes_behind_the_line(nginx: Served) -> None:
    """Also where no site is the default, and for aliases: Nginx has nothing to say of its files."""
    names = ("example.com", "www.example.com", "a.example")
    other = {"server_names": ["a.example"], "upstream": "app", "proxy_protocol": True, "tls": "www"}
    said = nginx.site(
        {
            **site(tls="www", aliases=["www.example.com"]),
            "lvs_virtual_services.web.ports": [80, 443],
            "lvs_certificates": {"www": pair(*names).both},
            "lvs_nginx_sites.api": other,
        }
    )
    assert "[warn]" not in said
    told = json.loads(nginx.host("python3", "-c", TLS, PROXY, LINE))
    found = {name: value for name, value in told["headers"] if name.startswith("X-")}
    assert (found["X-Real-IP"], found["X-Forwarded-Proto"]) == (CLIENT, "https")
