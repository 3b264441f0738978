# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a text may look like: each form has a use in a file, and only characters that mean nothing there."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

_FIRST = "no . or - first"
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"

# Forms of text: what matches, and how to say so.
FORMS = {
    "name": (r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}", "1-63 letters, digits or _ . -, " + _FIRST),
    "group": (r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", "1-128 letters, digits or _ . -, " + _FIRST),
    # Or an IP address. It is part of the name of a file, behind that of a service, and has room there.
    "host": (
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
        "1-128 letters, digits or _ . -, " + _FIRST + ", or an IP address",
    ),
    "label": (r"[A-Za-z0-9_.-]{1,13}", "1-13 letters, digits or _ . -"),
    # The kernel takes more, but not every reader of a name does; these three have a meaning of their own.
    "interface": (
        r"(?!(?:lo|all|default)$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}",
        "an interface name: 1-15 letters, digits or _ . -, " + _FIRST + ", and not lo, all or default",
    ),
    # What is not the same in a request and in Nginx's configuration is left out: %20, ?, //, and . or .. alone.
    "url_path": (
        r"(?=.{1,255}$)(?:/|(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]+)+/?)",
        "a path of letters, digits or _ . - / that starts with /",
    ),
    "file_path": (
        r"(?=.{1,255}$)(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.+@-]+)+",
        "an absolute path of letters, digits or _ . + @ - /, without arguments",
    ),
    "host_name": (r"(?=.{1,253}$)" + _LABEL + r"(\." + _LABEL + r")*\.?", "a host name or an IP address"),
    "server_name": (
        r"(?=.{1,253}$)(?!_$)(?:(?:\*\.|\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.\*)",
        "a host name, with *. or .* at one end",
    ),
    # What HTTP-01 can prove: the name of one host.
    "acme_name": (
        r"(?=.{1,253}$)(?!.*\.[0-9]+$)(?![0-9]+$)" + _LABEL + r"(\." + _LABEL + r")*",
        "the name of one host: no wildcard and no address, which HTTP-01 cannot prove",
    ),
    "https_url": (
        r"https://(?=.{1,255}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?(:[1-9][0-9]{0,4})?(/[A-Za-z0-9_.~/-]*)?",
        "an address that begins with https://",
    ),
    "program_word": (r"[ -~]{1,255}", "1-255 printable ASCII characters"),
    # Any printable ASCII but blanks and %, as Nginx compares a path after it has decoded and cleaned it.
    "route_path": (
        r"(?=.{1,255}$)/(?!.*(?://|/\.{1,2}(?:/|$)))[!-$&-~]*",
        "a path of printable ASCII that starts with /, decoded, without blanks, %, //, . and ..",
    ),
    "method": (r"[A-Z][A-Z_-]{0,30}", "a method in capital letters"),
    "header_name": (r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", "the name of a header: 1-63 letters, digits or -"),
    "cookie_name": (r"[A-Za-z0-9_.-]{1,63}", "the name of a cookie: 1-63 letters, digits or _ . -, without blanks"),
    # What may stand behind $cookie_ and $http_: Nginx knows no other characters in the name of a variable.
    "variable_part": (r"[A-Za-z0-9_]{1,63}", "1-63 letters, digits or _"),
    "canary_place": (
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,62})?",
        "SITE, or SITE/ROUTE for the canary of a route",
    ),
    "canary_by": (r"cookie|client|header:[A-Za-z0-9][A-Za-z0-9-]{0,62}", "cookie, client or header:NAME"),
    "param_name": (r"[A-Z][A-Z0-9_]{0,62}", "the name of a parameter: 1-63 capital letters, digits or _"),
    "argument_name": (r"[A-Za-z0-9_.~-]{1,63}", "the name of an argument: 1-63 letters, digits or _ . ~ -"),
    "log_file": (
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,58}\.log",
        "the name of a file: letters, digits or _ . -, .log at its end",
    ),
    "syslog_tag": (r"[A-Za-z0-9_]{1,32}", "1-32 letters, digits or _"),
    "media_type": (
        r"[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,62}(; charset=[A-Za-z0-9-]{1,31})?",
        "a media type, like text/html",
    ),
    # Nginx keeps them in a table whose rows have room for so many characters, and no directive makes them longer.
    "bare_type": (
        r"(?=.{1,46}$)[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*",
        "a media type of at most 46 characters, like text/css",
    ),
    "answer_status": (r"[2-5][0-9]{2}", "a status from 200 to 599"),
    "rate": (r"[1-9][0-9]{0,6}/[sm]", "a number of requests by second or minute, like 10/s or 30/m"),
    # A name of ALPN; Nginx takes them as words.
    "alpn": (r"[a-z0-9][a-z0-9./-]{0,62}", "1-63 small letters, digits or . / -, such as mqtt"),
    "realm": (r"(?!off$)[A-Za-z0-9_.,:/ -]{1,100}", "1-100 letters, digits, blanks or _ . , : / -, and not off"),
    "user_name": (r"[A-Za-z0-9_.@+-]{1,64}", "the name of a user: 1-64 letters, digits or _ . @ + -"),
    # 418 chooses a route, 444 and 499 are no answers.
    "error_status": (r"(?!418|444|499)[45][0-9]{2}", "a status from 400 to 599 that Nginx answers with"),
    "digest": (r"[0-9a-f]{32}", "32 hexadecimal digits in small letters"),
    # Keepalived before 2.3 takes a last byte of ff for an error of its own.
    "hex": (
        r"(?!.*[fF]{2}$)([0-9a-fA-F]{2}){1,200}",
        "1-200 pairs of hexadecimal digits, the last not ff, which Keepalived 2.2 does not take",
    ),
    # Keepalived takes a dot for an empty label, at the end and behind the first character.
    "dns_name": (
        r"(?=.{1,253}$)(?!.\.)(?:\.|" + _LABEL + r"(\." + _LABEL + r")*)",
        "a name of DNS without a dot at the end or behind its first character, or . for the root",
    ),
    # What a shell would read, and blanks at the ends, is left out: an argument is one word whoever reads it.
    "argument": (
        r"(?=.{1,128}$)(?!@| |.* @)(?:\{address\}|\{port\}|[A-Za-z0-9_./:=,@+%^ -])+(?<! )",
        "1-128 letters, digits, blanks inside, {address}, {port} or _ . / : = , @ + % ^ -, no @ first in a word",
    ),
    "plain_argument": (
        r"(?=.{1,128}$)(?!@|.* @)[A-Za-z0-9_./:=,@+%^-](?:[A-Za-z0-9_./:=,@+%^ -]*[A-Za-z0-9_./:=,@+%^-])?",
        "1-128 letters, digits, blanks inside or _ . / : = , @ + % ^ -, no @ first in a word",
    ),
    "unix_user": (r"[a-z_][a-z0-9_-]{0,30}", "the name of a user: 1-31 small letters, digits or _ -"),
    "mail": (r"(?=.{1,254}$)[A-Za-z0-9._%+-]+@[A-Za-z0-9._-]+", "a mail address"),
}
# What a password may hold without a meaning of its own in keepalived.conf.
PASSWORD = re.compile(r"[A-Za-z0-9._+=,:/^%*?-]*")
# As in /etc/sysctl.d: a dot in an interface's name is a slash.
SYSCTL = re.compile(r"net(?:\.[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*)+")
SYSCTL_VALUE = re.compile(r"[A-Za-z0-9_.,:/+-]+(?:[ \t]+[A-Za-z0-9_.,:/+-]+)*")
# Names of values that nobody quotes, wherever they stand and however they are misspelt.
_SECRET = re.compile(r"pass|pwd|secret|token|auth|credential|private|lvs_nginx_users|lvs_certificates", re.IGNORECASE)


