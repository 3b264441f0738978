# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of networks from files: each line is looked at."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.listed import ListFile, filled

Tree = dict[str, Any]
SITE = "lvs_nginx_sites.www"
OFFICE = """# Offices.
198.51.100.0/24

2001:db8::/48   # the new one
192.0.2.7\r
198.51.100.0/24
"""
NETWORKS = ["198.51.100.0/24", "2001:db8::/48", "192.0.2.7/32"]


def read(path: str) -> str:
    if path != "office.txt":
        raise OSError("there is no such file in /srv")
    return OFFICE


def mistakes(allow: Any) -> list[str]:
    return [one.message for one in build(with_changes({SITE + ".allow": allow})).mistakes]


@pytest.mark.parametrize(
    "given", [{"file": "office.txt"}, [{"file": "office.txt"}], [{"file": "office.txt"}, "203.0.113.0/24"]]
)
def test_a_file_stands_for_its_networks(given: Any) -> None:
    more = ["203.0.113.0/24"] if "203.0.113.0/24" in given else []
    stream: Tree = {"ports": [3306], "upstream": "raw"}
    changes = {
        SITE + ".allow": given, SITE + ".routes": [{"path": "/a", "deny": given, "upstream": "app"}],
        "lvs_virtual_services.sql": {"vip": "web", "ports": [3306]}, "lvs_nginx_streams.db": {**stream, "deny": given},
        "lvs_nginx_upstreams.raw": {"servers": ["192.0.2.9:3306"], "protocol": "stream"},
    }  # fmt: skip
    inventory = with_changes(changes)
    for own in inventory["hostvars"].values():
        own.update({name: filled(own[name], read) for name in ("lvs_nginx_sites", "lvs_nginx_streams")})
    nginx = model_of(inventory)["hosts"]["web1"]["nginx"]
    first, last = nginx["sites"][0]["routes"]
    assert [first["handling"]["deny"], last["handling"]["allow"], nginx["streams"][0]["deny"]] == [NETWORKS + more] * 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10.0.0.0/8\n10.0.0.1/8\n\nhere\n", [
            'line 2 is "10.0.0.1/8"; must be an address or a network without host bits, like 198.51.100.0/24',
            'line 4 is "here"; must be an address or a network']),
        ("10.0.0.0/8 192.0.2.0/24", ['line 1 is "10.0.0.0/8 192.0.2.0/24"; must be an address or a network']),
        ("# nothing\n", ["has no network"]),
        ("\n".join("10.0.%d.%d" % (one // 256, one % 256) for one in range(10001)),
         ["has 10001 networks; must be 10000 at most"]),
    ],
)  # fmt: skip
def test_each_wrong_line_is_told(text: str, words: list[str]) -> None:
    own = [SITE + ".allow[0] names a.txt, wh" + ("ich " if one.startswith("has") else "ose ") + one for one in words]
    assert mistakes([ListFile("a.txt", text)]) == own


def test_a_file_that_cannot_be_read_is_told() -> None:
    found = filled({"www": {"allow": {"file": "nowhere.txt"}}}, read)["www"]["allow"]
    said = SITE + ".allow[0] names nowhere.txt, which cannot be read: there is no such file in /srv"
    assert mistakes(found) == [said]

    def binary(path: str) -> str:
        return b"\xff".decode()

    found = filled({"allow": [{"file": "a"}]}, binary)["allow"]
    assert mistakes(found) == [SITE + ".allow[0] names a, which cannot be read: it is no text in UTF-8"]


@pytest.mark.parametrize("given", [{"file": 1}, {"file": "a", "text": "10.0.0.0/8"}, {"path": "a"}, {}, 7, ["a"], None])
def test_what_is_no_file_is_refused(given: Any) -> None:
    (said,) = mistakes(filled({"allow": [given]}, read)["allow"])
    assert said.startswith(SITE + ".allow[0] is ")
    assert said.endswith("must be an address or a network like 198.51.100.0/24, or {file: PATH} alone")


def test_a_network_of_a_file_and_of_the_list_is_there_twice() -> None:
    given = [ListFile("a.txt", OFFICE), "192.0.2.7"]
    assert mistakes(given) == [SITE + ".allow has 192.0.2.7/32 twice"]
