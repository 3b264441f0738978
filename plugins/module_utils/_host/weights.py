# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The weights of real servers as small files of a director, one for each service and real server.

Keepalived watches them (FILE_CHECK) and acts at once, without a reload. It reads the number at the start and nothing
else, so what a person did by hand stands in the second line::

    -1
    drained since 2026-11-26T02:20:00Z

The number is what is added to the weight 1 of keepalived.conf. A Keepalived before 2.2 adds it wrongly; there the file
says only whether the real server is drained (``drains``: 0 or 1), and its weight stands in keepalived.conf.

A drain by hand is kept until it is ended by hand. The model's own drain comes and goes with the model.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass, field
from typing import Any, Collection, Iterable, Iterator, Mapping, Sequence

from .._errors import InvalidInput, LvsError
from . import lock, places

DIRECTORY = places.WEIGHTS
WEIGHTS, DRAINS = "weights", "drains"
_TEXT = re.compile(r"[+-]?[0-9]+\s*(?:\ndrained since (\S+)\s*)?\Z")


@dataclass(frozen=True)
class Share:
    """What the model gives a real server of one service. ``least``: what those that serve have to weigh together."""

    service: str
    host: str
    weight: int
    drained: bool
    least: int = 1

    @property
    def name(self) -> str:
        """The file's name, and how people are told: ``web@web1``."""
        return file_name(self.service, self.host)


def file_name(service: str, host: str) -> str:
    return "%s@%s" % (service, host)


def from_options(options: Sequence[Mapping[str, Any]]) -> list[Share]:
    """The module's option; raises InvalidInput with everything that is wrong."""
    found = [
        Share(one["service"], one["host"], int(one["weight"]), bool(one["drained"]), int(one.get("least", 1)))
        for one in options
    ]
    known: set[str] = set()
    problems = []
    for index, one in enumerate(found):
        if not one.service or not one.host or "/" in one.name or "@" in one.service or one.name.startswith("."):
            problems.append("destinations[%d] is %s; must be usable as a file's name" % (index, one.name))
        if not 0 <= one.weight <= 65535:
            problems.append("destinations[%d].weight is %d; must be 0-65535" % (index, one.weight))
        if one.name in known:
            problems.append("destinations[%d] is %s, which is there already" % (index, one.name))
        known.add(one.name)
    if problems:
        raise InvalidInput(problems)
    return found


# --- what a file says -------------------------------------------------------------------------------------------


def since_of(text: str | None) -> str | None:
    """When a real server was drained by hand; None where it was not. ``text``: as `read` returns it."""
    found = _TEXT.match(text or "")
    return found.group(1) if found else None


def text_of(weight: int, since: str | None, scheme: str = WEIGHTS) -> str:
    number = weight - 1 if scheme == WEIGHTS else int(weight == 0)
    return "%d\n" % number + ("drained since %s\n" % since if since else "")


# --- plan -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """Which real servers are drained or put back by hand; no services: all of the host."""

    host: str
    services: Collection[str]
    drained: bool
    force: bool = False

    def concerns(self, share: Share) -> bool:
        return share.host == self.host and (not self.services or share.service in self.services)


@dataclass(frozen=True)
class Plan:
    """Names with what they have to be; ``write`` only where a file is not like that.

    ``left``: see `hosts_that_left`."""

    weights: dict[str, int]
    by_hand: dict[str, str]
    write: dict[str, str]
    lines: list[str]
    left: dict[str, list[str]] = field(default_factory=dict)


def plan(
    wanted: Iterable[Share],
    existing: Mapping[str, str],
    change: Change | None = None,
    now: str = "",
    scheme: str = WEIGHTS,
) -> Plan:
    """Raises LvsError where a drain by hand would leave a service without a real server for new connections, or with
    fewer than it needs."""
    wanted = list(wanted)
    by_hand: dict[str, str] = {}
    for share in wanted:
        since = since_of(existing.get(share.name))
        if change and change.concerns(share):
            since = (since or now) if change.drained else None
        if since:
            by_hand[share.name] = since
    weights = {one.name: 0 if one.drained or one.name in by_hand else one.weight for one in wanted}
    if change and change.drained and not change.force:
        _somebody_is_left(wanted, weights, existing, change)
    texts = {name: text_of(weight, by_hand.get(name), scheme) for name, weight in weights.items()}
    write = {name: text for name, text in texts.items() if existing.get(name) != text}
    return Plan(
        weights, by_hand, write, [_line(name, existing.get(name), text, scheme) for name, text in write.items()]
    )


