# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are made smaller, on the real Nginx."""

from __future__ import annotations

import ctypes
import gzip
from typing import Any

import pytest
from nginx_served import Answer, Refused, Served
from nginx_sites import BY_PATH_AND_CHOSEN, site

Tree = dict[str, Any]
CHOSEN = ("X-Kind", "1")
TAKES = [("Accept-Encoding", "gzip"), CHOSEN]
ROOT = "/etc/nginx/www"
LONG = 4000


def is_small(answer: Answer) -> bool:
    """Whether the client got a compressed answer, which is then what it was before."""
    if answer.header("Content-Encoding") is None:
        return False
    assert answer.header("Content-Encoding") == "gzip"
    assert gzip.decompress(answer.body.encode("latin-1"))
    return True


@BY_PATH_AND_CHOSEN
def test_texts_are_compressed_for_those_who_take_it(nginx: Served, condition: Tree) -> None:
    nginx.site(site({"upstream": "app", "compression": True, **condition}))
    answer = nginx.ask("/?size=%d" % LONG, headers=TAKES)
    assert is_small(answer)
    assert gzip.decompress(answer.body.encode("latin-1")) == b"x" * LONG
    assert answer.header("Vary") == "Accept-Encoding"
    plain = nginx.ask("/?size=%d" % LONG, headers=[CHOSEN])
    assert (is_small(plain), plain.header("Vary"), plain.body) == (False, "Accept-Encoding", "x" * LONG)


def test_nothing_is_compressed_by_itself(nginx: Served) -> None:
    nginx.site()
    answer = nginx.ask("/?size=%d&header=Content-Type:text/html" % LONG, headers=TAKES)
    assert (is_small(answer), answer.header("Vary")) == (False, None)


def test_what_is_compressed_already_stays_as_it_is(nginx: Served) -> None:
    nginx.site(site(upstream="app", compression=True))
    answer = nginx.ask("/?body=%s&header=Content-Encoding:br" % ("x" * LONG), headers=TAKES)
    assert (answer.header("Content-Encoding"), answer.body) == ("br", "x" * LONG)
    for kind in ("image/png", "font/woff2", "application/gzip"):
        assert not is_small(nginx.ask("/?size=%d&header=Content-Type:%s" % (LONG, kind), headers=TAKES)), kind


def test_types_and_length_are_those_that_are_given(nginx: Served) -> None:
    longest = "application/" + "x" * 34
    given = {"types": ["text/html", "text/x-mine", longest], "min_length": 100, "level": 9}
    assert "warn" not in nginx.site(site(upstream="app", compression=given))
    for kind in ("text/html", "text/x-mine;%20charset=utf-8", longest):
        assert is_small(nginx.ask("/?size=100&header=Content-Type:%s" % kind, headers=TAKES)), kind
        assert not is_small(nginx.ask("/?size=99&header=Content-Type:%s" % kind, headers=TAKES)), kind
    assert not is_small(nginx.ask("/?size=4000", headers=TAKES))
    nginx.site(site(upstream="app", compression={"types": []}))
    assert is_small(nginx.ask("/?size=4000&header=Content-Type:text/html", headers=TAKES))
    assert not is_small(nginx.ask("/?size=4000&header=Content-Type:text/css", headers=TAKES))


def test_a_higher_level_makes_smaller_answers(nginx: Served) -> None:
    """A text in which a quick look finds less than a long one."""
    text = "".join("%x%d" % (number * number, number % 97) for number in range(3000))
    lengths = []
    for level in (1, 9):
        route = {"static": ROOT, "compression": {"level": level}}
        nginx.site(site(route), files={ROOT + "/a.txt": text})
        answer = nginx.ask("/a.txt", headers=TAKES)
        assert gzip.decompress(answer.body.encode("latin-1")).decode() == text
        lengths.append(len(answer.body))
    assert lengths[0] > lengths[1]


def test_clients_behind_a_proxy_get_it_too(nginx: Served) -> None:
    nginx.site(site(upstream="app", compression=True))
    assert is_small(nginx.ask("/?size=%d" % LONG, headers=[*TAKES, ("Via", "1.1 proxy")]))


@BY_PATH_AND_CHOSEN
def test_a_route_has_its_own_or_none(nginx: Served, condition: Tree) -> None:
    listed = [{"path": "/off", "compression": False, **condition}, {"path": "/short", "compression": {"min_length": 1}}]
    nginx.site(site(*listed, upstream="app", compression=True))
    asked = {"/off?size=4000": False, "/short?size=9": True, "/?size=9": False, "/?size=4000": True}
    assert {one: is_small(nginx.ask(one, headers=TAKES)) for one in asked} == asked


