# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options: what is right means one thing, and what is wrong is named with its path, all of it at once."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import InvalidInput
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.listing import to_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.options import from_options
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import (
    Desired,
    DestinationConfig,
    DestinationKey,
    Persistence,
    Service,
    ServiceConfig,
    ServiceKey,
    SyncDaemon,
    Table,
    Timeouts,
)

WEB = {"protocol": "tcp", "address": "192.0.2.10", "port": 80}


RS = {"address": "198.51.100.11"}


def web(**more: Any) -> dict[str, Any]:
    return {"services": [dict(WEB, **more)]}


def rs(**more: Any) -> dict[str, Any]:
    return web(destinations=[dict(RS, **more)])


def daemon(**more: Any) -> dict[str, Any]:
    return {"daemons": [dict({"role": "master", "interface": "eth0"}, **more)]}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "services that are no list": ({"services": "web"}, "services is web; must be a list"),
    "a service that is no dictionary": ({"services": [80]}, "services[0] is 80; must be a dictionary"),
    "no identity": (
        {"services": [{"scheduler": "rr"}]},
        "services[0] has no identity; give protocol, address and port, or fwmark",
    ),
    "mark and address together": (
        web(fwmark=7),
        "services[0] has fwmark and protocol and address and port; a service is one or the other",
    ),
    "mark and protocol together": (
        {"services": [{"fwmark": 7, "protocol": "tcp"}]},
        "services[0] has fwmark and protocol; a service is one or the other",
    ),
    "mark 0": ({"services": [{"fwmark": 0}]}, "services[0].fwmark is 0; must be 1-4294967295"),
    "a mark of 33 bits": (
        {"services": [{"fwmark": 2**32}]},
        "services[0].fwmark is 4294967296; must be 1-4294967295",
    ),
    "no address": (
        {"services": [{"port": 80}]},
        "services[0].address is missing; must be an IPv4 or IPv6 address",
    ),
    "no port": ({"services": [{"address": "192.0.2.10"}]}, "services[0].port is missing; must be 0-65535"),
    "a name for an address": (
        web(address="web.example"),
        "services[0].address is web.example; must be an IPv4 or IPv6 address",
    ),
    "an address with a prefix": (
        web(address="192.0.2.10/24"),
        "services[0].address is 192.0.2.10/24; must be an IPv4 or IPv6 address",
    ),
    "an address of three parts": (
        web(address="192.0.2"),
        "services[0].address is 192.0.2; must be an IPv4 or IPv6 address",
    ),
    "an address with a zone": (
        web(address="fe80::1%eth0"),
        "services[0].address is fe80::1%eth0; must be an IPv4 or IPv6 address",
    ),
    "every address": (web(address="0.0.0.0"), "services[0].address is 0.0.0.0; must be one address, a VIP"),
    "a port too high": (web(port=70000), "services[0].port is 70000; must be 0-65535"),
    "a port that is a word": (web(port="http"), "services[0].port is http; must be 0-65535"),
    "a port that is a truth": (web(port=True), "services[0].port is True; must be 0-65535"),
    "a port with a fraction": (web(port=80.5), "services[0].port is 80.5; must be 0-65535"),
    "every port without persistence": (
        web(port=0),
        "services[0].port is 0; every port is only for a service with persistence",
    ),
    "an unknown protocol": (web(protocol="icmp"), "services[0].protocol is icmp; must be tcp, udp or sctp"),
    "a protocol in capitals": (web(protocol="TCP"), "services[0].protocol is TCP; must be tcp, udp or sctp"),
    "another family than the address": (
        web(family="inet6"),
        "services[0].family is inet6; 192.0.2.10 is inet",
    ),
    "an unknown family": (
        {"services": [{"fwmark": 7, "family": "ipv6"}]},
        "services[0].family is ipv6; must be inet or inet6",
    ),
    "an unknown state": (web(state="gone"), "services[0].state is gone; must be present or absent"),
    "an unknown key, and the nearest": (
        web(schedular="rr"),
        "services[0].schedular is not known; did you mean scheduler?",
    ),
    "an unknown key of a destination": (
        rs(wieght=1),
        "services[0].destinations[0].wieght is not known; did you mean weight?",
    ),
    "an unknown key of a tunnel": (
        rs(forward="tunnel", tunnel={"zzz": 1}),
        "services[0].destinations[0].tunnel.zzz is not known; known are checksum, port, type",
    ),
    "a scheduler with a long name": (
        web(scheduler="x" * 16),
        "services[0].scheduler is xxxxxxxxxxxxxxxx; must be 1-15 letters, digits or underscores",
    ),
    "a scheduler with a path": (
        web(scheduler="../rr"),
        "services[0].scheduler is ../rr; must be 1-15 letters, digits or underscores",
    ),
    "an empty scheduler": (
        web(scheduler=""),
        "services[0].scheduler is ''; must be 1-15 letters, digits or underscores",
    ),
    "a flag of another scheduler": (
        web(scheduler="mh", scheduler_flags=["sh-port"]),
        "services[0].scheduler_flags[0] is sh-port; scheduler mh takes flag-1, flag-2, flag-3, mh-fallback or mh-port",
    ),
    "a flag of no scheduler": (
        web(scheduler="rr", scheduler_flags=["flag-1", "flag-9"]),
        "services[0].scheduler_flags[1] is flag-9; scheduler rr takes flag-1, flag-2 or flag-3",
    ),
    "one packet with TCP": (
        web(one_packet=True),
        "services[0].one_packet is true; only udp and fwmark services take it, this one is tcp",
    ),
    "one packet that is a word": (
        web(protocol="udp", one_packet="maybe"),
        "services[0].one_packet is maybe; must be true or false",
    ),
    "persistence of 0 seconds": (
        web(persistence={"timeout": 0}),
        "services[0].persistence.timeout is 0; must be 1-2678400",
    ),
    "persistence of a plain number": (
        web(persistence=300),
        "services[0].persistence is 300; must be a dictionary",
    ),
    "a prefix too long for IPv4": (
        web(persistence={"prefix": 33}),
        "services[0].persistence.prefix is 33; must be 0-32",
    ),
    "a prefix of 0 for IPv6": (
        web(address="2001:db8::10", persistence={"prefix": 0}),
        "services[0].persistence.prefix is 0; must be 1-128",
    ),
    "a netmask that is none": (
        web(persistence={"netmask": "24"}),
        "services[0].persistence.netmask is 24; must be like 255.255.255.0",
    ),
    "a netmask for IPv6": (
        web(address="2001:db8::10", persistence={"netmask": "255.255.255.0"}),
        "services[0].persistence.netmask is 255.255.255.0; IPv6 takes prefix",
    ),
    "prefix and netmask": (
        web(persistence={"netmask": "255.255.255.0", "prefix": 24}),
        "services[0].persistence has prefix and netmask; give one of them",
    ),
    "an engine without persistence": (
        web(protocol="udp", pe_name="sip"),
        "services[0].pe_name is sip; a persistence engine is only for a service with persistence",
    ),
    "an engine for SCTP": (
        web(protocol="sctp", pe_name="sip", persistence={}),
        "services[0].pe_name is sip; sctp has no persistence engine",
    ),
    "the same service twice": (
        {"services": [WEB, dict(WEB, scheduler="rr")]},
        "services[1] is tcp 192.0.2.10:80, which is services[0] already",
    ),
    "the same service in another spelling": (
        {"services": [{"address": "2001:DB8:0::10", "port": 80}, {"address": "2001:db8::10", "port": "80"}]},
        "services[1] is tcp [2001:db8::10]:80, which is services[0] already",
    ),
    "a service that comes and goes": (
        {"services": [{"fwmark": 7}, {"fwmark": 7, "state": "absent"}]},
        "services[1] is fwmark 7 inet, which is services[0] already",
    ),
    "destinations that are no list": (
        web(destinations={"address": "198.51.100.11"}),
        "services[0].destinations is {'address': '198.51.100.11'}; must be a list",
    ),
    "a destination without an address": (
        web(destinations=[{"weight": 1}]),
        "services[0].destinations[0].address is missing; must be an IPv4 or IPv6 address",
    ),
    "the same destination twice": (
        web(real_servers=[RS, RS]),
        "services[0].real_servers[1] is 198.51.100.11 port 80, which is there already",
    ),
    "an unknown forwarding method": (
        rs(forward="masq"),
        "services[0].destinations[0].forward is masq; must be dr, nat or tunnel",
    ),
    "an unknown forwarding method of the service": (
        web(forward="gate"),
        "services[0].forward is gate; must be dr, nat or tunnel",
    ),
    "direct routing to another port": (
        rs(port=8080),
        "services[0].destinations[0].port is 8080; must be 80 as the service's, since dr rewrites no port",
    ),
    "a tunnel to another port": (
        rs(port=8080, forward="tunnel"),
        "services[0].destinations[0].port is 8080; must be 80 as the service's, since tunnel rewrites no port",
    ),
    "another family by direct routing": (
        rs(address="2001:db8::1"),
        "services[0].destinations[0].address is 2001:db8::1; "
        "the service is inet, and only forward: tunnel may mix families",
    ),
    "another family by NAT": (
        web(address="2001:db8::10", destinations=[dict(RS, forward="nat")]),
        "services[0].destinations[0].address is 198.51.100.11; "
        "the service is inet6, and only forward: tunnel may mix families",
    ),
    "a destination that is a group": (
        rs(address="224.0.0.1"),
        "services[0].destinations[0].address is 224.0.0.1; must be the address of one host",
    ),
    "a destination that is everybody": (
        rs(address="255.255.255.255"),
        "services[0].destinations[0].address is 255.255.255.255; must be the address of one host",
    ),
    "a negative weight": (rs(weight=-1), "services[0].destinations[0].weight is -1; must be 0-65535"),
    "a weight too high": (rs(weight=65536), "services[0].destinations[0].weight is 65536; must be 0-65535"),
    "lower above upper threshold": (
        rs(lower_threshold=10, upper_threshold=5),
        "services[0].destinations[0].lower_threshold is 10; must be at most upper_threshold, 5",
    ),
    "a lower threshold alone": (
        rs(lower_threshold=10),
        "services[0].destinations[0].lower_threshold is 10; must be at most upper_threshold, 0",
    ),
    "a negative threshold": (
        rs(upper_threshold=-5),
        "services[0].destinations[0].upper_threshold is -5; must be 0-2147483647",
    ),
    "a tunnel with direct routing": (
        rs(tunnel={"type": "gre"}),
        "services[0].destinations[0].tunnel is given; only forward: tunnel has one, this is dr",
    ),
    "an unknown tunnel": (
        rs(forward="tunnel", tunnel={"type": "vxlan"}),
        "services[0].destinations[0].tunnel.type is vxlan; must be ipip, gre or gue",
    ),
    "GUE without a port": (
        rs(forward="tunnel", tunnel={"type": "gue"}),
        "services[0].destinations[0].tunnel.port is missing; "
        "gue needs the UDP port that the real server listens on, 1-65535",
    ),
    "GRE with a port": (
        rs(forward="tunnel", tunnel={"type": "gre", "port": 6080}),
        "services[0].destinations[0].tunnel.port is 6080; only gue has a port, this is gre",
    ),
    "GRE with a remote checksum": (
        rs(forward="tunnel", tunnel={"type": "gre", "checksum": "remcsum"}),
        "services[0].destinations[0].tunnel.checksum is remcsum; must be none or csum",
    ),
    "IPIP with a checksum": (
        rs(forward="tunnel", tunnel={"checksum": "csum"}),
        "services[0].destinations[0].tunnel.checksum is csum; must be none",
    ),
    "a timeout of 0": ({"timeouts": {"tcp": 0}}, "timeouts.tcp is 0; must be 1-2678400"),
    "an unknown timeout": (
        {"timeouts": {"tcpfin": 120}},
        "timeouts.tcpfin is not known; did you mean tcp_fin?",
    ),
    "a daemon without a role": (
        {"daemons": [{"interface": "eth0"}]},
        "daemons[0].role is missing; must be master or backup",
    ),
    "a daemon of an unknown role": (daemon(role="slave"), "daemons[0].role is slave; must be master or backup"),
    "two masters": (
        {"daemons": [{"role": "master", "interface": "eth0"}] * 2},
        "daemons[1] is sync daemon master, which is daemons[0] already",
    ),
    "a daemon without an interface": (
        {"daemons": [{"role": "master"}]},
        "daemons[0].interface is missing; must be the name of an interface, 1-15 characters",
    ),
    "an interface with a long name": (
        daemon(interface="e" * 16),
        "daemons[0].interface is eeeeeeeeeeeeeeee; must be the name of an interface, 1-15 characters",
    ),
    "a sync id too high": (daemon(sync_id=256), "daemons[0].sync_id is 256; must be 0-255"),
    "a group that is a host": (daemon(group="192.0.2.1"), "daemons[0].group is 192.0.2.1; must be a multicast address"),
    "a group that only looks like one": (
        daemon(group="e000::1"),
        "daemons[0].group is e000::1; must be a multicast address",
    ),
    "a backup with a short buffer": (
        daemon(role="backup", maxlen=1000),
        "daemons[0].maxlen is 1000; must be 1024-65507",
    ),
    "a datagram too long for IPv6": (
        daemon(group="ff02::1", maxlen=65500),
        "daemons[0].maxlen is 65500; must be 1-65487",
    ),
    "a time to live of 0": (daemon(ttl=0), "daemons[0].ttl is 0; must be 1-255"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named_with_path_value_and_what_is_allowed(name: str) -> None:
    options, message = WRONG[name]
    with pytest.raises(InvalidInput) as caught:
        from_options(options)
    assert caught.value.problems == [message]


def test_services_that_are_alike_read_as_one_by_one() -> None:
    """Their destinations too, though they are the same words of another port, family or forwarding method."""
    alike: list[dict[str, Any]] = [{"address": "198.51.100.%d" % number, "weight": number % 3} for number in (9, 12, 7)]
    mapped = [{"address": "2001:db8::%d" % number, "weight": 1} for number in (9, 12)]
    services: list[dict[str, Any]] = [
        {"address": "192.0.%d.%d" % (place, number), "port": port, "forward": forward, "destinations": alike}
        for place, forward in enumerate(("dr", "nat", "tunnel"))
        for port in (80, 81)
        for number in (10, 11)
    ]
    services += [{"address": "2001:db8::%d" % number, "port": 80, "destinations": mapped} for number in (1, 2)]
    services += [{"address": "2001:DB8::a", "port": 80, "destinations": mapped}]
    services += [{"fwmark": mark, "destinations": alike} for mark in (1, 2)]
    services += [{"address": "192.0.2.1", "port": 0, "persistence": {"timeout": 9}, "destinations": alike}]
    together = from_options({"services": services}).services or {}
    assert len(together) == len(services)
    for entry, (key, service) in zip(services, together.items()):
        ((same, alone),) = (from_options({"services": [entry]}).services or {}).items()
        assert (key, service) == (same, alone)
        assert service
        assert alone
        assert list(service.destinations) == list(alone.destinations)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"address": "0.0.0.0"}, "services[1].address is 0.0.0.0; must be one address, a VIP"),
        ({"address": "192.0.2.10"}, "services[1] is tcp 192.0.2.10:80, which is services[0] already"),
        ({"address": None}, "services[1].address is missing; must be an IPv4 or IPv6 address"),
        ({"one_packet": 0}, "services[1].one_packet is 0; must be true or false"),
        ({"port": True}, "services[1].port is True; must be 0-65535"),
        ({"destinations": "rs1"}, "services[1].destinations is rs1; must be a list"),
        ({"destinations": ["rs1"]}, "services[1].destinations[0] is rs1; must be a dictionary"),
        (
            {"destinations": [dict(RS, weight=1), dict(RS, address="198.51.100.12", weight=True)]},
            "services[1].destinations[1].weight is True; must be 0-65535",
        ),
        (
            {"destinations": [dict(RS, wait=1), dict(RS, address="198.51.100.12")]},
            "services[1].destinations[0].wait is not known; did you mean weight?",
        ),
        (
            {"forward": "tunnel", "destinations": [RS, {"address": "2001:db8::1", "tunnel": {"port": 1}}]},
            "services[1].destinations[1].tunnel.port is 1; only gue has a port, this is ipip",
        ),
    ],
)
def test_a_mistake_is_found_beside_a_service_that_is_right(second: dict[str, Any], message: str) -> None:
    service = {"address": "192.0.2.10", "port": 80, "one_packet": False, "destinations": [dict(RS, weight=1)]}
    with pytest.raises(InvalidInput) as caught:
        from_options({"services": [service, {**service, "address": "192.0.2.11", **second}]})
    assert caught.value.problems == [message]


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        from_options(
            {
                "services": [dict(WEB, scheduler="", destinations=[dict(RS, weight=-1), {}]), {}],
                "timeouts": {"udp": -1},
                "daemons": [{}],
            }
        )
    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        "services[0].scheduler",
        "services[0].destinations[0].weight",
        "services[0].destinations[1].address",
        "services[1]",
        "timeouts.udp",
        "daemons[0].role",
    ]
    assert caught.value.message == "; ".join(caught.value.problems)
    assert caught.value.details == {"problems": caught.value.problems}


