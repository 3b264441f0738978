# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keys as texts in PEM, taken out of what an operator gives."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping, NamedTuple

BEGIN = "-----BEGIN"
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\r?\n.*?-----END \1-----", re.DOTALL)


class PemError(Exception):
    """A field of the input, and what is wrong with it."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(field, words)
        self.field, self.words = field, words


class Pem(NamedTuple):
    """Texts: the certificates, that of the server first; the key, empty where there is none, and the field it is in."""

    certificates: tuple[str, ...]
    key: str
    key_field: str

    @property
    def chain(self) -> str:
        """All certificates, as Nginx reads them."""
        return "".join(one + "\n" for one in self.certificates)


def parts(given: Any, read: Callable[[str], str]) -> Pem:
    """What is in an entry of lvs_certificates. ``read``: the text of a file. Raises PemError."""
    entry = {"certificate": given} if isinstance(given, str) else given
    texts = {field: text_of(entry, field, read) for field in ("certificate", "chain", "key")}
    blocks = {field: _blocks(text) for field, text in texts.items()}
    certificates = [one for field in ("certificate", "chain") for kind, one in blocks[field] if kind == "CERTIFICATE"]
    if not any(kind == "CERTIFICATE" for kind, _one in blocks["certificate"]):
        raise PemError("certificate", "has no certificate in PEM")
    if texts["chain"] and not any(kind == "CERTIFICATE" for kind, _one in blocks["chain"]):
        raise PemError("chain", "has no certificate in PEM")
    field = "key" if texts["key"] else "certificate"
    keys = [(kind, one) for kind, one in blocks[field] if kind.endswith("PRIVATE KEY")]
    if texts["key"] and not keys:
        raise PemError("key", "has no private key in PEM")
    if len(keys) > 1:
        raise PemError(field, "has %d private keys; must be one" % len(keys))
    for kind, one in keys:
        if "ENCRYPTED" in kind or "Proc-Type: 4,ENCRYPTED" in one:
            raise PemError(field, "has a private key with a passphrase, for which Nginx would ask; must be one without")
    return Pem(tuple(certificates), keys[0][1] + "\n" if keys else "", field)


def text_of(entry: Mapping[str, Any], field: str, read: Callable[[str], str]) -> str:
    """A field of an entry, which is a text in PEM or names its file; empty without it. Raises PemError."""
    value = entry.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PemError(field, "is no text")
    if BEGIN in value:
        return value
    try:
        return read(value)
    except (OSError, ValueError) as error:
        raise PemError(field, "cannot be read: %s" % error) from error


def _blocks(text: str) -> list[tuple[str, str]]:
    return [(one.group(1), one.group(0).replace("\r\n", "\n")) for one in _BLOCK.finditer(text)]