@BY_PATH_AND_CHOSEN
def test_files_pages_and_answers_of_nginx_are_compressed(nginx: Served, condition: Tree) -> None:
    """Wherever they come from: each of these is another location."""
    files = {ROOT + "/a.txt": "a" * LONG, ROOT + "/index.html": "i" * LONG}
    listed: list[Tree] = [
        {"path": "/static", "static": {"root": ROOT, "fallback": "/index.html"}, "rewrite": {"strip": True}},
        {"path": "/both", "static": ROOT, "upstream": "app", "rewrite": {"strip": True}},
        {"path": "/answer", "answer": {"body": "x" * 900}},
        {"path": "/asked", "answer": {"body": "x" * 900}, "auth_request": {"upstream": "app", "path": "/in"}},
        {"path": "/error", "answer": 404, "error_pages": {404: {"text": "x" * 900}}},
    ]
    small = {"min_length": 500}
    nginx.site(site(*({**one, **condition} for one in listed), compression=small), files=files)
    for target in ("/static/a.txt", "/static/none", "/both/a.txt", "/both/?size=4000", "/answer", "/asked", "/error"):
        assert is_small(nginx.ask(target, headers=TAKES)), target


@BY_PATH_AND_CHOSEN
def test_a_file_that_is_compressed_already_is_sent(nginx: Served, condition: Tree) -> None:
    files = {ROOT + "/a.txt": "plain", ROOT + "/b.txt": "plain"}
    given = {"types": [], "precompressed": True}
    nginx.site(site({"static": ROOT, "compression": given, **condition}), files=files)
    nginx.run("sh", "-c", "printf ready | gzip > %s/a.txt.gz" % ROOT)
    answer = nginx.ask("/a.txt", headers=TAKES)
    assert (is_small(answer), answer.header("Content-Type"), answer.header("Vary")) == (
        True, "text/plain", "Accept-Encoding",
    )  # fmt: skip
    assert gzip.decompress(answer.body.encode("latin-1")) == b"ready"
    assert nginx.ask("/a.txt", headers=[CHOSEN]).body == "plain"
    assert nginx.ask("/b.txt", headers=TAKES).body == "plain"
    nginx.run("rm", ROOT + "/a.txt.gz")


BOTH = [("Accept-Encoding", "gzip, br"), CHOSEN]
BROTLI = {"algorithms": ["gzip", "brotli"]}


def plain(answer: Answer) -> bytes:
    """What brotli made smaller, by the library that curl of this machine has."""
    assert answer.header("Content-Encoding") == "br"
    data, room = answer.body.encode("latin-1"), ctypes.create_string_buffer(10**6)
    length = ctypes.c_size_t(len(room))
    decode = ctypes.CDLL("libbrotlidec.so.1").BrotliDecoderDecompress
    assert decode(ctypes.c_size_t(len(data)), data, ctypes.byref(length), room) == 1
    return room.raw[: length.value]


@pytest.fixture
def brotli(nginx: Served) -> Served:
    """What 1.18 of Debian 11 does not have, a run refuses before."""
    if nginx.version == "1.18":
        with pytest.raises(Refused, match='unknown directive "brotli"'):
            nginx.site(site(upstream="app", compression=BROTLI))
        pytest.skip("Debian 11 has no package of it")
    return nginx


@BY_PATH_AND_CHOSEN
def test_brotli_is_for_those_who_take_it(brotli: Served, condition: Tree) -> None:
    brotli.site(site({"upstream": "app", "compression": BROTLI, **condition}))
    answer = brotli.ask("/?size=%d" % LONG, headers=BOTH)
    assert plain(answer) == b"x" * LONG
    assert answer.header("Vary") == "Accept-Encoding"
    assert is_small(brotli.ask("/?size=%d" % LONG, headers=TAKES))
    answer = brotli.ask("/?size=%d" % LONG, headers=[CHOSEN])
    assert (is_small(answer), answer.header("Vary")) == (False, "Accept-Encoding")


def test_brotli_alone_types_and_length(brotli: Served) -> None:
    given = {"algorithms": "brotli", "types": ["text/html", "text/x-mine"], "min_length": 100}
    assert "warn" not in brotli.site(site(upstream="app", compression=given))
    assert not is_small(brotli.ask("/?size=4000&header=Content-Type:text/html", headers=TAKES))
    for kind in ("text/html", "text/x-mine"):
        assert plain(brotli.ask("/?size=100&header=Content-Type:%s" % kind, headers=BOTH)) == b"x" * 100
        assert not is_small(brotli.ask("/?size=99&header=Content-Type:%s" % kind, headers=BOTH))
    assert not is_small(brotli.ask("/?size=4000", headers=BOTH))


def test_a_higher_level_of_brotli_makes_smaller_answers(brotli: Served) -> None:
    text = "".join("%x%d" % (number * number, number % 97) for number in range(3000))
    lengths = []
    for level in (1, 9):
        route = {"static": ROOT, "compression": {"level": level, "algorithms": ["brotli"]}}
        brotli.site(site(route), files={ROOT + "/a.txt": text})
        answer = brotli.ask("/a.txt", headers=BOTH)
        assert plain(answer).decode() == text
        lengths.append(len(answer.body))
    assert lengths[0] > lengths[1]


def test_a_file_that_brotli_made_is_sent(brotli: Served) -> None:
    files = {ROOT + "/a.txt": "plain", ROOT + "/a.txt.br": "of brotli"}
    route = {"static": {"root": ROOT, "symlinks": True}, "compression": {"precompressed": True, **BROTLI}}
    brotli.site(site(route), files=files)
    answer = brotli.ask("/a.txt", headers=BOTH)
    assert (answer.header("Content-Encoding"), answer.body) == ("br", "of brotli")
    assert brotli.ask("/a.txt", headers=TAKES).body == "plain"
