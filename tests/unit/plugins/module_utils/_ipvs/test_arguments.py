# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services go past Ansible's check of arguments where it would change nothing, and only there."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.arguments import (
    ARGUMENTS,
    DESTINATION,
    packed,
    unpacked,
)

WEB: dict[str, Any] = {
    "address": "192.0.2.10",
    "port": 80,
    "one_packet": False,
    "persistence": {"timeout": 300},
    "scheduler_flags": ["mh-port"],
    "destinations": [{"address": "198.51.100.11", "weight": None}, {"address": "198.51.100.12", "tunnel": {"port": 5}}],
}


def without_none(value: Any) -> Any:
    """As Ansible's check returns it, without the options that it adds."""
    if isinstance(value, dict):
        return {name: without_none(one) for name, one in value.items() if one is not None}
    return [without_none(one) for one in value] if isinstance(value, list) else value


def test_right_types_travel_as_one_text_and_come_out_as_they_were() -> None:
    sent = packed({"services": [WEB], "purge": True})
    assert isinstance(sent.pop("_services"), str)
    assert sent == {"purge": True}
    sent = packed({"services": [WEB], "purge": True})
    assert (unpacked(sent), sent) == ({"services": [WEB]}, {"purge": True})


@pytest.mark.parametrize("arguments", [{}, {"purge": True}, {"services": None}])
def test_without_services_nothing_is_packed(arguments: dict[str, Any]) -> None:
    assert packed(arguments) == arguments
    assert unpacked(dict(arguments)) == {}


@pytest.mark.parametrize(
    "services",
    [
        pytest.param("web", id="no list"),
        pytest.param({"address": "192.0.2.10"}, id="one service"),
        pytest.param([None], id="an empty item"),
        pytest.param([{**WEB, "port": "80"}], id="a number as text"),
        pytest.param([{**WEB, "port": True}], id="a truth for a number"),
        pytest.param([{**WEB, "one_packet": "yes"}], id="a truth as text"),
        pytest.param([{**WEB, "one_packet": 1}], id="a truth as a number"),
        pytest.param([{**WEB, "address": 5}], id="a number for a text"),
        pytest.param([{**WEB, "scheduler_flags": "mh-port"}], id="a text for a list"),
        pytest.param([{**WEB, "scheduler_flags": [1]}], id="a number in a list of texts"),
        pytest.param([{**WEB, "persistence": [300]}], id="a list for options"),
        pytest.param([{**WEB, "prot": "tcp"}], id="an unknown option"),
        pytest.param([{**WEB, 5: "tcp"}], id="a number as an option"),
        pytest.param([{**WEB, "real_servers": []}], id="an alias"),
        pytest.param([{**WEB, "destinations": [{"adress": "198.51.100.11"}]}], id="an unknown option further down"),
        pytest.param([{**WEB, "pe_name": datetime.date(2026, 1, 1)}], id="what JSON has not"),
    ],
)
def test_whatever_ansible_would_convert_or_refuse_stays_for_ansible(services: Any) -> None:
    assert packed({"services": services}) == {"services": services}


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 9), st.sampled_from(["80", "yes", "rr"]), st.lists(st.integers(0, 3))
)
DESTINATIONS = st.dictionaries(st.sampled_from([*DESTINATION, "adress"]), VALUES, max_size=3)


@given(
    st.lists(st.dictionaries(st.sampled_from(["address", "port", "one_packet", "persistence"]), VALUES), max_size=2),
    st.lists(DESTINATIONS, max_size=2),
)
def test_what_is_packed_is_what_ansible_would_have_made_of_it(services: list[Any], destinations: list[Any]) -> None:
    services = [{**service, "destinations": destinations} for service in services]
    sent = packed({"services": services})
    if "_services" not in sent:
        return
    checked = ArgumentSpecValidator(ARGUMENTS).validate({"services": services})
    assert checked.error_messages == []
    assert without_none(checked.validated_parameters["services"]) == without_none(unpacked(sent)["services"])
