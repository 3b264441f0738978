# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that would mean something in a file, and what YAML made of a text: refused, with the remedy, in one line."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from inventory import put, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.validate import normalise

Tree = dict[str, Any]
VIP, SERVICE, UPSTREAM, SITE = (
    "lvs_vips.web",
    "lvs_virtual_services.web",
    "lvs_nginx_upstreams.app",
    "lvs_nginx_sites.www",
)
INTERFACE = "an interface name: 1-15 letters, digits or _ . -, no . or - first, and not lo, all or default"
URL_PATH = "a path of letters, digits or _ . - / that starts with /"
FILE_PATH = "an absolute path of letters, digits or _ . + @ - /, without arguments"
HOST = "1-128 letters, digits or _ . -, no . or - first, or an IP address"
GROUP = "1-128 letters, digits or _ . -, no . or - first"
NAME = "1-63 letters, digits or _ . -, no . or - first"
ONE_HOST = "an address of one host, not "
V6_HOSTS = {
    "%s:lvs_address" % host: "2001:db8::%d" % number
    for number, host in enumerate(("d1", "d2", "web1", "web2"), start=100)
}


def mistakes(changes: Tree) -> list[str]:
    _normal, found, _warnings = normalise(with_changes(changes))
    assert all(mistake.message.startswith(mistake.path + " ") for mistake in found)
    return [mistake.message for mistake in found]


def with_host(name: str, group: str = "lvs_real_servers") -> Tree:
    return {"group:" + group: ["web1", "web2", name], name + ":lvs_address": "198.51.100.104"}


# Field -> what it must be, values that it must not be, values that it may be.
FORMS: dict[str, tuple[str, list[str], list[str]]] = {
    "d1:lvs_interface": (
        INTERFACE,
        ["eth0}", "lan#1", "eth0.100@eth0", "16characterslong", "", ".", "..", "lo", "all", "default", "a b", "a:0",
         "a\n", "-a", "$(id)", "a;b", "a'b"],
        ["eth0.100", "br-lan", "enx001122334455", "wlp2s0f0np0", "_a", "15-characters-0"],
    ),
    VIP + ".interface": (INTERFACE, ["eth0}", "lan!1", "eth0/1", "lo"], ["eth1", "bond0.7"]),
    "lvs_health_path": (
        URL_PATH,
        ["/it's", "/$(id)", "/`id`", "/100%", "/a?b", "/a%20b", "/a#b", "/!a", "/a b", "//a", "/a//b", "/./a", "/a/..",
         "/ü", "/a\n", "a", "", "/a;b", "/{a}", "/~a", "/" + 255 * "a"],
        ["/health", "/.well-known/health", "/a/b/", "/a...b", "/lvs_health-1.html"],
    ),
    "lvs_notify.command": (
        FILE_PATH,
        ["/bin/a b", "/bin/$(id)", "/bin/a;b", "/bin/", "/bin/../a", "/bin//a", "a", "/a\n", "/a'b", "/a|b", "/",
         "/a&"],
        ["/usr/local/bin/tell", "/opt/a.b/c+d@e-f_g"],
    ),
    "lvs_directors_group": (GROUP, ["a b", "a!b", "$(id)", "../a", ".a", "-a", "a:b", "&a", 129 * "a"], []),
    SERVICE + ".pool": (GROUP, ["a b", "!all", ".x"], []),
    "d1:lvs_cluster": (NAME, [".x", "-x", "a/b", 64 * "a"], []),
    "lvs_notify.mail": ("a mail address", ["root", "a b@c", "a@b\n", "a@b;c", "$(id)@b"], ["root@example.com"]),
    SITE + ".server_names": (
        "a host name, with *. or .* at one end",
        ["*.example.*", "a;b", "_", "a..b", "*", "a b", 254 * "a"],
        ["*.example.com", "example.*", ".example.com", "a_b.example.com", "192.0.2.1"],
    ),
}  # fmt: skip


def cases(which: int) -> list[tuple[str, str, str]]:
    return [(path, form[0], value) for path, form in FORMS.items() for value in form[which]]


