# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates are asked for, and who gets one that is there already."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from certificates import DAY, authority, issued
from cryptography import x509

from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.renewal import due, source_of, what_of
from ansible_collections.vipstack.lvs.plugins.plugin_utils._tls.stand_in import stand_in, wish

Tree = dict[str, Any]
NOW = datetime.now(timezone.utc)
ASKED: Any = {
    "names": ["example.com"], "command": None, "renew_days": None,
    "acme": {"directory": "https://ca.example/dir", "contact": [], "kind": "ecdsa"},
}  # fmt: skip


def own(left: int = 60, whole: int = 90, *names: str) -> str:
    """A certificate with so many days left, and half an hour, whenever it is looked at in this run."""
    begin = (left - whole) * DAY
    return issued(
        *(names or ("example.com",)), by=authority(), begin=begin, end=left * DAY + timedelta(minutes=30)
    ).certificate


def seen(chain: str = "", **more: Any) -> Any:
    return {"chain": chain, "source": source_of(ASKED), "fits": True, "tried": [], **more}


def why(one: Any, **asked: Any) -> str:
    wanted: Any = {**ASKED, **asked}
    told = due("www", wanted, {"web1": one}, NOW)
    assert told.trouble == ""
    return told.why


WHY: dict[str, tuple[Any, str]] = {
    "none": (seen(), "there is none"),
    "the stand-in": (seen(stand_in(("example.com",), "ecdsa")[0]), "there is none"),
    "words": (seen("words"), "what is there cannot be read"),
    "broken": (seen("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), "what is there cannot be read"),
    "from a file": (seen(own(), source=""), "it comes from elsewhere"),
    "of another directory": (seen(own(), source="acme https://staging.example/dir ecdsa\n"), "it comes from elsewhere"),
    "another key": (seen(own(), fits=False), "its key is another one"),
    "another name": (seen(own(60, 90, "b.example")), "it is not for example.com"),
    "expired": (seen(own(-2)), "it has expired"),
    "of tomorrow": (seen(own(90, 88)), "it is not valid yet"),
    "a third": (seen(own(29)), "it expires in 29 days"),
    "a day": (seen(own(1)), "it expires in 24 hours"),
    "more than a third": (seen(own(31)), ""),
    "short": (seen(own(3, 6)), ""),
    "short and a third": (seen(own(1, 6)), "it expires in 24 hours"),
}


@pytest.mark.parametrize("what", WHY)
def test_why_a_certificate_is_asked_for(what: str) -> None:
    one, words = WHY[what]
    assert why(one) == words


@pytest.mark.parametrize(("days", "left", "words"), [
    (10, 11, ""), (10, 9, "it expires in 9 days"), (366, 61, ""), (366, 59, "it expires in 59 days"),
])  # fmt: skip
def test_days_before_its_end_are_never_nearly_all_of_its_time(days: int, left: int, words: str) -> None:
    assert why(seen(own(left)), renew_days=days) == words


def test_the_best_one_is_brought_to_those_that_lack_it() -> None:
    best, old = seen(own(80)), seen(own(40))
    nodes = {"a": old, "b": best, "c": seen(), "d": best, "e": seen(best["chain"], fits=False),
             "f": seen(best["chain"], source="")}  # fmt: skip
    told = due("www", ASKED, nodes, NOW)
    assert (told.why, told.best, told.lacking, told.urgent) == ("", "b", ["a", "c", "e", "f"], False)


@pytest.mark.parametrize(("left", "urgent"), [(6, True), (8, False)])
def test_what_is_urgent(left: int, urgent: bool) -> None:
    assert due("www", ASKED, {"a": seen(own(left))}, NOW).urgent is urgent
    assert due("www", ASKED, {"a": seen()}, NOW).urgent


def tries(issued_: bool, ages: list[float], what: str = "") -> list[Tree]:
    return [{"age": age, "issued": issued_, "words": "no %d" % age, "what": what or what_of(ASKED)} for age in ages]


def test_a_directory_that_refuses_is_left_alone_for_an_hour() -> None:
    ages: list[float] = [60, 1000, 2000, 3000, 5000]
    told = due("www", ASKED, {"a": seen(tried=tries(False, ages[:2])), "b": seen(tried=tries(False, ages[2:]))}, NOW)
    assert told.why == ""
    assert told.trouble == "was refused 4 times in an hour, at last: no 60; it is asked for again in 11 minutes"
    assert why(seen(tried=tries(False, [60, 1000, 2000, 3601]))) == "there is none"
    assert why(seen(tried=tries(False, ages, "of another name"))) == "there is none"


def test_a_certificate_that_gets_lost_is_not_asked_for_again_and_again() -> None:
    days = [86400.0 * day for day in range(4)]
    told = due("www", ASKED, {"a": seen(tried=tries(True, days))}, NOW)
    assert told.trouble.startswith("was given 4 times in a week")
    assert why(seen(tried=tries(True, [*days[:3], 8 * 86400.0]))) == "there is none"
    # One that is where it has to be is no trouble.
    assert due("www", ASKED, {"a": seen(own(), tried=tries(True, days))}, NOW).trouble == ""


@pytest.mark.parametrize(("left", "words"), [(-1, "it has expired"), (0, "it expires in ")])
def test_one_of_a_day_is_renewed_each_day(left: int, words: str) -> None:
    """Those of before have arrived, so they do not count."""
    one = seen(own(left, 1), tried=tries(True, [86400.0 * day + 60 for day in range(1, 6)]))
    assert why(one).startswith(words)
    # Those after it have not.
    lost = seen(own(left, 1), tried=tries(True, [600.0, 1200.0, 1800.0, 2400.0]))
    assert due("www", ASKED, {"a": lost}, NOW).trouble.startswith("was given 4 times in a week")


def test_another_name_or_place_is_another_question() -> None:
    there: Any = {**ASKED["acme"], "directory": "https://b.example/"}
    places: list[Any] = [{"acme": None, "command": ["/x"]}, {"acme": None, "command": ["/x", "y"]}, {"acme": there}]
    other: list[Any] = [{**ASKED, **one} for one in (*places, {"names": ["b.example"]})]
    assert len({what_of(one) for one in [ASKED, *other]}) == 5
    turned: list[Any] = [{**ASKED, "names": names} for names in (["b", "a"], ["a", "b"])]
    assert what_of(turned[0]) == what_of(turned[1])


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_a_key_is_new_each_time_and_the_request_is_for_all_names(kind: str) -> None:
    first, second = wish(["a.example", "b.example"], kind), wish(["a.example", "b.example"], kind)
    assert first.key != second.key
    request = x509.load_pem_x509_csr(first.request.encode())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example", "b.example"]
    assert stand_in(("a.example",), kind) == stand_in(("a.example",), kind)
