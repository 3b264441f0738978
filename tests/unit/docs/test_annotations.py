# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each form of docs/nginx-annotations.md is one that the model takes, and that changes what Nginx gets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from inventory import with_changes
from rendering import files

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

PAGE = Path(__file__).resolve().parents[3] / "docs/nginx-annotations.md"
# The names that ingress-nginx 1.15 has or had, without nginx.ingress.kubernetes.io/.
NAMES = Path(__file__).with_name("annotations.data").read_text(encoding="utf-8").split()
ROWS = [line.strip("| ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
FORMS = {row.split(" | ")[0]: row.split(" | ")[1].replace("\\|", "|") for row in ROWS}
HASH = "$6$saltsalt$" + "a" * 86
AROUND: dict[str, Any] = {
    "lvs_nginx_upstreams.new": {"servers": ["198.51.100.203:8080"]},
    "lvs_nginx_users": {"staff": {"anna": HASH}},
    "lvs_nginx_upstreams.raw": {"servers": ["198.51.100.204:5432"], "protocol": "stream"},
}


def made(changes: dict[str, Any]) -> dict[str, str]:
    """The files of Nginx; an inventory with mistakes is a mistake of the page."""
    built = build(with_changes({**AROUND, **changes}))
    assert built.model is not None, [one.message for one in built.mistakes]
    return files(built.model, "web1", {})


def changes_of(form: str) -> dict[str, Any]:
    ((where, given),) = yaml.safe_load(form).items()
    site: dict[str, Any] = {"server_names": ["example.com"], "upstream": "app"}
    if "tls" in given and where == "site":
        tls = {"lvs_virtual_services.web.ports": [80, 443], "lvs_certificates": {"new": "new.pem", "ca": "ca.pem"}}
        return {"lvs_nginx_sites.www": {**site, **given}, **tls}
    if where == "upstream":
        return {"lvs_nginx_upstreams.app": {"servers": ["198.51.100.201:8080", "198.51.100.202:8080"], **given}}
    if where == "stream":
        return {"lvs_nginx_streams.raw": given}
    if where == "site":
        return {"lvs_nginx_sites.www": {**site, **given}}
    assert where == "route"
    return {"lvs_nginx_sites.www": {**site, "routes": [{"path": "/route", **given}]}}


@pytest.mark.parametrize("row", [name for name, form in FORMS.items() if form.startswith("`")])
def test_a_form_is_taken_and_changes_something(row: str) -> None:
    found = changes_of(FORMS[row].strip("`"))
    plain = {"routes": [{"path": "/route"}]} if "routes" in found.get("lvs_nginx_sites.www", {}) else {}
    without = {"lvs_nginx_sites.www": {"server_names": ["example.com"], "upstream": "app", **plain}}
    assert made(found) != made(without)


def test_a_row_has_a_form_or_a_reason() -> None:
    assert len(FORMS) > 60
    for row in ROWS:
        name, form, *why = row.split(" | ")
        assert form.startswith("`") or (form == "–" and why and why[0]), name


def test_every_annotation_is_named_once() -> None:
    assert sorted(name for row in FORMS for name in re.findall("`([a-z0-9-]+)`", row)) == NAMES