def written(path: str, value: str) -> Tree:
    return {path: [value] if path.endswith("names") else value}


@pytest.mark.parametrize(("path", "what", "value"), cases(1))
def test_a_text_that_means_something_in_a_file(path: str, what: str, value: str) -> None:
    where = path.replace(":", ": ") + ("[0]" if path.endswith("names") else "")
    quoted = value.replace("\n", "\\n") if len(value) <= 60 else value[:57] + "..."
    assert '%s is "%s"; must be %s' % (where, quoted, what) in mistakes(written(path, value))


@pytest.mark.parametrize(("path", "what", "value"), cases(2))
def test_a_text_that_is_just_a_text(path: str, what: str, value: str) -> None:
    assert what
    assert mistakes(written(path, value)) == []


def test_the_path_of_a_check_is_one_that_a_location_matches() -> None:
    wrong = {SERVICE + ".check": {"type": "http", "path": "/a?b"}}
    assert mistakes(wrong) == ['lvs_virtual_services.web.check.path is "/a?b"; must be ' + URL_PATH]


NAMES = ["", ".x", "..", "../../x", "-x", "a b", "$(id)", "a;b", "a\nb", "a#b", "a/b", "a@b", "a'b", "ü", 129 * "a"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("group", ["lvs_directors", "lvs_real_servers"])
def test_a_hosts_name_is_a_word_of_files(name: str, group: str) -> None:
    quoted = name.encode("unicode_escape").decode() if "\n" in name else name
    quoted = quoted if len(quoted) <= 60 else quoted[:57] + "..."
    assert mistakes(with_host(name, group)) == ["host %s cannot have this name; must be %s" % (quoted, HOST)]


@pytest.mark.parametrize("name", ["web3", "web-3.example.com", "_web", "3web", "198.51.100.104", "2001:db8::104"])
def test_a_hosts_name_as_people_give_it(name: str) -> None:
    inventory = with_changes({})
    inventory["hostvars"][name] = {**inventory["hostvars"]["web1"], "lvs_address": "198.51.100.104"}
    put(inventory, "group:lvs_real_servers", ["web1", "web2", name])
    assert normalise(inventory)[1] == []


@pytest.mark.parametrize("name", [".x", "-x", "a b", "../x", "a@b"])
@pytest.mark.parametrize(
    ("variable", "limit"),
    [("lvs_vips", 32), ("lvs_virtual_services", 48), ("lvs_nginx_upstreams", 63), ("lvs_nginx_sites", 63)],
)
def test_a_name_is_part_of_other_names(variable: str, limit: int, name: str) -> None:
    inventory = with_changes({})
    for variables in inventory["hostvars"].values():
        variables[variable][name] = {}
    expected = "%s.%s is no name; must be 1-%d letters, digits or _ . -, no . or - first" % (variable, name, limit)
    assert expected in [mistake.message for mistake in normalise(inventory)[1]]


# -- addresses

ADDRESSES = {
    "fe80::1": "a link-local address",
    "169.254.1.1": "a link-local address",
    "ff02::12": "a multicast address",
    "224.0.0.18": "a multicast address",
    "::ffff:198.51.100.9": "an IPv4 address in IPv6 form",
    "::198.51.100.9": "an IPv4 address in IPv6 form",
    "::": "the unspecified address",
    "0.0.0.0": "the unspecified address",
    "::1": "a loopback address",
    "127.0.0.1": "a loopback address",
    "255.255.255.255": "the broadcast address",
    "240.0.0.1": "a reserved address",
    "0.0.0.1": "a reserved address",
}


@pytest.mark.parametrize(("address", "kind"), ADDRESSES.items(), ids=ADDRESSES)
def test_an_address_that_is_not_of_one_host(address: str, kind: str) -> None:
    vip = "%s/%d" % (address, 64 if ":" in address else 24)
    expected = 'lvs_vips.web.addresses[0] is "%s"; must be %s%s' % (vip, ONE_HOST, kind)
    assert expected in mistakes({VIP + ".addresses": [vip]})
    expected = 'web1: lvs_address is "%s"; must be %s%s' % (address, ONE_HOST, kind)
    assert expected in mistakes({"web1:lvs_address": address})
    server = {UPSTREAM + ".servers": [{"address": address, "port": 8080}]}
    sorry = "[%s]:80" % address if ":" in address else address + ":80"
    found = [*mistakes(server), *mistakes({SERVICE + ".sorry_server": sorry})]
    if kind == "a loopback address":  # a director's or a real server's own
        assert not [message for message in found if "must be" in message]
    else:
        assert found[0] == 'lvs_nginx_upstreams.app.servers[0].address is "%s"; must be %s%s' % (
            address,
            ONE_HOST,
            kind,
        )
        what = 'lvs_virtual_services.web.sorry_server is "%s"; must be ADDRESS:PORT of one host, not of %s'
        assert found[1] == what % (sorry, kind)


def test_an_address_that_routers_have() -> None:
    assert mistakes({VIP + ".addresses": ["2001:db8::/64"]}) == [
        'lvs_vips.web.addresses[0] is "2001:db8::/64"; must be not the first address of 2001:db8::/64, '
        "which routers have"
    ]


# -- what YAML makes of a text

QUOTES = "; put it in quotes, as YAML reads it as "
KEYS = {"true": (True, "true or false"), "null": (None, "null"), "10": (10, "a number"), "1.1": (1.1, "a number"),
        "2026-01-02": (datetime.date(2026, 1, 2), "a date")}  # fmt: skip


@pytest.mark.parametrize(("text", "key", "what"), [(text, *rest) for text, rest in KEYS.items()], ids=KEYS)
@pytest.mark.parametrize("variable", ["lvs_vips", "lvs_virtual_services", "lvs_nginx_upstreams", "lvs_nginx_sites"])
def test_a_name_that_yaml_reads_as_something_else(variable: str, text: str, key: Any, what: str) -> None:
    inventory = with_changes({})
    for variables in inventory["hostvars"].values():
        variables[variable][key] = variables[variable].popitem()[1]
    found = [mistake.message for mistake in normalise(inventory)[1]]
    assert "%s.%s is no name%s%s" % (variable, text, QUOTES, what) in found


def test_a_field_that_yaml_reads_as_something_else() -> None:
    (message,) = mistakes({VIP: {"addresses": ["198.51.100.200/24"], "vrid": 51, True: 1}})
    assert message.startswith("lvs_vips.web.true is unknown; ")
    assert message.endswith(QUOTES + "true or false")


VALUES: dict[str, tuple[Tree, str, str]] = {
    "a number": ({SERVICE + ".vip": 10}, SERVICE + ".vip is 10", NAME + QUOTES + "a number"),
    "a switch": ({SERVICE + ".vip": True}, SERVICE + ".vip is true", NAME + QUOTES + "true or false"),
    "an interface": ({VIP + ".interface": 0}, VIP + ".interface is 0", INTERFACE + QUOTES + "a number"),
    "an address": ({"web1:lvs_address": 1.5}, "web1: lvs_address is 1.5", "an IP address" + QUOTES + "a number"),
    "null": ({SERVICE + ".vip": None}, SERVICE + ".vip is null", NAME),
    "a 0 in front": (
        {SERVICE + ".ports": ["080"]},
        SERVICE + '.ports[0] is "080"',
        "a whole number, 1-65535, without a 0 in front",
    ),
    "a sorry server's 0 in front": (
        {SERVICE + ".sorry_server": "192.0.2.1:080"},
        SERVICE + '.sorry_server is "192.0.2.1:080"',
        "ADDRESS:PORT with a port 1-65535",
    ),
}


@pytest.mark.parametrize(("changes", "value", "what"), VALUES.values(), ids=VALUES)
def test_a_value_that_yaml_reads_as_something_else(changes: Tree, value: str, what: str) -> None:
    assert "%s; must be %s" % (value, what) in mistakes(changes)


# -- one line, and no secret

SECRET = "s3cret-of-nobody"
PLACES = [
    "lvs_vips.auth_pass", "lvs_vips.web.auth_passwd", "lvs_vips.web.password", "lvs_vips.web.authentication",
    "lvs_virtual_services.web.check.auth_pass", "lvs_nginx_upstreams.token", "lvs_nginx_sites.secret", "lvs_auth_pass",
    "lvs_kernel.sysctls.auth_pass", "lvs_check_script.password", "d1:lvs_password", "lvs_vips.web.priorities.secret",
]  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("value", [SECRET, [SECRET], {"a": SECRET}, {"auth_pass": SECRET}, 48151623])
def test_a_secret_is_quoted_nowhere(path: str, value: Any) -> None:
    found = repr(normalise(with_changes({path: value}))[1:])
    assert SECRET not in found
    assert "48151623" not in found


def test_a_secret_one_level_too_high() -> None:
    (message,) = (one for one in mistakes({"lvs_vips.auth_pass": SECRET}) if ".auth_pass" in one)
    assert message.startswith("lvs_vips.auth_pass is not what it must be, which is a dict with addresses, vrid, ")


def test_a_password_of_which_keepalived_would_use_a_part() -> None:
    assert mistakes({VIP + ".version": 2, VIP + ".auth_pass": "ninechars"}) == [
        "lvs_vips.web.auth_pass has 9 characters, of which keepalived would use 8; must have 1-8"
    ]


@pytest.mark.parametrize("strange", ["a\nb", "a\x1b[31mb", "a\u2028b", "a\rb", "a\tb"])
def test_a_message_is_one_line_that_a_terminal_shows(strange: str) -> None:
    changes = {
        SERVICE + ".vip": strange,
        "lvs_vips." + strange: {},
        VIP + "." + strange: 1,
        "lvs_kernel.sysctls": {strange: strange, "net.a": strange},
        "lvs_failover": strange,
        VIP + ".vrid": strange,
    }
    found = mistakes(changes)
    assert len(found) >= len(changes)
    assert all(message.isprintable() for message in found)


def test_a_long_key_is_cut() -> None:
    (message,) = mistakes({"lvs_vips.web." + 100 * "x": 1})
    assert message.startswith("lvs_vips.web." + 57 * "x" + "... is unknown; ")


# -- sysctls

SYSCTLS = [
    "net.//tmp/x",
    "net./etc",
    "net.ipv4.../x",
    "net.a b",
    "net.a=b",
    "net.a\nb",
    "net",
    "net.",
    "-net.a",
    "net.a/",
]


@pytest.mark.parametrize("name", SYSCTLS)
def test_a_sysctl_is_one_of_the_kernels_names(name: str) -> None:
    quoted = name.replace("\n", "\\n")
    assert mistakes({"lvs_kernel": {"sysctls": {name: 1}}}) == [
        'lvs_kernel.sysctls has "%s"; every name must be net.… of letters, digits or _ . - /' % quoted
    ]


@pytest.mark.parametrize("value", ["", "1\n2", "$(id)", "a;b", "#1", " 1", True, 1.5, None])
def test_a_sysctls_value_is_plain(value: Any) -> None:
    (message,) = mistakes({"lvs_kernel": {"sysctls": {"net.a": value}}})
    assert message.endswith(" for net.a; must be a number or plain words")


@pytest.mark.parametrize(
    ("name", "value"),
    [("net.ipv4.tcp_rmem", "4096 87380\t6291456"), ("net.ipv4.conf.eth0/100.rp_filter", 2), ("net.core.x", -1),
     ("net.ipv4.conf.br-lan.rp_filter", 0), ("net.ipv4.ip_local_reserved_ports", "8080,9000-9010")],
)  # fmt: skip
def test_a_sysctl_that_there_is(name: str, value: Any) -> None:
    normal, found, _warnings = normalise(with_changes({"lvs_kernel": {"sysctls": {name: value}}}))
    assert found == []
    assert normal["clusters"]["default"]["kernel"]["sysctls"] == {name: value}