def is_secret(path: str) -> bool:
    """Whether what stands at a path may be a secret."""
    return bool(_SECRET.search(path))


def name_pattern(longest: int) -> str:
    """A name that an operator gives to something, of so many characters at most."""
    return r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,%d}" % (longest - 1)


def name_words(longest: int) -> str:
    return "1-%d letters, digits or _ . -, %s" % (longest, _FIRST)


def address_of(value: Any) -> Any:
    """The IP address of a text, or None; a zone (`%eth0`) is none of an address here."""
    try:
        return None if "%" in str(value) else ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return None


def is_loopback(address: str | None) -> bool:
    """Whether an address or a name is the host's own, wherever it stands."""
    found = address_of(address)
    return bool(found.is_loopback if found else address and address.lower().startswith("localhost"))


def kind_of_address(address: Any) -> str:
    """What an address is that no other host can reach one host by; empty: it can."""
    if address.version == 6 and address.ipv4_mapped:
        return "an IPv4 address in IPv6 form"
    if address == ipaddress.IPv4Address("255.255.255.255"):
        return "the broadcast address"
    if address.is_unspecified:
        return "the unspecified address"
    if address.is_loopback:
        return "a loopback address"
    if address.is_multicast:
        return "a multicast address"
    if address.is_link_local:
        return "a link-local address"
    if address.version == 4 and (address.is_reserved or int(address) >> 24 == 0):
        return "a reserved address"
    if address.version == 6 and int(address) >> 32 == 0:
        return "an IPv4 address in IPv6 form"
    return ""
