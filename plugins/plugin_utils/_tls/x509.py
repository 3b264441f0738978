# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a certificate, and what is wrong with it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Iterator, Mapping

from .._model.normal import CertificateFacts
from .pem import Pem, PemError, parts

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
except ImportError:
    pass  # ansible-core needs it, so it is there where a playbook runs; some tests only import this

LEAST_BITS = 2048
_WEAK_HASHES = ("md5", "sha1")
_CURVES = ("secp256r1", "secp384r1")


def facts_of(given: Mapping[str, Any], read: Callable[[str], str], now: datetime) -> dict[str, CertificateFacts]:
    """The facts of the entries of lvs_certificates that are read here and have the shape of one. ``read``: the text of
    a file, or OSError."""
    found = {}
    for name, entry in given.items():
        if isinstance(entry, str) or (isinstance(entry, Mapping) and entry.get("certificate") and not _on_node(entry)):
            try:
                found[str(name)] = facts(parts(entry, read), now)
            except PemError as error:
                found[str(name)] = faulty(error)
    return found


def _on_node(entry: Mapping[str, Any]) -> bool:
    """What is on nodes, or is not known to be here."""
    return str(entry.get("on_node", False)).lower() not in ("false", "no", "off")


def facts(pem: Pem, now: datetime) -> CertificateFacts:
    """The facts that the model's rules look at. ``now`` with its time zone."""
    try:
        certificates = [_read(one, number) for number, one in enumerate(pem.certificates)]
        key = _key(pem)
    except PemError as error:
        return faulty(error)
    own = certificates[0]
    return {
        "faults": [*_times(own, now), *_chain(certificates)],
        "as_server": [*_as_server(own, key), *_strength(own)],
        "names": _names(own),
        "kind": _kind(own.public_key()),
        "days": (_end(own) - now) // timedelta(days=1),
        "authority": _is_authority(own),
        "key": key is not None,
    }


def faulty(error: PemError) -> CertificateFacts:
    """The facts of what cannot be read."""
    return {
        "faults": [(error.field, error.words)], "as_server": [], "names": None, "kind": "", "days": None,
        "authority": True, "key": True,
    }  # fmt: skip


def _read(text: str, number: int) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        place = "certificate %d in it " % (number + 1) if number else ""
        raise PemError("certificate", "%scannot be read as X.509" % place) from error


def _key(pem: Pem) -> Any:
    if not pem.key:
        return None
    try:
        return load_pem_private_key(pem.key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PemError(pem.key_field, "has a private key that cannot be read") from error


def _begin(one: x509.Certificate) -> datetime:
    found = getattr(one, "not_valid_before_utc", None)
    return found if found is not None else one.not_valid_before.replace(tzinfo=timezone.utc)


def _end(one: x509.Certificate) -> datetime:
    found = getattr(one, "not_valid_after_utc", None)
    return found if found is not None else one.not_valid_after.replace(tzinfo=timezone.utc)


def read_first(pem: Pem) -> x509.Certificate:
    """The certificate of the server. Raises PemError."""
    return _read(pem.certificates[0], 0)


def span(own: x509.Certificate) -> tuple[datetime, datetime, str]:
    """From when and until when it is valid, and who has issued it."""
    return _begin(own), _end(own), own.issuer.rfc4514_string()


def _times(own: x509.Certificate, now: datetime) -> Iterator[tuple[str, str]]:
    if _end(own) <= now:
        yield "certificate", "expired at %s; must be a new one" % _shown(_end(own))
    if _begin(own) > now:
        yield "certificate", "is not valid before %s; must be valid now" % _shown(_begin(own))


def _shown(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M UTC")


def _chain(certificates: list[x509.Certificate]) -> Iterator[tuple[str, str]]:
    for one, issuer in zip(certificates, certificates[1:]):
        if one.issuer != issuer.subject:
            what = "has a chain that is not in order: behind %s must come its issuer, %s"
            yield "certificate", what % (one.subject.rfc4514_string() or "one", one.issuer.rfc4514_string())
            return


def _as_server(own: x509.Certificate, key: Any) -> Iterator[tuple[str, str]]:
    if key is None:
        yield "key", "is missing; must be the key of the certificate"
    elif _public(key.public_key()) != _public(own.public_key()):
        yield "key", "does not match its certificate; must be the key that it was made for"
    if not _names(own):
        yield "certificate", "has no subject alternative names, which are what clients look at"


def _public(key: Any) -> bytes:
    found: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found


def _strength(own: x509.Certificate) -> Iterator[tuple[str, str]]:
    key = own.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < LEAST_BITS:
            yield "certificate", "has an RSA key of %d bits; must have at least %d" % (key.key_size, LEAST_BITS)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _CURVES:
            yield "certificate", "has a key on the curve %s; must be one of %s" % (key.curve.name, ", ".join(_CURVES))
    else:
        yield "certificate", "has a key of a kind that clients do not know; must be RSA or ECDSA"
    algorithm = own.signature_hash_algorithm
    if algorithm is not None and algorithm.name in _WEAK_HASHES:
        yield "certificate", "is signed with %s; must be with SHA-256 or better" % algorithm.name.upper()


def _kind(key: Any) -> str:
    kinds = ((rsa.RSAPublicKey, "RSA"), (ec.EllipticCurvePublicKey, "ECDSA"), (ed25519.Ed25519PublicKey, "Ed25519"))
    return next((name for kind, name in kinds if isinstance(key, kind)), "")


def _names(own: x509.Certificate) -> list[str]:
    try:
        found = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    addresses = [str(one) for one in found.get_values_for_type(x509.IPAddress)]
    return [*found.get_values_for_type(x509.DNSName), *addresses]


def _is_authority(own: x509.Certificate) -> bool:
    try:
        return own.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
