# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client writes does not become a second request or a header of our own, on the real Nginx."""

from __future__ import annotations

import base64
import re
from collections import Counter
from typing import Any

from nginx_served import Served

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.nginx_variables import DECODED, NAMES

EVIL = "\r\nX-Evil: 1\r\nX-Rest: "
QUOTED = "%0d%0aX-Evil:%201%0d%0aX-Rest:%20"
FAMILIES = ["arg_v", "cookie_c", "http_x_sent", "http_authorization"]


def test_no_variable_in_a_header_brings_a_header_of_the_client(nginx: Served) -> None:
    """Of all that the model takes there; what Nginx decodes is refused."""
    names = sorted(NAMES - {*DECODED, "lvs_site", "lvs_route", "lvs_port"}) + FAMILIES
    values = {"X-V%d" % number: "$" + name for number, name in enumerate(names)}
    redirect = "/to/$host/$request_uri/$args/$arg_v/$cookie_c/$http_x_sent"
    nginx.site(
        {
            "lvs_nginx_sites.www": {
                "upstream": "app",
                "request_headers": {"set": values},
                "response_headers": {"set": values},
                "routes": [{"path": "/moved", "redirect": redirect}],
            }
        }
    )
    user = base64.b64encode(("me%s:secret" % EVIL).encode()).decode()
    sent = [("Authorization", "Basic " + user), ("Cookie", "c=" + QUOTED), ("X-Sent", QUOTED)]
    for path in ("/", "/moved/"):
        answer = nginx.ask(path + QUOTED + "?v=" + QUOTED, headers=sent, method="POST", body=EVIL)
        assert answer.status in (200, 301)
        assert answer.all("X-Evil") == []
    (seen,) = nginx.seen()
    assert (seen.all("X-Evil"), seen.header("X-V%d" % names.index("host"))) == ([], "example.com")


HEAD = "GET /%s HTTP/1.1\r\nHost: example.com\r\n"
POST = "POST /%s HTTP/1.1\r\nHost: example.com\r\n"
HIDDEN = "GET /evil-%s HTTP/1.1\r\nHost: example.com\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
# Name -> a message in which a reader that is less strict, or strict in another way, finds another request or another
# end. %s is the name of the case; a request of that name may come through, one that is hidden may not.
MESSAGES = {
    # Two lengths.
    "cl-te": POST + "Content-Length: 60\r\n" + CHUNKED + "\r\n0\r\n\r\n",
    "cl-te-short": POST + "Content-Length: 4\r\n" + CHUNKED + "\r\n5\r\nabcde\r\n0\r\n\r\n",
    "te-cl": POST + CHUNKED + "Content-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "cl-cl": POST + "Content-Length: 0\r\nContent-Length: 50\r\n\r\n" + HIDDEN,
    "cl-same": POST + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "cl-list": POST + "Content-Length: 3, 3\r\n\r\nabc",
    "cl-plus": POST + "Content-Length: +3\r\n\r\nabc",
    "cl-minus": POST + "Content-Length: -3\r\n\r\nabc" + HIDDEN,
    "cl-hex": POST + "Content-Length: 0x3\r\n\r\nabc",
    "cl-blank": POST + "Content-Length: 3 0\r\n\r\nabc",
    "cl-huge": POST + "Content-Length: 99999999999999999999999\r\n\r\nabc",
    "cl-none": POST + "Content-Length:\r\n\r\n",
    "cl-name-blank": POST + "Content-Length : 50\r\n\r\n" + HIDDEN,
    "cl-tab": POST + "Content-Length:\t3\r\n\r\nabc",
    "cl-of-get": HEAD + "Content-Length: 3\r\n\r\nabc",
    # The other one, written otherwise.
    "te-name-blank": POST + "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "te-twice": POST + CHUNKED + CHUNKED + "\r\n0\r\n\r\n",
    "te-two": POST + CHUNKED + "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "te-list": POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "te-identity": POST + "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc",
    "te-x": POST + "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "te-quoted": POST + 'Transfer-Encoding: "chunked"\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    "te-letters": POST + "tRANSFER-ENCODING: ChUnKeD\r\n\r\n0\r\n\r\n",
    "te-vertical": POST + "Transfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "te-underscore": POST + "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "te-in-1.0": "POST /%s HTTP/1.0\r\nHost: example.com\r\n" + CHUNKED + "\r\n0\r\n\r\n",
    "te-folded": POST + "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    # Chunks.
    "chunk-extension": POST + CHUNKED + "\r\n3;a=b;c=\"d\"\r\nabc\r\n0\r\n\r\n",
    "chunk-extension-lf": POST + CHUNKED + "\r\n3;a\nb\r\nabc\r\n0\r\n\r\n",
    "chunk-lf": POST + CHUNKED + "\r\n3\nabc\n0\n\n",
    "chunk-huge": POST + CHUNKED + "\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "chunk-minus": POST + CHUNKED + "\r\n-3\r\nabc\r\n0\r\n\r\n",
    "chunk-hex": POST + CHUNKED + "\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "chunk-long": POST + CHUNKED + "\r\n2\r\nabc\r\n0\r\n\r\n",
    "chunk-trailer": POST + CHUNKED + "\r\n0\r\nContent-Length: 50\r\nX-T: 1\r\n\r\n",
    # Lines and names.
    "lf": "GET /%s HTTP/1.1\nHost: example.com\n\n",
    "cr": HEAD + "X-A: 1\rContent-Length: 50\r\n\r\n" + HIDDEN,
    "folded": HEAD + "X-A: 1\r\n Content-Length: 50\r\n\r\n",
    "folded-first": "GET /%s HTTP/1.1\r\n Host: other.example\r\nHost: example.com\r\n\r\n",
    "nul": HEAD + "X-A: a\x00b\r\n\r\n",
    "nul-name": HEAD + "X\x00A: b\r\n\r\n",
    "no-colon": HEAD + "Content-Length 50\r\n\r\n",
    "no-name": HEAD + ": 50\r\n\r\n",
    "blanks-in-line": "GET  /%s  HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "line-in-target": "GET /%s?a=b\rc HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "version": "GET /%s HTTP/1.11\r\nHost: example.com\r\n\r\n",
    "version-9": "GET /%s\r\n",
    "empty-first": "\r\n\r\nGET /%s HTTP/1.1\r\nHost: example.com\r\n\r\n",
    # Host.
    "no-host": "GET /%s HTTP/1.1\r\n\r\n",
    "two-hosts": HEAD + "Host: other.example\r\n\r\n",
    "bad-host": "GET /%s HTTP/1.1\r\nHost: exa mple.com/..\r\n\r\n",
    "host-list": "GET /%s HTTP/1.1\r\nHost: example.com, other.example\r\n\r\n",
    "absolute": "GET http://example.com/%s HTTP/1.1\r\nHost: other.example\r\n\r\n",
    "absolute-user": "GET http://other.example@example.com/%s HTTP/1.1\r\nHost: example.com\r\n\r\n",
    # Sizes and methods.
    "huge-header": HEAD + "X-A: " + 40_000 * "a" + "\r\n\r\n",
    "many-headers": HEAD + 4_000 * "X-A: aaaaaaaaaaaa\r\n" + "\r\n",
    "method-letters": "get /%s HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "connect": "CONNECT /%s HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "trace": "TRACE /%s HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "upgrade-h2c": HEAD + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
    "connection-te": POST + "Connection: Content-Length\r\nContent-Length: 3\r\n\r\nabc",
}  # fmt: skip
# Nginx 1.18 leaves out a header with a blank in its name, also from what it sends on. So what stands behind the message
# is a request of its own for everybody.
OF_THEIR_OWN = {"1.18": {"evil-cl-name-blank"}}
# What comes through, as a plain request; the others are refused.
THROUGH = {
    "absolute", "blanks-in-line", "chunk-extension", "chunk-lf", "chunk-trailer", "cl-of-get", "connection-te",
    "empty-first", "lf", "te-letters", "te-underscore", "upgrade-h2c", "version", "version-9",
}  # fmt: skip
# Before it was strict: headers with a mistake in the name are left out, and chunks go before a length.
ONLY_IN = {
    "1.18": {
        "cl-name-blank", "cl-te", "cl-te-short", "connect", "folded", "folded-first", "host-list", "no-colon",
        "no-name", "te-cl", "te-in-1.0", "te-name-blank",
    },
}  # fmt: skip
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\r\n\0]*")


