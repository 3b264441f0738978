# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the values that are Nginx's own: regular expressions, texts with variables, networks, sizes, raw lines."""

from __future__ import annotations

import ipaddress
import re
import warnings
from typing import Any, Callable, Mapping

from .fields import Field
from .forms import FORMS
from .nginx_variables import DECODED, is_variable
from .said import Wrong, must, must_be_text, printable

_LONGEST = 1024
_SIZE = re.compile(r"(0|[1-9][0-9]{0,8})([kKmMgG]?)")
_PERCENT = re.compile(r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,2})?")
_USED = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z0-9_]*))")
# A group of a regular expression, as a replacement names it; Nginx has no ${1}.
GROUP = re.compile(r"\$([1-9])(?![0-9])")
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]{0,30}://(?:[A-Za-z0-9_.-]{1,253}|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
# As `openssl passwd -apr1`, `htpasswd -B` and `mkpasswd` write them.
_HASH = re.compile(
    r"\$apr1\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}|\$2[aby]\$[0-9]{2}\$[./0-9A-Za-z]{53}"
    r"|\$5\$(?:rounds=[0-9]{1,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{43}"
    r"|\$6\$(?:rounds=[0-9]{1,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}"
    r"|\$y\$[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{1,86}\$[./0-9A-Za-z]{43}"
)
_QUOTES = ('"', "'")


