# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate expires, and who issued it, read from its bytes."""

from __future__ import annotations

import pytest
from certificates import DAY, authority, issued, pair
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ansible_collections.vipstack.lvs.plugins.module_utils._inspect.der import expires, issuer
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.tls_values import STAND_IN
from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.stand_in import stand_in

GOOD = pair("example.com").made.public_bytes(Encoding.DER)


@pytest.mark.parametrize("days", [1, 90, 40 * 365], ids=["tomorrow", "soon", "in the form of years from 2050 on"])
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_the_end_of_a_certificate(days: int, kind: str) -> None:
    made = issued("example.com", kind=kind, end=days * DAY).made
    assert expires(made.public_bytes(Encoding.DER)) == made.not_valid_after_utc.timestamp()


def test_the_common_name_of_the_issuer() -> None:
    by = authority("Prüfstelle")
    shown = {one: issuer(issued("example.com", by=one).made.public_bytes(Encoding.DER)) for one in (by, None)}
    assert list(shown.values()) == ["Prüfstelle", "example.com"]
    made = x509.load_pem_x509_certificate(stand_in(("example.com",), "ecdsa")[0].encode())
    assert issuer(made.public_bytes(Encoding.DER)) == STAND_IN


@pytest.mark.parametrize("length", range(0, len(GOOD), 7))
def test_a_part_of_a_certificate_is_none(length: int) -> None:
    assert (expires(GOOD[:length]), issuer(GOOD[:length])) == (None, None)


@pytest.mark.parametrize("place", range(120))
def test_any_byte_may_be_wrong(place: int) -> None:
    for value in (0x00, 0x30, 0x80, 0xFF):
        changed = GOOD[:place] + bytes([value]) + GOOD[place + 1 :]
        expires(changed)
        issuer(changed)
