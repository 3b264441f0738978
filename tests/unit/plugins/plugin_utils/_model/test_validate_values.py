# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value that is not what its field allows: one mistake with its path, its value and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.validate import normalise

Tree = dict[str, Any]
VIP, SERVICE, UPSTREAM, SITE = (
    "lvs_vips.web",
    "lvs_virtual_services.web",
    "lvs_nginx_upstreams.app",
    "lvs_nginx_sites.www",
)

WRONG: dict[str, tuple[Tree, list[str]]] = {
    # Names
    "a key with a typing error": (
        {VIP + ".adresses": []},
        ["lvs_vips.web.adresses is unknown; did you mean addresses?"],
    ),
    "a key deep down": (
        {SERVICE + ".check": {"timout": 1}},
        ["lvs_virtual_services.web.check.timout is unknown; did you mean timeout?"],
    ),
    "a key of a host name of a server": (
        {UPSTREAM + ".servers": [{"adress": "a", "port": 1}]},
        [
            "lvs_nginx_upstreams.app.servers[0].address is missing",
            "lvs_nginx_upstreams.app.servers[0].adress is unknown; did you mean address?",
        ],
    ),
    "a name with a space": (
        {"lvs_nginx_sites.my site": {"upstream": "app"}},
        ["lvs_nginx_sites.my site is no name; must be 1-63 letters, digits or _ . -, no . or - first"],
    ),
    "a VIP's name that is too long": (
        {"lvs_vips." + 33 * "x": {"addresses": ["198.51.100.9/24"]}},
        [
            (
                "lvs_vips.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx is no name; must be 1-32 letters, digits or _ . -, no . "
                "or - first"
            )
        ],
    ),
    # Kinds
    "a dict where a list is due": ({VIP + ".addresses": {}}, ["lvs_vips.web.addresses is a dict; must be a list"]),
    "a list where a dict is due": ({"lvs_vips": []}, ["lvs_vips is a list; must be a dict by name"]),
    "a VIP that is only text": (
        {VIP: "198.51.100.200/24"},
        [
            (
                'lvs_vips.web is "198.51.100.200/24"; must be a dict with addresses, vrid, interface, gateways, '
                "labels, prefer, priorities, preempt, preempt_delay, version, advert_interval, auth_pass, "
                "unicast, track, track_scripts, track_interfaces"
            )
        ],
    ),
    "text where a number is due": (
        {VIP + ".vrid": "fifty"},
        ['lvs_vips.web.vrid is "fifty"; must be a whole number, 1-255'],
    ),
    "true where a number is due": ({VIP + ".vrid": True}, ["lvs_vips.web.vrid is true; must be a whole number, 1-255"]),
    "half a number": ({VIP + ".vrid": 1.5}, ["lvs_vips.web.vrid is 1.5; must be a whole number, 1-255"]),
    "null where a value is due": (
        {SERVICE + ".ports": None},
        ["lvs_virtual_services.web.ports is null; must be a list"],
    ),
    "a number where a switch is due": ({VIP + ".preempt": 1}, ["lvs_vips.web.preempt is 1; must be true or false"]),
    "a value that is missing": ({SERVICE + ".vip": ...}, ["lvs_virtual_services.web.vip is missing"]),
    "no addresses": ({VIP + ".addresses": []}, ["lvs_vips.web.addresses is empty"]),
    "not a number at all": (
        {VIP + ".advert_interval": float("nan")},
        ["lvs_vips.web.advert_interval is nan; must be a number, 0.01-255"],
    ),
    # VIPs
    "a VIP without prefix length": (
        {VIP + ".addresses": ["198.51.100.200"]},
        [
            (
                'lvs_vips.web.addresses[0] is "198.51.100.200"; must be an address with a prefix length, '
                "like 198.51.100.200/24"
            )
        ],
    ),
    "a VIP with a prefix length that is none": (
        {VIP + ".addresses": ["198.51.100.200/33"]},
        [('lvs_vips.web.addresses[0] is "198.51.100.200/33"; must be an address with a prefix length 8-32')],
    ),
    "a VIP with a netmask": (
        {VIP + ".addresses": ["198.51.100.200/255.255.255.0"]},
        [('lvs_vips.web.addresses[0] is "198.51.100.200/255.255.255.0"; must be an address with a prefix length 8-32')],
    ),
    "a VIP that is no address": (
        {VIP + ".addresses": ["198.51.100.256/24"]},
        [
            (
                'lvs_vips.web.addresses[0] is "198.51.100.256/24"; must be an address with a prefix length, '
                "like 198.51.100.200/24"
            )
        ],
    ),
    "a VIP that is a network": (
        {VIP + ".addresses": ["198.51.100.0/24"]},
        [
            (
                'lvs_vips.web.addresses[0] is "198.51.100.0/24"; must be neither the first nor the last '
                "address of 198.51.100.0/24"
            )
        ],
    ),
    "a VIP that is multicast": (
        {VIP + ".addresses": ["224.0.0.18/32"]},
        ['lvs_vips.web.addresses[0] is "224.0.0.18/32"; must be an address of one host, not a multicast address'],
    ),
    "a vrid of 0": (
        {VIP + ".vrid": 0},
        ["lvs_vips.web.vrid is 0; must be 1-255, as VRRP has eight bits for it, and 0 means none"],
    ),
    "a vrid above 255": (
        {VIP + ".vrid": 256},
        ["lvs_vips.web.vrid is 256; must be 1-255, as VRRP has eight bits for it, and 0 means none"],
    ),
    "a version that VRRP does not have": ({VIP + ".version": 4}, ["lvs_vips.web.version is 4; must be 2-3"]),
    "an advert interval of 0": ({VIP + ".advert_interval": 0}, ["lvs_vips.web.advert_interval is 0; must be 0.01-255"]),
    "a priority of an address's owner": (
        {VIP + ".priorities": {"d1": 255, "d2": 100}},
        ["lvs_vips.web.priorities.d1 is 255; must be 1-254"],
    ),
    "a password that is too long": (
        {VIP + ".version": 2, VIP + ".auth_pass": "hunter2hunter2"},
        ["lvs_vips.web.auth_pass has 14 characters, of which keepalived would use 8; must have 1-8"],
    ),
    "a password without quotes": (
        {VIP + ".version": 2, VIP + ".auth_pass": 48151623},
        ["lvs_vips.web.auth_pass is not text; put it in quotes"],
    ),
    "a password that is a comment": (
        {VIP + ".version": 2, VIP + ".auth_pass": "pa#s"},
        [
            (
                "lvs_vips.web.auth_pass has a character that keepalived reads; must be letters, digits or . "
                "_ + = , : / ^ % * ? -"
            )
        ],
    ),
    "an empty password": (
        {VIP + ".version": 2, VIP + ".auth_pass": ""},
        ["lvs_vips.web.auth_pass has 0 characters; must have 1-8"],
    ),
    "an interface that is too long": (
        {VIP + ".interface": "enp0123456789012"},
        [
            (
                'lvs_vips.web.interface is "enp0123456789012"; must be an interface name: 1-15 letters, digits or _ '
                ". -, no . or - first, and not lo, all or default"
            )
        ],
    ),
    "a label with a colon": (
        {VIP + ".labels": ["a:b"]},
        ['lvs_vips.web.labels[0] is "a:b"; must be 1-13 letters, digits or _ . -'],
    ),
    "a delay below 0": ({VIP + ".preempt_delay": -1}, ["lvs_vips.web.preempt_delay is -1; must be 0-1000"]),
    # Virtual services
    "a port that is too high": (
        {SERVICE + ".ports": [70000]},
        ["lvs_virtual_services.web.ports[0] is 70000; must be 1-65535"],
    ),
    "a second port that is 0": (
        {SERVICE + ".ports": [80, 0]},
        ["lvs_virtual_services.web.ports[1] is 0; must be 1-65535"],
    ),
    "a protocol that IPVS does not have": (
        {SERVICE + ".protocol": "http"},
        ['lvs_virtual_services.web.protocol is "http"; must be one of tcp, udp, sctp'],
    ),
    "a scheduler that the kernel does not have": (
        {SERVICE + ".scheduler": "best"},
        [
            (
                'lvs_virtual_services.web.scheduler is "best"; must be one of rr, wrr, lc, wlc, fo, ovf, '
                "lblc, lblcr, dh, sh, mh, sed, nq, twos"
            )
        ],
    ),
    "a flag that no scheduler has": (
        {SERVICE + ".scheduler_flags": ["rr-fast"]},
        [
            (
                'lvs_virtual_services.web.scheduler_flags[0] is "rr-fast"; must be one of sh-fallback, '
                "sh-port, mh-fallback, mh-port"
            )
        ],
    ),
    "a forwarding method in keepalived's words": (
        {SERVICE + ".forward": "DR"},
        ['lvs_virtual_services.web.forward is "DR"; must be one of dr, nat, tunnel'],
    ),
    "a check that there is not": (
        {SERVICE + ".check": "ftp"},
        [
            'lvs_virtual_services.web.check.type is "ftp"; must be one of auto, http, https, tcp, smtp, dns, udp, '
            "ping, script, none"
        ],
    ),
    "a check every 0 seconds": (
        {SERVICE + ".check": {"interval": 0}},
        ["lvs_virtual_services.web.check.interval is 0; must be 0.1-3600"],
    ),
    "a check's timeout below 0": (
        {SERVICE + ".check": {"timeout": -1}},
        ["lvs_virtual_services.web.check.timeout is -1; must be 0.1-3600"],
    ),
    "a check's path without a slash": (
        {SERVICE + ".check": {"type": "http", "path": "health"}},
        [
            (
                'lvs_virtual_services.web.check.path is "health"; must be a path of letters, digits or _ . - / that '
                "starts with /"
            )
        ],
    ),
    "a check's path with a quote": (
        {SERVICE + ".check": {"type": "http", "path": '/"'}},
        [
            (
                'lvs_virtual_services.web.check.path is "/""; must be a path of letters, digits or _ . - / that '
                "starts with /"
            )
        ],
    ),
    "a status that HTTP does not have": (
        {SERVICE + ".check": {"status": 600}},
        ["lvs_virtual_services.web.check.status[0] is 600; must be a status 100-599, or a range like 200-299"],
    ),
    "persistence of no time": (
        {SERVICE + ".persistence": 0},
        ["lvs_virtual_services.web.persistence.timeout is 0; must be 1-2678400"],
    ),
    "a sorry server without port": (
        {SERVICE + ".sorry_server": "192.0.2.1"},
        [('lvs_virtual_services.web.sorry_server is "192.0.2.1"; must be ADDRESS:PORT with a port 1-65535')],
    ),
    "a sorry server by name": (
        {SERVICE + ".sorry_server": "sorry.example.com:80"},
        [('lvs_virtual_services.web.sorry_server is "sorry.example.com:80"; must be ADDRESS:PORT with a port 1-65535')],
    ),
    "a threshold below 0": (
        {SERVICE + ".upper_threshold": -1},
        ["lvs_virtual_services.web.upper_threshold is -1; must be 0-4294967295"],
    ),
    # Nginx
    "an upstream server without port": (
        {UPSTREAM + ".servers": ["192.0.2.1"]},
        ['lvs_nginx_upstreams.app.servers[0] is "192.0.2.1"; must be ADDRESS:PORT'],
    ),
    "an upstream server that is half an address": (
        {UPSTREAM + ".servers": ["192.0.2:80"]},
        [('lvs_nginx_upstreams.app.servers[0].address is "192.0.2"; must be a host name or an IP address')],
    ),
    "an upstream server of weight 0": (
        {UPSTREAM + ".servers": [{"address": "a", "port": 1, "weight": 0}]},
        ["lvs_nginx_upstreams.app.servers[0].weight is 0; must be 1-65535"],
    ),
    "an upstream without servers": ({UPSTREAM + ".servers": []}, ["lvs_nginx_upstreams.app.servers is empty"]),
    "a method that Nginx does not have": (
        {UPSTREAM + ".method": "fastest"},
        [
            (
                'lvs_nginx_upstreams.app.method is "fastest"; must be one of round_robin, least_conn, ip_hash, '
                "random, random_two"
            )
        ],
    ),
    "a server name that ends the line": (
        {SITE + ".server_names": ["a; b"]},
        ['lvs_nginx_sites.www.server_names[0] is "a; b"; must be a host name, with *. or .* at one end'],
    ),
    "a health path without a slash": (
        {"lvs_health_path": "lvs-health"},
        [('lvs_health_path is "lvs-health"; must be a path of letters, digits or _ . - / that starts with /')],
    ),
    # The rest
    "a failover profile that there is not": (
        {"lvs_failover": "quick"},
        ['lvs_failover is "quick"; must be one of fast, balanced, tolerant'],
    ),
    "an owner of the table that there is not": (
        {"lvs_table_owner": "ipvsadm"},
        ['lvs_table_owner is "ipvsadm"; must be one of keepalived, static'],
    ),
    "a weight below what VRRP can": (
        {"lvs_check_script": {"weight": -254}},
        ["lvs_check_script.weight is -254; must be -253 to 253"],
    ),
    "a command that is not absolute": (
        {"lvs_notify": {"command": "notify.sh"}},
        [
            (
                'lvs_notify.command is "notify.sh"; must be an absolute path of letters, digits or _ . + @ - /, '
                "without arguments"
            )
        ],
    ),
    "a mail address without a place": (
        {"lvs_notify": {"mail": "root"}},
        ['lvs_notify.mail is "root"; must be a mail address'],
    ),
    "a connection table that is too big": (
        {"lvs_kernel": {"conn_tab_bits": 28}},
        ["lvs_kernel.conn_tab_bits is 28; must be 8-27"],
    ),
    "a sysctl that is not of the network": (
        {"lvs_kernel": {"sysctls": {"vm.swappiness": 1}}},
        ['lvs_kernel.sysctls has "vm.swappiness"; every name must be net.… of letters, digits or _ . - /'],
    ),
    "sysctls, each wrong": (
        {"lvs_kernel": {"sysctls": {"vm.swappiness": 1, "net.core.somaxconn": True, "kernel.panic": 1}}},
        [
            'lvs_kernel.sysctls has "kernel.panic"; every name must be net.… of letters, digits or _ . - /',
            'lvs_kernel.sysctls has "vm.swappiness"; every name must be net.… of letters, digits or _ . - /',
            "lvs_kernel.sysctls has true for net.core.somaxconn; must be a number or plain words",
        ],
    ),
    "a sysctl with parts": (
        {"lvs_kernel": {"sysctls": {"net.core.somaxconn": [1]}}},
        ["lvs_kernel.sysctls has a list for net.core.somaxconn; must be a number or plain words"],
    ),
    "a weight that IPVS cannot keep": ({"web1:lvs_weight": 65536}, ["web1: lvs_weight is 65536; must be 0-65535"]),
    "a state that a host cannot be in": (
        {"web1:lvs_state": "down"},
        ['web1: lvs_state is "down"; must be one of active, drained'],
    ),
    "a host's address that is a name": (
        {"web1:lvs_address": "web1.example.com"},
        ['web1: lvs_address is "web1.example.com"; must be an IP address'],
    ),
    "a host's address with a zone": (
        {"web1:lvs_address": "fe80::1%eth0"},
        ['web1: lvs_address is "fe80::1%eth0"; must be an IP address'],
    ),
    "a host's IPv6 address that is none": (
        {"web1:lvs_address6": "192.0.2.1"},
        ['web1: lvs_address6 is "192.0.2.1"; must be an IPv6 address'],
    ),
    "a host's address of the loopback": (
        {"web1:lvs_address": "127.0.0.1"},
        ['web1: lvs_address is "127.0.0.1"; must be an address of one host, not a loopback address'],
    ),
    "a host without address": (
        {"web1:lvs_address": ...},
        [
            (
                "web1: lvs_address is missing; must be an IP address, as neither ansible_host nor the "
                "inventory name is one"
            )
        ],
    ),
    "a cluster's name with a space": (
        {"web1:lvs_cluster": "my cluster"},
        ['web1: lvs_cluster is "my cluster"; must be 1-63 letters, digits or _ . -, no . or - first'],
    ),
    "a host's interface with a slash": (
        {"d1:lvs_interface": "eth0/1"},
        [
            (
                'd1: lvs_interface is "eth0/1"; must be an interface name: 1-15 letters, digits or _ . -, no . or - '
                "first, and not lo, all or default"
            )
        ],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_wrong(changes: Tree, expected: list[str]) -> None:
    _normal, mistakes, _warnings = normalise(with_changes(changes))
    assert [mistake.message for mistake in mistakes] == expected
    assert all(mistake.message.startswith(mistake.path + " ") for mistake in mistakes)
