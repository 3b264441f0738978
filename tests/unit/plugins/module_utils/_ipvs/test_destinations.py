# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Destinations: those that are alike read as one by one, and a mistake beside them is found."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import InvalidInput
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.options import from_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import (
    DestinationConfig,
    DestinationKey,
    Service,
    Tunnel,
    canonical,
)

WEB = {"protocol": "tcp", "address": "192.0.2.10", "port": 80}


RS = {"address": "198.51.100.11"}


def web(**more: Any) -> dict[str, Any]:
    return {"services": [dict(WEB, **more)]}


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"weight": True, "address": "198.51.100.12"}, "weight is True; must be 0-65535"),
        ({"weight": 1}, "address is missing; must be an IPv4 or IPv6 address"),
        ({"weight": 1, "address": None}, "address is missing; must be an IPv4 or IPv6 address"),
        ({"weight": 1, "address": ["198.51.100.12"]}, "address is ['198.51.100.12']; must be an IPv4 or IPv6 address"),
        ({"weight": 1, "address": "224.0.0.1"}, "address is 224.0.0.1; must be the address of one host"),
        ({"weight": 1, "address": "198.51.100.11"}, "is 198.51.100.11 port 80, which is there already"),
        (
            {"weight": 1, "address": "2001:db8::1"},
            "address is 2001:db8::1; the service is inet, and only forward: tunnel may mix families",
        ),
    ],
)
def test_a_mistake_is_found_beside_a_destination_that_is_right(second: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        from_options(web(destinations=[{"weight": 1, "address": "198.51.100.11"}, second]))
    (problem,) = caught.value.problems
    assert problem.split("destinations[1]")[1].lstrip(". ") == message


def test_destinations_that_are_alike_read_as_one_by_one() -> None:
    """However many others of its shape were right before it; other sorts of mappings too."""
    entries: list[Any] = [{"weight": 2, "address": "2001:DB8::%X" % number} for number in range(1, 20)]
    entries += [{"weight": 3, "address": "2001:db8::1:%x" % number} for number in range(1, 20)]
    together = from_options(web(address="2001:db8::80", destinations=list(map(MappingProxyType, entries)))).services
    assert together == from_options(web(address="2001:db8::80", destinations=entries)).services
    one_by_one = {}
    for entry in entries:
        (service,) = (from_options(web(address="2001:db8::80", destinations=[entry])).services or {}).values()
        assert service
        one_by_one.update(service.destinations)
    (service,) = (together or {}).values()
    assert service
    assert service.destinations == one_by_one
    assert list(service.destinations) == list(canonical(one_by_one))


def only(options: dict[str, Any]) -> Service:
    (service,) = (from_options(options).services or {}).values()
    assert service is not None
    return service


def test_the_forwarding_method_of_the_service_is_its_destinations() -> None:
    service = only(
        web(forward="nat", destinations=[{"address": "198.51.100.11", "port": 8080}, dict(RS, forward="dr")])
    )
    assert service.destinations == {
        DestinationKey("198.51.100.11", 8080): DestinationConfig("nat", 1),
        DestinationKey("198.51.100.11", 80): DestinationConfig("dr", 1),
    }


def test_a_tunnel_may_cross_families() -> None:
    service = only(web(destinations=[dict(RS, address="2001:db8::1", forward="tunnel")]))
    assert service.destinations == {DestinationKey("2001:db8::1", 80): DestinationConfig("tunnel", 1, tunnel=Tunnel())}


def test_the_order_of_the_input_is_no_part_of_the_meaning() -> None:
    hosts = ["198.51.100.%d" % number for number in (9, 200, 11)]
    orders = [hosts, hosts[::-1]]
    found = [list(only(web(destinations=[{"address": host} for host in order])).destinations) for order in orders]
    assert found[0] == found[1]
    assert [key.address for key in found[0]] == ["198.51.100.200", "198.51.100.11", "198.51.100.9"]
