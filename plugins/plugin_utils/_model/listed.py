# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of networks, whose items may be files on the controller with one network a line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from .fields import Field
from .nginx_values import NGINX_VALUES
from .said import Unfit, Wrong, must, printable

# Variables that have such lists, and the names of the lists.
VARIABLES = ("lvs_nginx_sites", "lvs_nginx_streams")
_LISTS = ("allow", "deny")
MOST = 10000
_WHAT = "an address or a network like 198.51.100.0/24, or {file: PATH} alone"


@dataclass(frozen=True)
class ListFile:
    """A file that a list names. ``wrong``: why it could not be read."""

    path: str
    text: str = ""
    wrong: str = ""


def filled(given: Any, read: Callable[[str], str]) -> Any:
    """A variable with the files that its lists name. ``read``: the text of a file; it raises OSError or ValueError."""
    if isinstance(given, Mapping):
        return {key: _list(own, read) if key in _LISTS else filled(own, read) for key, own in given.items()}
    return [filled(one, read) for one in given] if isinstance(given, (list, tuple)) else given


def _list(given: Any, read: Callable[[str], str]) -> Any:
    if isinstance(given, (list, tuple)):
        return [_list(one, read) for one in given]
    if not isinstance(given, Mapping) or set(given) != {"file"} or not isinstance(given["file"], str):
        return given
    try:
        return ListFile(given["file"], read(given["file"]))
    except UnicodeDecodeError:
        return ListFile(given["file"], wrong="it is no text in UTF-8")
    except (OSError, ValueError) as error:
        return ListFile(given["file"], wrong=str(error))


def _listed_network(field: Field, value: Any) -> str | list[str]:
    """A network, or those of a file. Empty lines and what stands behind a # say nothing."""
    if isinstance(value, str):
        return _network(field, value)
    if not isinstance(value, ListFile):
        raise must(value, _WHAT)
    if value.wrong:
        raise Wrong("names %s, which cannot be read: %s" % (printable(value.path), value.wrong))
    return _of_file(field, value)


def _network(field: Field, value: Any) -> str:
    found: str = NGINX_VALUES["network"](field, value)
    return found


def _of_file(field: Field, given: ListFile) -> list[str]:
    found: dict[str, int] = {}
    mistakes = []
    for number, line in enumerate(given.text.splitlines(), 1):
        words = line.partition("#")[0].strip()
        if not words:
            continue
        try:
            found.setdefault(_network(field, words), number)
        except Unfit as unfit:
            mistakes.append("names %s, whose line %d %s" % (printable(given.path), number, unfit.said(secret=False)))
    if len(found) > MOST:
        mistakes.append(
            "names %s, which has %d networks; must be %d at most" % (printable(given.path), len(found), MOST)
        )
    if not found and not mistakes:
        mistakes.append("names %s, which has no network" % printable(given.path))
    if mistakes:
        raise Wrong(*mistakes)
    return list(found)


def flat(read: Sequence[str | list[str]]) -> list[str]:
    """The networks of all items."""
    return [one for item in read for one in ([item] if isinstance(item, str) else item)]


LISTED: Mapping[str, Callable[[Field, Any], Any]] = {"listed_network": _listed_network}
