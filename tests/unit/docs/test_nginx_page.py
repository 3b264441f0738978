# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each example of docs/nginx.md that names a variable is one that the model takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from inventory import with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.listed import filled

PAGE = Path(__file__).resolve().parents[3] / "docs/nginx.md"
BLOCKS = re.findall(r"^```yaml\n(lvs_.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
SERVERS = {"servers": ["192.0.2.9:80"]}


class _Vault(yaml.SafeLoader):  # type: ignore[misc]
    """What stands behind `!vault` is a hash here, which is long enough for a secret."""


_Vault.add_constructor("!vault", lambda _loader, _node: "$6$saltsalt$" + "a" * 86)


def values(tree: Any, key: str) -> set[str]:
    """What stands behind a key, wherever that is."""
    if isinstance(tree, dict):
        own = {tree[key]} if isinstance(tree.get(key), str) else set()
        return own.union(*(values(one, key) for one in tree.values()))
    return set().union(*(values(one, key) for one in tree)) if isinstance(tree, list) else set()


@pytest.mark.parametrize("text", BLOCKS, ids=lambda text: " ".join(text.split()[:3]))
def test_the_model_takes_an_example(text: str) -> None:
    """Upstreams that it only names are there."""
    found: dict[str, Any] = yaml.load(text, _Vault)
    upstreams: dict[str, Any] = dict.fromkeys(values(found, "upstream") | values(found, "mirror"), SERVERS)
    upstreams.update(found.pop("lvs_nginx_upstreams", {}))
    groups = {"group:" + group: ["web1"] for group in values(upstreams, "group")}
    sites = found.pop("lvs_nginx_sites", {"www": {"static": "/srv/www"}})
    for name, site in sites.items():
        site.setdefault("server_names", [name + ".example.com"])
        if not {"upstream", "static", "routes"} & set(site):
            site["upstream"] = "rest"
            upstreams["rest"] = SERVERS
    changes = {**found, **groups, "lvs_nginx_upstreams": upstreams, "lvs_nginx_sites": sites}
    changes = filled(changes, lambda _path: "198.51.100.128/25")
    assert [one.message for one in build(with_changes(changes)).mistakes] == []


def test_there_are_examples() -> None:
    assert len(BLOCKS) > 10
