# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Nginx speaks with the servers of an upstream: HTTP over TLS, FastCGI, uwsgi."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from nginx_served import Refused, Served

Tree = dict[str, Any]
UPSTREAM = "lvs_nginx_upstreams.app"
PORT = 9011
HERE = ["127.0.0.1:%d" % PORT]


def upstream(**given: Any) -> Tree:
    return {UPSTREAM: {"servers": HERE, **given}}


# --- TLS

NAMES = {"server": "app.example.com", "other": "other.example.com", "client": "node"}
SIGN = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=%s %s"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """KIND.crt and KIND.key of an authority and of those of NAMES, which it signed."""
    folder = tmp_path_factory.mktemp("keys")

    def run(command: str) -> None:
        subprocess.run(command.split(), check=True, capture_output=True, cwd=folder)

    run(SIGN % ("ca", "-keyout ca.key -out ca.crt"))
    for kind, name in NAMES.items():
        ours = "-keyout %s.key -out %s.crt -CA ca.crt -CAkey ca.key -addext subjectAltName=DNS:%s" % (kind, kind, name)
        run(SIGN % (name, ours + " -addext basicConstraints=critical,CA:FALSE"))
    # A server that two more authorities stand behind.
    for kind, above in (("first", "ca"), ("second", "first")):
        run(SIGN % (kind, "-keyout %s.key -out %s.crt -CA %s.crt -CAkey %s.key" % (kind, kind, above, above)))
    ours = "-keyout deep.key -out deep.crt -CA second.crt -CAkey second.key -addext subjectAltName=DNS:%s"
    run(SIGN % (NAMES["server"], ours % NAMES["server"] + " -addext basicConstraints=critical,CA:FALSE"))
    chain = [(folder / name).read_text() for name in ("deep.crt", "second.crt", "first.crt")]
    (folder / "deep.crt").write_text("".join(chain))
    return folder


def secured(
    nginx: Served, keys: Path, kind: str = "server", clients: bool = False, least: str = "TLSv1_2", **tls: Any
) -> None:
    """Nginx before an application with a certificate of that kind, which speaks at least that version of TLS."""
    files = {"least": least, "certificate": str(keys / (kind + ".crt")), "key": str(keys / (kind + ".key"))}
    nginx.start(PORT, tls={**files, **({"clients": str(keys / "ca.crt")} if clients else {})})
    mine = {"/etc/nginx/tls/" + path.name: path.read_text() for path in keys.iterdir()}
    given = {"name": NAMES["server"], "trusted": "/etc/nginx/tls/ca.crt", **tls}
    nginx.site(
        upstream(protocol="https", tls={key: value for key, value in given.items() if value is not None}), files=mine
    )


def test_a_server_is_told_its_name_and_proves_it(nginx: Served, keys: Path) -> None:
    secured(nginx, keys)
    answer = nginx.ask("/a?b=c", method="POST", body="x")
    assert (answer.status, answer.seen.target, answer.seen.body) == (200, "/a?b=c", "x")
    assert answer.seen.more["tls"] == {"name": "app.example.com", "client": ""}
    assert answer.seen.header("X-Forwarded-Proto") == "http"


def test_authorities_may_stand_between(nginx: Served, keys: Path) -> None:
    secured(nginx, keys, "deep")
    assert nginx.ask().status == 200


def test_a_server_may_speak_the_newest_tls_only(nginx: Served, keys: Path) -> None:
    secured(nginx, keys, least="TLSv1_3")
    assert nginx.ask().status == 200


def test_a_server_of_another_name_gets_no_request(nginx: Served, keys: Path) -> None:
    secured(nginx, keys, "other")
    assert (nginx.ask().status, nginx.seen()) == (502, [])
    secured(nginx, keys, "other", verify=False, trusted=None)
    assert nginx.ask().seen.more["tls"]["name"] == "app.example.com"


def test_a_server_of_another_authority_gets_no_request(nginx: Served, keys: Path) -> None:
    secured(nginx, keys, trusted="/etc/nginx/tls/client.crt")
    assert (nginx.ask().status, nginx.seen()) == (502, [])


def test_the_system_s_authorities_are_trusted(nginx: Served, keys: Path) -> None:
    system = {"/etc/ssl/certs/ca-certificates.crt": (keys / "ca.crt").read_text()}
    nginx.start(PORT, tls={"certificate": str(keys / "server.crt"), "key": str(keys / "server.key")})
    nginx.site(upstream(protocol="https", tls={"name": NAMES["server"]}), files=system)
    assert nginx.ask().status == 200


def test_a_server_that_asks_for_a_certificate_gets_one(nginx: Served, keys: Path) -> None:
    own = {"certificate": "/etc/nginx/tls/client.crt", "key": "/etc/nginx/tls/client.key"}
    secured(nginx, keys, clients=True, **own)
    assert nginx.ask().seen.more["tls"]["client"] == "node"
    secured(nginx, keys, clients=True)
    assert nginx.ask().status in (400, 502)


def test_a_file_that_is_not_there_is_told(nginx: Served) -> None:
    with pytest.raises(Refused, match=r"/etc/none\.pem"):
        nginx.site(upstream(protocol="https", tls={"name": "a", "trusted": "/etc/none.pem"}))


# --- FastCGI and uwsgi


def params(nginx: Served, target: str, **rest: Any) -> dict[str, str]:
    found: dict[str, str] = nginx.ask(target, **rest).seen.more["params"]
    return found


@pytest.mark.parametrize("protocol", ["fastcgi", "uwsgi"])
def test_a_program_is_told_of_the_request(nginx: Served, protocol: str) -> None:
    nginx.start(PORT, protocol)
    nginx.site(upstream(protocol=protocol, params={"APP_ENV": "live", "SERVER_NAME": "shop"}))
    sent = [("Content-Type", "text/x"), ("X-Kind", "1"), ("Proxy", "http://evil"), ("X-Forwarded-For", "10.9.9.9")]
    asked = {"method": "PUT", "body": "hello", "headers": sent, "source": "192.0.2.7"}
    told = params(nginx, "/a%20b?c=d", **asked)
    wanted = {
        "REQUEST_METHOD": "PUT", "REQUEST_URI": "/a%20b?c=d", "QUERY_STRING": "c=d", "CONTENT_TYPE": "text/x",
        "CONTENT_LENGTH": "5", "PATH_INFO": "/a b", "SERVER_NAME": "shop", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_SCHEME": "http", "REMOTE_ADDR": "192.0.2.7", "SERVER_ADDR": "127.0.0.1",
        "APP_ENV": "live", "HTTP_HOST": "example.com", "HTTP_X_KIND": "1", "HTTP_X_FORWARDED_FOR": "192.0.2.7",
        "HTTP_X_REAL_IP": "192.0.2.7", "SERVER_SOFTWARE": "nginx", "DOCUMENT_URI": "/a b",
    }  # fmt: skip
    assert {key: told.get(key) for key in wanted} == wanted
    assert not {"HTTP_PROXY", "HTTPS"} & set(told)
    assert told["REMOTE_PORT"].isdigit()
    assert nginx.seen()[0].body == "hello"


@pytest.mark.parametrize("protocol", ["fastcgi", "uwsgi"])
def test_what_a_route_says_holds_for_a_program_too(nginx: Served, protocol: str) -> None:
    nginx.start(PORT, protocol)
    route = {
        "path": "/in", "rewrite": {"strip": True}, "read_timeout": 0.2,
        "request_headers": {"set": {"X-New": "$request_method"}, "remove": ["X-Gone"]},
        "response_headers": {"remove": ["X-Inner"], "set": {"X-Set": "1"}},
    }  # fmt: skip
    nginx.site({**upstream(protocol=protocol), "lvs_nginx_sites.www.routes": [route]})
    answer = nginx.ask("/in/a?status=404&header=X-Inner:1", headers=[("X-Gone", "1"), ("X-New", "2")])
    told = answer.seen.more["params"]
    assert (answer.status, told["PATH_INFO"], told["HTTP_X_NEW"]) == (404, "/a", "GET")
    assert ("HTTP_X_GONE" in told, answer.header("X-Inner"), answer.header("X-Set")) == (False, None, "1")
    assert nginx.ask("/in?hold=1").status == 504


@pytest.mark.parametrize(("method", "status"), [("GET", {200}), ("POST", {200, 502})])
@pytest.mark.parametrize("protocol", ["fastcgi", "uwsgi"])
def test_a_request_goes_to_another_program(nginx: Served, protocol: str, method: str, status: set[int]) -> None:
    servers = [{"address": "127.0.0.1", "port": port, "max_fails": 0} for port in (9011, 9012)]
    for port in (9011, 9012):
        nginx.start(port, protocol)
    nginx.tell(9012, "die=1")
    nginx.site({UPSTREAM: {"servers": servers, "protocol": protocol}})
    assert {nginx.ask(method=method).status for _time in range(6)} == status


@pytest.mark.parametrize(
    ("fastcgi", "asked", "script", "rest"),
    [
        ("/srv/app", "/a.php?x=1", "/a.php", ""),
        ("/srv/app", "/a.php/more/x.php", "/a.php", "/more/x.php"),
        ("/srv/app", "/shop/", "/shop/index.php", ""),
        ({"root": "/srv/app", "script": "/index.php"}, "/any/path.php/x", "/index.php", None),
    ],
)
def test_a_script_is_found(nginx: Served, fastcgi: Any, asked: str, script: str, rest: str | None) -> None:
    nginx.start(PORT, "fastcgi")
    nginx.site(upstream(protocol="fastcgi", fastcgi=fastcgi))
    told = params(nginx, asked)
    assert (told["SCRIPT_NAME"], told["SCRIPT_FILENAME"]) == (script, "/srv/app" + script)
    assert told["GATEWAY_INTERFACE"] == "CGI/1.1"
    assert (told["DOCUMENT_ROOT"], told.get("PATH_INFO"), told["REDIRECT_STATUS"]) == ("/srv/app", rest, "200")


def test_a_connection_of_fastcgi_is_used_again(nginx: Served) -> None:
    nginx.start(PORT, "fastcgi")
    nginx.site(upstream(protocol="fastcgi"), nginx_worker_processes="1")
    assert [nginx.ask().seen.connection for _time in range(5)] == [1] * 5