def only(options: dict[str, Any]) -> Service:
    (service,) = (from_options(options).services or {}).values()
    assert service is not None
    return service


def test_what_is_not_said_is_the_default() -> None:
    service = only({"services": [{"address": "192.0.2.10", "port": "80", "destinations": [RS]}]})
    assert service == Service(
        ServiceKey("inet", "tcp", "192.0.2.10", 80, 0),
        ServiceConfig("wlc"),
        {DestinationKey("198.51.100.11", 80): DestinationConfig("dr", 1)},
    )


def test_an_option_of_none_is_not_said() -> None:
    nothing = dict.fromkeys(["fwmark", "scheduler", "persistence", "pe_name", "scheduler_flags", "forward", "state"])
    assert only(web(**nothing)) == only(web())


def test_nothing_said_is_not_the_same_as_nothing_wanted() -> None:
    assert from_options({}) == Desired(None, None, None)
    assert from_options({"services": [], "daemons": []}) == Desired({}, None, {})


def test_the_schedulers_flags_have_two_names() -> None:
    assert only(web(scheduler="mh", scheduler_flags=["mh-port", "flag-1"])).config.flags == 0x18
    assert only(web(scheduler="sh", scheduler_flags=["sh-fallback"])).config.flags == 0x08


def test_a_netmask_may_have_holes() -> None:
    service = only(web(persistence={"netmask": "255.0.255.0"}))
    assert service.config.persistence == Persistence(300, 0xFF00FF00)
    table = Table({service.key: service}, Timeouts(), {})
    assert to_options(table)["services"][0]["persistence"] == {"timeout": 300, "netmask": "255.0.255.0"}


def test_a_daemon_has_the_kernels_defaults() -> None:
    assert from_options(daemon()).daemons == {"master": SyncDaemon("eth0", 0, 0, "224.0.0.81", 8848, 1)}
    assert from_options({"daemons": [{"role": "backup", "state": "absent"}]}).daemons == {"backup": None}


def test_there_are_enough_mistakes_in_this_table() -> None:
    assert len(WRONG) >= 40
