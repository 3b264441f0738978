# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trees of tests/golden/nginx: what a real server's Nginx gets of each example, and of TLS by its version.

`python3 tests/unit/helpers/golden_nginx.py` writes them anew; tests/golden/refresh does it with the others.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests/unit/helpers"), str(ROOT / "tests/lab"), str(ROOT / ".ansible/collections")]

import yaml
from inventory import with_changes
from rendering import files

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build

Tree = dict[str, Any]
FOLDER = ROOT / "tests/golden/nginx"
EXAMPLES = ROOT / "inventories/examples"
VERSIONS = ("1.18", "1.22", "1.26")
# Words of `listen`, directives of their own, a handshake that is refused: what Nginx has learned since 1.18.
TLS: Tree = {
    "lvs_virtual_services.web.ports": [80, 443],
    "lvs_certificates.www": {"on_node": True, "certificate": "/etc/ssl/www.pem"},
    "lvs_nginx_sites.www": {
        "server_names": ["example.com"],
        "aliases": ["www.example.com"],
        "upstream": "app",
        "tls": {"certificate": "www", "redirect": True, "hsts": {"max_age": 86400}},
    },
}


class Kind(NamedTuple):
    """A tree: its inventory, and the version of Nginx; empty where it is not known, as in a preview."""

    inventory: Tree
    version: str


def example(name: str) -> Tree:
    """An example inventory, as `build` takes it."""
    tree = yaml.safe_load((EXAMPLES / (name + ".yml")).read_text(encoding="utf-8"))["all"]
    groups = {group: list(one["hosts"]) for group, one in tree["children"].items()}
    hostvars: Tree = {}
    for one in tree["children"].values():
        for host, own in one["hosts"].items():
            hostvars.setdefault(host, {**tree["vars"]}).update(own or {})
    return {"groups": groups, "hostvars": hostvars}


def kinds() -> dict[str, Kind]:
    """Each tree by its name."""
    examples = {path.stem: Kind(example(path.stem), "") for path in sorted(EXAMPLES.glob("*.yml"))}
    found = {name: kind for name, kind in examples.items() if _has_nginx(kind)}
    return {**found, **{"tls-" + version: Kind(with_changes(TLS), version) for version in VERSIONS}}


def _has_nginx(kind: Kind) -> bool:
    model: Any = build(kind.inventory).model
    return bool(model and model["hosts"].get("web1", {}).get("nginx"))


def made(kind: Kind) -> dict[str, str]:
    """Absolute path -> text."""
    built = build(kind.inventory)
    assert (built.mistakes, built.warnings) == ([], [])
    model: Any = built.model
    found = files(model, "web1", {}, kind.version)
    return {
        path: text for path, text in sorted(found.items()) if path.startswith("/etc/nginx/") and path.endswith(".conf")
    }


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, kind in kinds().items():
        for path, text in made(kind).items():
            place = FOLDER / name / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
