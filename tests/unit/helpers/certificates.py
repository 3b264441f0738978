# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keys, made when a test asks for them: none is in the repository."""

from __future__ import annotations

import datetime
import functools
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Pair(NamedTuple):
    """A certificate and its key as texts in PEM, and as objects."""

    certificate: str
    key: str
    made: x509.Certificate
    made_key: Any

    @property
    def both(self) -> str:
        return self.certificate + self.key


def new_key(kind: str = "ec") -> Any:
    """``ec``: on P-256; ``rsa`` of 2048 bits, ``rsaBITS``, or the name of a curve."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:] or 2048))
    return ec.generate_private_key({"ec": ec.SECP256R1, "p521": ec.SECP521R1}[kind]())


def key_text(key: Any, passphrase: bytes = b"") -> str:
    form = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    made: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, form)
    return made.decode()


def issued(
    *names: str, by: Pair | None = None, kind: str = "ec", key: Any = None, authority: bool = False, subject: str = "",
    begin: datetime.timedelta = -DAY, end: datetime.timedelta = 90 * DAY,
) -> Pair:  # fmt: skip
    """A certificate for these names, by an authority or by itself. ``begin``, ``end``: from now on."""
    key = key or new_key(kind)
    now = datetime.datetime.now(datetime.timezone.utc)
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject or (names[0] if names else "nobody"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(by.made.subject if by else own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begin)
        .not_valid_after(now + end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
    certificate = made.sign(by.made_key if by else key, hashes.SHA256())
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return Pair(text, key_text(key), certificate, key)


@functools.lru_cache(maxsize=None)
def pair(*names: str, kind: str = "ec") -> Pair:
    """One that certifies itself; the same for the same names."""
    return issued(*names, kind=kind)


@functools.lru_cache(maxsize=None)
def authority(subject: str = "an authority") -> Pair:
    return issued(authority=True, subject=subject)
