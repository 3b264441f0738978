# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in certificates and keys, what is wrong with them, and the files that come of them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Mapping

import pytest
from certificates import DAY, authority, issued, key_text, new_key, pair
from cryptography.hazmat.primitives import serialization

from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.files import (
    certificate_files,
    ticket_files,
    ticket_key,
)
from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.pem import parts
from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.x509 import facts_of

NOW = datetime.now(timezone.utc)
GOOD = pair("example.com", "*.example.com")


def read(path: str) -> str:
    files = {"good.pem": GOOD.both, "empty.pem": "", "key.pem": GOOD.key, "words.pem": "words"}
    if path not in files:
        raise OSError("there is no such file in /etc")
    return files[path]


def facts(entry: Any, now: datetime = NOW) -> Mapping[str, Any]:
    return facts_of({"www": entry}, read, now)["www"]


@pytest.mark.parametrize("entry", [
    "good.pem", GOOD.both, {"certificate": "good.pem"}, {"certificate": GOOD.certificate, "key": "key.pem"},
    {"certificate": "some words before\r\n" + GOOD.both.replace("\n", "\r\n"), "key": GOOD.key, "chain": None},
])  # fmt: skip
def test_a_good_one_in_all_its_forms(entry: Any) -> None:
    found = facts(entry)
    assert (found["faults"], found["as_server"]) == ([], [])
    assert (found["names"], found["kind"], found["days"], found["key"]) == (
        ["example.com", "*.example.com"], "ECDSA", 89, True,
    )  # fmt: skip
    assert parts(entry, read).key == GOOD.key


OLD_KEY = GOOD.made_key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.BestAvailableEncryption(b"pw"),
).decode()  # fmt: skip
PASSPHRASE = "has a private key with a passphrase, for which Nginx would ask; must be one without"
FAULTS: dict[str, tuple[Any, str, str]] = {
    "no file": ("none.pem", "certificate", "cannot be read: there is no such file in /etc"),
    "nothing in it": ("empty.pem", "certificate", "has no certificate in PEM"),
    "a key alone": ("key.pem", "certificate", "has no certificate in PEM"),
    "no key in its file": ({"certificate": "good.pem", "key": "words.pem"}, "key", "has no private key in PEM"),
    "no certificate in the chain": (
        {"certificate": "good.pem", "chain": "key.pem"}, "chain", "has no certificate in PEM"),
    "two keys": (GOOD.both + GOOD.key, "certificate", "has 2 private keys; must be one"),
    "a passphrase": (
        {"certificate": "good.pem", "key": key_text(GOOD.made_key, b"pw")}, "key", PASSPHRASE),
    "a passphrase in the old form": ({"certificate": "good.pem", "key": OLD_KEY}, "key", PASSPHRASE),
    "a broken certificate": (
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "certificate", "cannot be read as X.509"),
    "a broken one in the chain": (
        GOOD.certificate + "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "certificate", "certificate 2 in it cannot be read as X.509"),
    "a broken key": (
        GOOD.certificate + "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
        "certificate", "has a private key that cannot be read"),
    "a number": ({"certificate": GOOD.both, "key": 5}, "key", "is no text"),
    "a chain in the wrong order": (
        issued("a.example", by=authority()).certificate + GOOD.certificate, "certificate",
        "has a chain that is not in order: behind CN=a.example must come its issuer, CN=an authority"),
}  # fmt: skip


@pytest.mark.parametrize(("entry", "field", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault(entry: Any, field: str, words: str) -> None:
    assert facts(entry)["faults"] == [(field, words)]


def test_the_time_of_a_certificate() -> None:
    (late,) = facts(GOOD.both, NOW + 100 * DAY)["faults"]
    (early,) = facts(GOOD.both, NOW - 2 * DAY)["faults"]
    assert late[1].startswith("expired at 20")
    assert early[1].startswith("is not valid before 20")
    soon = issued("a", end=timedelta(hours=1))
    assert (facts(soon.both)["faults"], facts(soon.both)["days"]) == ([], 0)


OTHER_KEY = "does not match its certificate; must be the key that it was made for"
WEAK: dict[str, tuple[Any, str]] = {
    "no key": (GOOD.certificate, "is missing; must be the key of the certificate"),
    "another key": (GOOD.certificate + key_text(new_key()), OTHER_KEY),
    "another kind of key": (GOOD.certificate + key_text(new_key("rsa")), OTHER_KEY),
    "no names": (issued().both, "has no subject alternative names, which are what clients look at"),
    "a short key": (issued("a", kind="rsa1024").both, "has an RSA key of 1024 bits; must have at least 2048"),
    "a rare curve": (issued("a", kind="p521").both, "has a key on the curve secp521r1; must be one of secp256r1, "
                     "secp384r1"),
}  # fmt: skip


@pytest.mark.parametrize(("entry", "words"), WEAK.values(), ids=WEAK)
def test_what_no_server_may_show(entry: Any, words: str) -> None:
    found = facts(entry)
    assert (found["faults"], [one for _field, one in found["as_server"]]) == ([], [words])


def test_an_authority_is_one() -> None:
    assert [facts(authority().certificate)["authority"], facts(GOOD.both)["authority"]] == [True, False]


def test_what_is_on_nodes_is_not_read() -> None:
    entries = {"a": {"certificate": "none.pem", "on_node": True}, "b": 5, "c": {}}
    assert facts_of(entries, read, NOW) == {}


def test_keys_are_files_for_root_alone() -> None:
    root = authority()
    chained = issued("a.example", by=root)
    pems = {"www": parts({"certificate": chained.both, "chain": root.certificate}, read), "ca": parts(root.both, read)}
    made = {one["path"]: one for one in certificate_files(pems, ["www"])}
    assert {path: one["mode"] for path, one in made.items()} == {
        "lvs-certificates/ca.crt": "0644", "lvs-certificates/www.crt": "0644", "lvs-certificates/www.key": "0600",
    }  # fmt: skip
    assert made["lvs-certificates/www.crt"]["content"] == chained.certificate + root.certificate
    assert made["lvs-certificates/www.key"]["content"] == chained.key


def test_a_secret_makes_the_same_ticket_key_everywhere_and_another_one_another() -> None:
    one, other = ticket_key("s" * 32), ticket_key("t" * 32)
    assert (len(one), one == ticket_key("s" * 32), one == other) == (80, True, False)
    assert not {one[:16], one[16:48], one[48:]} & {other[:16], other[16:48], other[48:]}
    assert [(file["path"], file["mode"], file["content"]) for file in ticket_files(["s" * 32, "t" * 32])] == [
        ("lvs-tickets/0.key", "0600", one), ("lvs-tickets/1.key", "0600", other),
    ]  # fmt: skip


def test_ticket_keys_go_by_age() -> None:
    """The first one makes tickets: each node knows it before it makes any, and one time longer."""
    now, day = 20000 * 86400, 86400
    at = {days: [one["content"] for one in ticket_files(["s" * 32], 2, now + days * day)] for days in (0, 1, 2, 4)}
    assert (at[0] == at[1], len(set(at[0])), len({"".join(one) for one in at.values()})) == (True, 3, 3)
    assert [at[0][0] in at[2], at[2][0] in at[0], at[0][0] in at[4]] == [True, True, False]
    both = [one["content"] for one in ticket_files(["t" * 32, "s" * 32], 2, now)]
    assert both[3:] == at[0]
