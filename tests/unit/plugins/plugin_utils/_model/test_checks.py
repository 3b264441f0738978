# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind of check is defined in one place: its entry and its block of keepalived.conf are all that knows it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Iterator

import pytest
from inventory import model_of, with_changes

from ansible_collections.vipstack.lvs.plugins.plugin_utils._keepalived_conf.checks import BLOCKS
from ansible_collections.vipstack.lvs.plugins.plugin_utils._live.inspect_request import probes
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.checks import CHECKS, CheckKind
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.fields import text
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema import CHECK
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.outage import worst_outage

ROOT = Path(__file__).resolve().parents[5]
TYPE = "lvs_virtual_services.web.check.type"
OPTION_TYPES = ("bool", "dict", "float", "int", "list", "path", "raw", "str")


def test_each_kind_has_its_block_of_keepalived_conf() -> None:
    assert sorted(BLOCKS) == sorted(CHECKS)


def kinds_read(source: str) -> Iterator[int]:
    """The lines that read, compare or make the kind of a check: ``…["type"]``, ``.get("type")``, ``{"type": …}``.

    The type of an option, ``{"type": "list"}``, is none.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript):
            keys: list[ast.expr | None] = [node.slice]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            keys = list(node.args[:1])
        else:
            pairs = zip(node.keys, node.values) if isinstance(node, ast.Dict) else ()
            keys = [key for key, value in pairs if getattr(value, "value", None) not in OPTION_TYPES]
        yield from (key.lineno for key in keys if isinstance(key, ast.Constant) and key.value == "type")


def test_no_other_file_knows_a_kind() -> None:
    """Who does not read a kind cannot name one. A rule and the schema take the kinds from the table."""
    folders = [ROOT / "plugins" / name for name in ("action", "filter", "plugin_utils")]
    paths = [path for folder in folders for path in folder.rglob("*.py") if list(kinds_read(path.read_text()))]
    assert {"%s/%s" % (path.parent.name, path.name) for path in paths} == {
        "_keepalived_conf/checks.py", "_model/checks.py", "_model/rules_checks.py", "_model/rules_proxy.py",
    }  # fmt: skip
    rules = ast.walk(ast.parse((ROOT / "plugins/plugin_utils/_model/rules_checks.py").read_text()))
    settings = {"script"}  # a kind and its setting
    assert {one.value for one in rules if isinstance(one, ast.Constant)}.isdisjoint(set(CHECKS) - settings)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('a["type"] == "tcp"', [1]),
        ('a = {\n"type": b}', [2]),
        ('a = {"type": "list"}', []),
        ('a.get("type")', [1]),
        ('a["kind"]["type_"]', []),
    ],
)
def test_what_reads_a_kind_is_found(source: str, lines: list[int]) -> None:
    assert list(kinds_read(source)) == lines


@pytest.fixture
def query(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that there is not, for services of UDP."""
    kind = CheckKind(
        words="query of %(path)s",
        protocols=("udp",),
        settings={"name": text("", None, "host_name")},
        detection_ms=lambda check: 42,
        request=lambda check: {"query": check["path"]},
    )
    monkeypatch.setitem(CHECKS, "query", kind)
    monkeypatch.setitem(CHECK.fields, "type", CHECK.fields["type"].__class__("choice", choices=("auto", *CHECKS)))


@pytest.mark.usefixtures("query")
def test_all_that_a_kind_is_comes_from_its_entry() -> None:
    changes: dict[str, Any] = {TYPE: "query", "lvs_virtual_services.web.protocol": "udp", "lvs_nginx_sites": ...}
    model = model_of(with_changes(changes))
    service = model["hosts"]["d1"]["director"]["services"][0]
    assert (service["check"]["type"], service["detection_ms"]) == ("query", 42)
    assert "is out after at most 42 ms (query of None, every 1 s)" in worst_outage(model)
    assert {probe["query"] for probe in probes(model["hosts"]["d1"])} == {None}


@pytest.mark.usefixtures("query")
def test_a_kind_is_for_its_protocols() -> None:
    (wrong,) = [one.message for one in build(with_changes({TYPE: "query"})).mistakes]
    front, _sep, kinds = wrong.partition("; must be ")
    assert front == "lvs_virtual_services.web.check.type is query, but protocol is tcp"
    suiting = [name for name, kind in CHECKS.items() if "tcp" in kind.protocols]
    assert kinds.removesuffix(", or have a port of its own").replace(" or ", ", ").split(", ") == ["auto", *suiting]


def test_a_check_that_looks_at_nothing_asks_nothing() -> None:
    model = model_of(with_changes({TYPE: "none"}))
    assert probes(model["hosts"]["d1"]) == []
    assert "nothing checks its real servers" in worst_outage(model)


@pytest.mark.parametrize(
    ("kind", "status", "fault"), [("http", 200, ""), ("http", 503, "status 503"), ("tcp", None, ""), ("tcp", 503, "")]
)
def test_a_kind_judges_the_answer(kind: str, status: int | None, fault: str) -> None:
    check = model_of(with_changes({TYPE: kind}))["hosts"]["d1"]["director"]["services"][0]["check"]
    assert CHECKS[kind].fault(check, {"status": status}) == fault
