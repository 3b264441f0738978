# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, requests for certificates, and what a site shows before it has its first certificate."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, Sequence

from .._model.tls_values import STAND_IN

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import NameOID
except ImportError:
    pass  # ansible-core needs it, so it is there where a playbook runs; some tests only import this

_DAYS = 7


class Wish(NamedTuple):
    """A new private key and the request for a certificate of it, as texts in PEM."""

    key: str
    request: str


def wish(names: Sequence[str], kind: str) -> Wish:
    """``kind``: ecdsa or rsa."""
    key = _key(kind)
    built = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(_names(names), False)
    return Wish(_text(key), built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode())


@functools.lru_cache(maxsize=None)
def stand_in(names: tuple[str, ...], kind: str) -> tuple[str, str]:
    """A certificate that certifies itself, and its key; the same at each call of a process. Nobody can trust it."""
    key, now = _key(kind), datetime.now(timezone.utc)
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, STAND_IN)])
    built = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
    )
    if names:
        built = built.add_extension(_names(names), critical=False)
    made = built.sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode(), _text(key)


def _key(kind: str) -> Any:
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())


def _names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(one) for one in names])


def _text(key: Any) -> str:
    form = serialization.PrivateFormat.PKCS8
    made: bytes = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return made.decode()
