# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that real daemons wrote (version in the file's name), read as values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._keepalived.parse import (
    parse_checks,
    parse_data,
    parse_json,
    parse_stats,
    parse_version,
)

SAMPLES = Path(__file__).parent / "samples"
SECRET = "s3cretpw"


def sample(name: str) -> str:
    return (SAMPLES / name).read_text()


def test_version() -> None:
    found = parse_version(sample("2.2.7-version.txt"))
    assert found["version"] == "2.2.7"
    assert {"LVS", "VRRP", "JSON"} <= set(found["options"])


def test_version_of_something_else() -> None:
    assert parse_version("sh: keepalived: not found") == {"version": None, "options": []}


def test_json() -> None:
    instances = {instance["name"]: instance for instance in parse_json(sample("2.2.7-keepalived.json"))}
    assert list(instances) == ["web", "web_v6", "old"]
    web = dict(instances["web"])
    counters = web.pop("counters")
    assert web == {
        "name": "web",
        "state": "MASTER",
        "wanted_state": "MASTER",
        "version": 3,
        "vrid": 51,
        "interface": "eth0",
        "base_priority": 100,
        "priority": 100,
        "master_priority": 0,
        "advert_interval": 0.25,
        "preempt": False,
        "auth": "none",
        "addresses": ["198.51.100.200/24"],
        "addresses_set": True,
        "last_transition": 1795532028.563713,
    }
    assert (counters["adverts_sent"], counters["became_master"]) == (21, 1)
    assert instances["web_v6"]["addresses"] == ["2001:db8::200/64"]
    assert instances["old"]["auth"] == "pass"


def test_json_of_version_2() -> None:
    text = sample("2.2.7-keepalived.json")
    assert parse_json('{"vrrp": %s, "track_process": []}' % text) == parse_json(text)


@pytest.mark.parametrize("text", ["", "[{", '{"vrrp": 1}', '"x"'])
def test_json_that_is_not_whole(text: str) -> None:
    with pytest.raises(LvsError, match="Keepalived's JSON state"):
        parse_json(text)


def test_the_dump_says_the_same_as_the_json() -> None:
    from_dump = parse_data(sample("2.2.7-keepalived.data"))["instances"]
    from_json = parse_json(sample("2.2.7-keepalived.json"))
    counters = parse_stats(sample("2.2.7-keepalived.stats"))
    for dumped, told in zip(from_dump, from_json):
        dumped["counters"] = counters[dumped["name"]]
        # The dump of this version does not tell who was heard.
        assert {**dumped, "master_priority": 0} == told
    assert len(from_dump) == len(from_json) == 3


def test_groups_and_scripts() -> None:
    found = parse_data(sample("2.2.7-keepalived.data"))
    assert found["sync_groups"] == [{"name": "web_g", "state": "MASTER", "instances": ["web", "web_v6"]}]
    assert found["scripts"] == [{"name": "chk", "status": "GOOD", "weight": 0, "instances": ["web"]}]


def test_no_secret_comes_through() -> None:
    texts = {name: sample("2.2.7-keepalived." + name) for name in ("json", "data")}
    assert all(SECRET in text for text in texts.values())
    assert SECRET not in str(parse_json(texts["json"])) + str(parse_data(texts["data"]))


def test_checks() -> None:
    (server,) = parse_checks(sample("2.2.7-keepalived_check.data"))
    first, second = server.pop("real_servers")
    assert server == {
        "address": "198.51.100.200",
        "port": 80,
        "fwmark": None,
        "group": None,
        "protocol": "tcp",
        "scheduler": "wrr",
        "alive": True,
        "quorum_up": True,
    }
    assert first == {
        "address": "198.51.100.102",
        "port": 80,
        "weight": 1,
        "effective_weight": 1,
        "alive": True,
        "failed_checks": 0,
        "set": True,
        "checks": [
            {"type": "HTTP_GET", "enabled": True, "up": True},
            {"type": "FILE_CHECK", "enabled": True, "up": True},
        ],
    }
    assert second["address"] == "198.51.100.103"


def test_a_check_that_fails_is_that_of_its_real_server() -> None:
    text = sample("2.2.7-keepalived_check.data").replace("   Up = yes", "   Up = no", 1)
    (server,) = parse_checks(text)
    assert [[check["up"] for check in one["checks"]] for one in server["real_servers"]] == [[False, True], [True, True]]


def test_an_address_as_older_versions_print_it() -> None:
    (server,) = parse_checks(sample("2.2.7-keepalived_check.data").replace(" VS VIP = ", " VIP = "))
    assert (server["address"], server["port"]) == ("198.51.100.200", 80)


@given(st.text(alphabet="- <>=VRPInstace\n1,./()d", max_size=300))
def test_any_text_is_read_or_ignored(text: str) -> None:
    for parse in (parse_data, parse_stats, parse_checks, parse_version):
        reader: Any = parse
        reader(text)
        reader("------< VRRP Topology >------\n VRRP Instance = x\n" + text)
        reader(
            "------< Virtual server >------\n------< Health checkers >------\n [::1]:tcp:80 -> [::2]:tcp:80\n" + text
        )
