# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table for people, the line that sums up, and the catalogue in the documentation."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.vipstack.lvs.plugins.plugin_utils._columns import table
from ansible_collections.vipstack.lvs.plugins.plugin_utils._verify.catalogue import Finding
from ansible_collections.vipstack.lvs.plugins.plugin_utils._verify.text import catalogue, report, summary

DOCUMENT = Path(__file__).resolve().parents[5] / "docs" / "verify.md"

FOUND = [
    Finding("vip_missing_on_lo", ("web1",), "198.51.100.200 is not on lo", "198.51.100.200/32 on lo"),
    Finding("clock_not_synchronised", ("d1",), "not synchronised", "synchronised"),
    Finding("clock_not_synchronised", ("d2",), "not synchronised", "synchronised"),
    Finding("destination_degraded", ("d1",), "weight 0", "weight 1", "lvs_virtual_services.web"),
]


def test_all_is_well_in_one_line() -> None:
    assert report([], 4, []) == "4 hosts: all as the model says"


def test_the_summary_names_the_codes_by_severity() -> None:
    assert summary(FOUND, 1) == (
        "1 host: 1 error (vip_missing_on_lo), 2 warnings (clock_not_synchronised), 1 degraded (destination_degraded)"
    )


def test_a_row_says_what_is_what_should_be_where_to_look_and_what_to_do() -> None:
    text = report(FOUND[:1], 4, [], width=400)
    row = text.splitlines()[2]
    assert row.split("  ")[0] == "ERROR"
    for part in ("web1", "198.51.100.200 is not on lo", "198.51.100.200/32 on lo", "ip address show lo"):
        assert part in row
    assert "systemctl restart vipstack-lvs-vips" in text


def test_the_same_finding_of_two_hosts_is_one_row() -> None:
    text = report(FOUND, 4, [], width=160)
    assert text.count("clock_not_synchronised") == 2  # the row, and the summary
    assert "d1, d2" in text


def test_the_table_keeps_its_width_and_loses_no_word() -> None:
    text = report(FOUND, 4, [], width=110)
    body = text.rpartition("\n\n")[0]
    assert max(map(len, body.splitlines())) <= 110
    for word in ("lvs_virtual_services.web", "198.51.100.200/32", "weight"):
        assert word in body


def test_hosts_outside_the_run_are_named() -> None:
    assert "Not part of this run, so not inspected: d2, web2" in report([], 2, ["d2", "web2"])


def test_a_table_wraps_its_widest_column() -> None:
    text = table(("a", "words"), [("1", "one two three four")], width=14, ruled=True)
    assert text == "a  words\n-  -----------\n1  one two\n   three four"


def test_the_document_has_the_catalogue_as_it_is() -> None:
    assert catalogue() in DOCUMENT.read_text(encoding="utf-8"), "docs/verify.md is old; its table has to be:\n%s" % (
        catalogue()
    )
