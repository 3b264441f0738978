# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters say the model's words in a daemon's or the kernel's notation."""

from __future__ import annotations

from typing import Any

import pytest
from host_facts import link

from ansible_collections.vipstack.lvs.plugins.filter import render


@pytest.mark.parametrize(
    ("service", "key"),
    [
        ({"protocol": "tcp", "address": "198.51.100.200", "port": 80}, "TCP  C63364C8:0050 "),
        ({"protocol": "udp", "address": "192.0.2.1", "port": 53}, "UDP  C0000201:0035 "),
        ({"protocol": "sctp", "address": "192.0.2.1", "port": 3868}, "SCTP  C0000201:0F1C "),
        (
            {"protocol": "tcp", "address": "2001:db8::1", "port": 443},
            "TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:01BB ",
        ),
        ({"fwmark": 7}, "FWM  00000007 "),
    ],
)
def test_a_service_is_found_in_the_kernels_table(service: dict[str, Any], key: str) -> None:
    assert render.proc_ip_vs_key(service) == key


def test_a_director_that_holds_a_vip_comes_last() -> None:
    """Every director has the VIP on lo; that is not holding it."""
    instances = [{"addresses": [{"address": "192.0.2.9/24"}]}]
    slice_ = {"director": {"instances": instances, "handover": {"interface": "lo"}}}
    model: Any = {"hosts": {"d1": slice_, "d2": slice_, "d3": slice_, "web1": {"director": None}}}
    hostvars = {
        "d1": {"ansible_facts": {"lvs_host": {"links": [link("lo", "192.0.2.9"), link("eth0", "192.0.2.9")]}}},
        "d2": {"ansible_facts": {"lvs_host": {"links": [link("lo", "192.0.2.9"), link("eth0", "192.0.2.2")]}}},
        "d3": {},
        "web1": {},
    }
    assert render.backups_first(["d1", "web1", "d2", "d3"], hostvars, model) == ["d2", "d3", "d1"]