def why_not_one(data: str) -> str:
    """Why bytes are not exactly one request that all read alike; empty where they are."""
    head, end, body = data.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    if not end or not re.fullmatch(r"[A-Z]+ [!-~]+ HTTP/1\.[01]", first):
        return "no head"
    for line in lines:
        if not HEADER.fullmatch(line):
            return "a line: %r" % line
    names = [line.partition(":")[0].lower() for line in lines]
    lengths = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("content-length:")]
    if names.count("host") != 1 or "transfer-encoding" in names or len(lengths) > 1:
        return "hosts or lengths: %s" % names
    if len(body) != int((lengths or ["0"])[0]):
        return "a body of %d bytes, told %s" % (len(body), lengths)
    return ""


def test_an_application_sees_one_request_or_none(nginx: Served) -> None:
    """All messages at once. Nginx gives up what does not go on after a second, so that each connection has an end."""
    short: Any = {"nginx_keepalive_timeout": 1, "nginx_client_timeout": 1}
    upstream = {"servers": ["127.0.0.1:9010"], "keepalive": 0}
    site = {"lvs_nginx_sites.www": {"server_names": ["example.com"], "upstream": "app"}}
    nginx.site({**site, "lvs_nginx_upstreams.app": upstream, "lvs_nginx_extra": ["lingering_timeout 1s;"]}, **short)
    clients = {name: nginx.connect() for name in MESSAGES}
    for name, message in MESSAGES.items():
        clients[name].send(message.replace("%s", name))
    answers = {}
    for name, client in clients.items():
        answers[name] = client.read()
        client.close()
    seen = [one.bytes for one in nginx.seen(9010)]
    assert [(why_not_one(one), one) for one in seen if why_not_one(one)] == []
    came = Counter(re.findall(r"/(?:evil-)?[a-z0-9.-]+", one)[0][1:] for one in seen)
    assert {name: count for name, count in came.items() if count > 1} == {}
    assert {name for name in came if name.startswith("evil-")} == OF_THEIR_OWN.get(nginx.version, set())
    assert {name for name in came if not name.startswith("evil-")} == THROUGH | ONLY_IN.get(nginx.version, set())
    assert [name for name, answer in answers.items() if "nginx/" in answer] == []