def hosts_that_left(existing: Mapping[str, str], hosts: Collection[str]) -> dict[str, list[str]]:
    """Hosts that are not among those of the inventory, and the services that they were in when they were last written.

    Whoever left by remove.yml was drained by hand, and is not told.
    """
    found: dict[str, list[str]] = {}
    for name, text in existing.items():
        service, _at, host = name.partition("@")
        if host not in hosts and since_of(text) is None:
            found.setdefault(host, []).append(service)
    return found


def _somebody_is_left(
    wanted: Sequence[Share], weights: Mapping[str, int], existing: Mapping[str, str], change: Change
) -> None:
    """A service that this very change would take the last real server from, or that it takes below its quorum."""
    for share in wanted:
        if not change.concerns(share) or share.drained or not share.weight or since_of(existing.get(share.name)):
            continue
        left = sum(weights[one.name] for one in wanted if one.service == share.service)
        if not left:
            raise LvsError(
                "%s is the last real server of %s that gets new connections: undrain another one first, or say "
                "force=true" % (share.host, share.service)
            )
        if left < share.least <= left + share.weight:
            raise LvsError(
                "without %s the real servers of %s that get new connections weigh %d, and below %d the sorry server "
                "answers instead of them: undrain another one first, or say force=true"
                % (share.host, share.service, left, share.least)
            )


def _line(name: str, old: str | None, new: str, scheme: str) -> str:
    """``~ web@web1 weight 1 -> weight 0, drained since …``, for a person."""
    if old is None:
        return "+ %s %s" % (name, _words(new, scheme))
    return "~ %s %s -> %s" % (name, _words(old, scheme), _words(new, scheme))


def _words(text: str, scheme: str) -> str:
    """What a file says, in the words of the inventory; a file that somebody else wrote, as it stands."""
    number, *rest = text.strip().split("\n")
    if scheme == WEIGHTS and number.lstrip("-").isdigit():
        number = "weight %d" % (int(number) + 1)
    elif scheme == DRAINS and number in ("0", "1"):
        number = "drained" if number == "1" else "not drained"
    return ", ".join([number, *rest])


# --- the directory ----------------------------------------------------------------------------------------------


def read(directory: str) -> dict[str, str]:
    """Name -> text of each file."""
    try:
        names = [name for name in os.listdir(directory) if "@" in name and not name.startswith(".")]
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise LvsError("%s cannot be read: %s" % (directory, error.strerror)) from error
    found = {}
    for name in sorted(names):
        try:
            with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as stream:
                found[name] = _sound(os.path.join(directory, name), stream.read())
        except FileNotFoundError:
            continue
        except OSError as error:
            raise LvsError("%s/%s cannot be read: %s" % (directory, name, error.strerror)) from error
    return found


def _sound(path: str, text: str) -> str:
    """A damaged file might have said that the real server is drained: that it is not would be a guess."""
    if _TEXT.match(text):
        return text
    raise LvsError(
        "%s is damaged, so it does not say whether its real server is drained by hand: see what is right, then remove "
        "the file, run weights.yml, and drain.yml where the real server has to stay drained" % path
    )


@contextlib.contextmanager
def exclusive(directory: str, seconds: float = 60.0) -> Iterator[None]:
    """One run at a time reads, decides and writes: two at once would lose one's drain, or drain a service's last two.

    The lock is on the directory itself. Raises LvsError after ``seconds``.
    """
    try:
        os.makedirs(directory, mode=0o755, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise LvsError("%s cannot be written: %s" % (directory, error.strerror)) from error
    try:
        refusal = (
            "another run is changing the weights in %s, for more than %d s now; see what it waits for, or run again"
        )
        lock.take(handle, seconds, refusal % (directory, seconds))
        yield
    finally:
        os.close(handle)


def drained(directory: str = DIRECTORY) -> list[dict[str, str]]:
    """``{service, host, since}`` of each real server that was drained by hand."""
    found = ((name.partition("@"), since_of(text)) for name, text in read(directory).items())
    return [{"service": service, "host": host, "since": since} for (service, _at, host), since in found if since]


def write(directory: str, texts: Mapping[str, str]) -> None:
    """Each file is replaced in one step inside the directory that Keepalived watches, so it never reads a half."""
    try:
        os.makedirs(directory, mode=0o755, exist_ok=True)
        for name, text in texts.items():
            _replace(os.path.join(directory, name), os.path.join(directory, ".new"), text)
    except OSError as error:
        raise LvsError("%s cannot be written: %s" % (error.filename or directory, error.strerror)) from error


def _replace(path: str, staged: str, text: str) -> None:
    try:
        with open(staged, "w", encoding="utf-8") as stream:
            stream.write(text)
            if since_of(text):  # the only place where this is known; all else is in the model
                stream.flush()
                os.fsync(stream.fileno())
        os.chmod(staged, 0o644)
        os.replace(staged, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(staged)
        raise
