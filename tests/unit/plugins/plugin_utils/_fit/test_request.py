# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the files of a host depend on: nobody but the model, or a version that the host has to tell."""

from __future__ import annotations

from typing import Any

import pytest
from inventory import model_of, with_changes
from rendering import files
from ring import whole_inventory

from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.request import of_files

TLS = {
    "lvs_virtual_services.web.ports": [80, 443],
    "lvs_nginx_sites.www.tls": "www",
    "lvs_certificates": {"www": {"certificate": "/srv/www.pem", "on_node": True}},
}


def test_only_who_speaks_tls_is_asked_for_its_version() -> None:
    assert of_files(model_of(with_changes({}))["hosts"]["web1"]) == {}
    model = model_of(with_changes(TLS))
    assert of_files(model["hosts"]["web1"]) == {"versions": ["/usr/sbin/nginx"]}
    assert of_files(model["hosts"]["d1"]) == {}


@pytest.mark.parametrize("version", ["1.18.0", "1.22.1", "1.26.3"])
def test_without_tls_the_files_are_the_same_for_every_version(version: str) -> None:
    """What verify expects is computed for all hosts at once, before one has told its version."""
    model = model_of(whole_inventory())
    for host, mine in model["hosts"].items():
        if mine["nginx"]:
            mine["nginx"]["tls"] = None
            sites = [{**site, "tls": None} for site in mine["nginx"]["sites"]]
            mine["nginx"]["sites"] = sites
            known: Any = {"lvs_host": {"versions": {"/usr/sbin/nginx": version}, "paths": {}}}
            assert files(model, host, {}, **known) == files(model, host, {}, lvs_host={"paths": {}})
