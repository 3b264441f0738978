# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until when the certificates of sites are valid, by what nodes show."""

from __future__ import annotations

from typing import Any

import healthy
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.tls_values import STAND_IN
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.status import status
from ansible_collections.vipstack.lvs.plugins.plugin_utils._status.text import screen

Tree = dict[str, Any]
NOW = int(healthy.NOW)
DAY = 86400


def seen(shown: dict[str, tuple[float, str]]) -> tuple[Any, Any]:
    """Two sites and a stream with TLS. ``shown``: days until it expires, and its issuer, by host and name."""
    site: Tree = {"upstream": "app", "tls": "own"}
    sites = {name: {**site, "server_names": ["%s.example" % name]} for name in ("a", "b")}
    shared: Tree = {"lvs_virtual_services.web.ports": [80, 443], "lvs_certificates": {"own": "own.pem"}}
    shared["lvs_virtual_services.sql"] = {"vip": "web", "ports": [3306]}
    shared["lvs_nginx_upstreams.raw"] = {"servers": ["192.0.2.9:3306"], "protocol": "stream"}
    shared["lvs_nginx_streams.sql"] = {"ports": [3306], "upstream": "raw", "tls": "own"}
    model = model_of(with_changes({**shared, "lvs_nginx_sites": sites}))
    found: Any = healthy.observations(model)
    for host in ("web1", "web2"):
        for probe in found[host]["report"]["probes"]:
            for place, (days, issuer) in shown.items():
                if place in ("%s %s" % (host, probe["name"]), probe["name"]):
                    probe.update(expires=NOW + int(days * DAY), issuer=issuer)
    return model, found


def rows(model: Any, found: Any) -> list[str]:
    lines = [" ".join(one.split()) for one in screen(status(model, found), 200).splitlines()]
    begin = lines.index("certificate of until shown by")
    return lines[begin + 1 : lines.index("", begin)]


def test_nodes_that_show_the_same_are_one_row() -> None:
    model, found = seen({"tls|site a": (29.5, "R3"), "tls|site b": (90, "R3"), "tls|stream sql": (9, "R3")})
    told: Any = status(model, found)["clusters"]["default"]["certificates"]
    assert told[0] == {
        "kind": "site", "name": "a", "expires": NOW + 29 * DAY + DAY // 2, "days": 29.5, "stand_in": False,
        "nodes": ["web1", "web2"],
    }  # fmt: skip
    assert rows(model, found)[0].split(" expires ")[0] == "site a"
    assert rows(model, found)[0].endswith("UTC (in 29 d 12 h) web1, web2")
    assert [row.split(" expires ")[0] for row in rows(model, found)] == ["site a", "site b", "stream sql"]
    assert status(model, found)["deviations"] == ["certificate_expires"]


def test_a_node_that_shows_another_one_is_a_row_of_its_own() -> None:
    model, found = seen({"tls|site a": (-1, "R3"), "web2 tls|site a": (7, STAND_IN)})
    first, second, *_others = rows(model, found)
    assert first.startswith("site a EXPIRED ")
    assert first.endswith("UTC web1")
    assert second == "site a NONE HAS COME YET web2"
    assert set(status(model, found)["deviations"]) == {"certificate_expires_now", "certificate_missing"}


def test_where_no_site_has_tls_there_is_no_table() -> None:
    model = healthy.model()
    found = status(model, healthy.observations(model))
    assert found["clusters"]["default"]["certificates"] == []
    assert "shown by" not in screen(found)
