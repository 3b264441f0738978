# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of certificates and of session tickets on a node, as the module config_tree takes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Iterable, Mapping, Sequence

from .pem import Pem
from .stand_in import stand_in

_KEY_BYTES = 80


def certificate_files(pems: Mapping[str, Pem], with_key: Iterable[str]) -> list[dict[str, str]]:
    """For each name its certificates and, where it is one of ``with_key``, its key, for root alone."""
    found = []
    keyed = set(with_key)
    for name, pem in sorted(pems.items()):
        found.append({"path": "lvs-certificates/%s.crt" % name, "mode": "0644", "content": pem.chain})
        if name in keyed:
            found.append({"path": "lvs-certificates/%s.key" % name, "mode": "0600", "content": pem.key})
    return found


def asked_files(name: str, names: Sequence[str], kind: str, pair: Mapping[str, str] | None) -> list[dict[str, str]]:
    """The files of a certificate that a node gets for all. ``pair``: ``chain``, ``key`` and ``source`` of it; without
    one the files stay as they are, and where there are none something stands in for it."""
    chain, key = (pair["chain"], pair["key"]) if pair else stand_in(tuple(names), kind)
    source = pair["source"] if pair else ""
    # An authority of this name may have been here, which has no key.
    given = [(".crt", "0644", chain, ".key"), (".key", "0600", key, ".crt"), (".source", "0644", source, ".key")]
    place, state = "lvs-certificates/" + name, "present" if pair else "kept"
    return [
        {"path": place + end, "mode": mode, "content": content, "state": state, "beside": place + beside}
        for end, mode, content, beside in given
    ]


def ticket_files(secrets: Sequence[str], days: int | None = None, now: float = 0.0) -> list[dict[str, str]]:
    """A key for each secret. The same secret makes the same key, so any node takes up a session of another one.

    With ``days`` it is a key for each such time since the epoch; ``now``: seconds since then. The key of the time after
    it is there, too, as other nodes may have it already, and that of the time before, for sessions of then.
    """
    time = int(now // (days * 86400)) if days else 0
    times: Sequence[int | None] = (time, time + 1, time - 1) if days else (None,)
    keys = [ticket_key(secret, one) for secret in secrets for one in times]
    return [{"path": "lvs-tickets/%d.key" % number, "mode": "0600", "content": key} for number, key in enumerate(keys)]


def ticket_key(secret: str, time: int | None = None) -> str:
    """80 characters: a name, and keys of 32 for AES and for HMAC, of six bits a character."""
    words = "vipstack.lvs session tickets %s" + ("" if time is None else " of %d" % time)
    made = b"".join(hmac.new(secret.encode(), (words % part).encode(), hashlib.sha512).digest() for part in ("0", "1"))
    return base64.urlsafe_b64encode(made).decode()[:_KEY_BYTES]