def _line(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= _LONGEST:
        raise must_be_text(value, "%s of 1-%d printable characters" % (what, _LONGEST))
    return value


def why_no_regex(text: str) -> str:
    """What is wrong with a regular expression; empty where both Nginx and we can read it.

    Nginx has PCRE. What is left out is what only one of the two knows, and names, which become variables of Nginx.
    """
    if re.search(r"\(\?(?!:|=|!|<=|<!|i\))|\\[ABCEGHKLNQRUXZghkopuvxz0-9]|[*+?}]\+|\[\[:|\{,", text):
        return "has what this collection cannot read; allowed are classes, groups without names, (?:…), (?=…), (?!…)"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(text, re.ASCII)
    except (re.error, Warning, RecursionError, OverflowError) as error:
        return "is no regular expression: %s" % error
    return ""


def _regex(field: Field, value: Any) -> str:
    text = _line(value, "a regular expression")
    if why_no_regex(text):
        raise Wrong("is %s, which %s" % (printable(text), why_no_regex(text)))
    return text


def _matched(field: Field, value: Any) -> str:
    """A text, or ~ and a regular expression."""
    text = _line(value, "a text, or ~ and a regular expression,")
    if text.startswith("~"):
        _regex(field, text[1:])
    return text


def _expanded(field: Field, value: Any) -> str:
    """A text in which variables of Nginx stand for their values."""
    text = _line(value, "a text")
    for name in (braced or bare for braced, bare in _USED.findall(text)):
        if not is_variable(name):
            raise Wrong("has $%s, which is no variable of Nginx; a $ alone cannot be written" % printable(name))
    return text


def _sent(field: Field, value: Any) -> str:
    """The same, in a header: no variable whose value a client can write lines in."""
    text = _expanded(field, value)
    for name in (braced or bare for braced, bare in _USED.findall(text)):
        if name.lower() in DECODED:
            raise Wrong("has $%s, in which a client can write lines of its own; %s" % (name, DECODED[name.lower()]))
    return text


def _replaced(field: Field, value: Any) -> str:
    """The same, in which also the groups of a regular expression stand for what they found."""
    text = _line(value, "a text")
    _expanded(field, GROUP.sub("", text) or " ")
    return text


def _network(field: Field, value: Any) -> str:
    try:
        return str(ipaddress.ip_network(value if isinstance(value, str) else ""))
    except ValueError as error:
        said = "a network without host bits, like 198.51.100.0/24" if "host bits" in str(error) else "a network"
        raise must_be_text(value, "an address or " + said) from None


def _size(field: Field, value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _SIZE.fullmatch(text):
        raise must(value, "a number of bytes, like 16m: with k, m or g behind it, or nothing")
    return text.lower()


def bytes_of(size: str) -> int:
    """Of a size that was read."""
    return int(size.rstrip("kmg")) * {"k": 2**10, "m": 2**20, "g": 2**30}.get(size[-1], 1)


def _percent(field: Field, value: Any) -> float:
    """A share of 0-100 as Nginx takes it: with two decimals."""
    text = str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _PERCENT.fullmatch(text) or float(text) > 100:
        raise must(value, "0-100, with at most two decimals")
    return int(float(text)) if float(text).is_integer() else float(text)


def _raw(field: Field, value: Any) -> str:
    """Whole directives: what is opened in the line is closed in it, so that nothing of ours is."""
    text = _line(value, "a line for Nginx").strip()
    fault = why_not_whole(text)
    if fault:
        raise Wrong("is %s, which %s" % (printable(text), fault))
    return text


def why_not_whole(text: str) -> str:
    """Why a line is not whole directives of Nginx; empty where it is. Words are read as ngx_conf_read_token does."""
    depth, words, place = 0, 0, 0
    while place < len(text):
        one = text[place]
        if one in " \t":
            place += 1
        elif one == "#":
            return "has a comment; leave it out"
        elif one in ";{}":
            if (one == "}") == bool(words):
                return "has %s where none can be" % one
            depth += {"{": 1, "}": -1, ";": 0}[one]
            if depth < 0:
                return "closes a block that it did not open"
            words, place = 0, place + 1
        else:
            place = _behind_word(text, place)
            if place < 0:
                return "has a quote that is not closed, or something right behind one"
            words += 1
    if depth:
        return "opens a block that it does not close"
    return "has no ; at its end" if words else ""


def _behind_word(text: str, place: int) -> int:
    """Where a word ends that begins at a place; -1 where its quotes do not."""
    quote = text[place] if text[place] in _QUOTES else ""
    at = place + bool(quote)
    while at < len(text):
        one = text[at]
        if one == "\\":
            at += 2
        elif quote and one == quote:
            return at + 1 if at + 1 == len(text) or text[at + 1] in " \t;{" else -1
        elif not quote and (one in " \t;" or (one == "{" and text[at - 1] != "$")):
            return at
        else:
            at += 1
    return -1 if quote or at > len(text) else at


def _server_name(field: Field, value: Any) -> str:
    """A host name in small letters, or ~ and a regular expression."""
    if isinstance(value, str) and value.startswith("~"):
        return "~" + _regex(field, value[1:])
    pattern, what = FORMS["server_name"]
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise must_be_text(value, what)
    return value.lower()


def _route_path(field: Field, value: Any) -> str:
    """A path, or ~ and a regular expression."""
    if isinstance(value, str) and value.startswith("~"):
        return "~" + _regex(field, value[1:])
    pattern, what = FORMS["route_path"]
    if not isinstance(value, str) or not re.fullmatch(pattern, value) or "/../" in value + "/" or "/./" in value + "/":
        raise must_be_text(value, what)
    return value


def _origin(field: Field, value: Any) -> str:
    """An origin as browsers send it, ~ and a regular expression, or *."""
    if isinstance(value, str) and value.startswith("~"):
        return "~" + _regex(field, value[1:])
    if not isinstance(value, str) or not _ORIGIN.fullmatch(value):
        raise must_be_text(value, "an origin without a path, like https://www.example.com")
    return value


def _password_hash(field: Field, value: Any) -> bool:
    """That there is one. Its value goes nowhere, errors included."""
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise Wrong("is no hash of a password; must be one of apr1, bcrypt, SHA-256, SHA-512 or yescrypt")
    return True


NGINX_VALUES: Mapping[str, Callable[[Field, Any], Any]] = {
    "regex": _regex,
    "replaced": _replaced,
    "matched": _matched,
    "expanded": _expanded,
    "sent": _sent,
    "network": _network,
    "percent": _percent,
    "route_path": _route_path,
    "server_name": _server_name,
    "size": _size,
    "raw": _raw,
    "origin": _origin,
    "password_hash": _password_hash,
}
