# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a template prints has gone through the writer of the program that reads the file."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from inventory import good, model_of
from jinja2 import nodes
from rendering import files

from ansible_collections.vipstack.lvs.plugins.module_utils._text import WRITERS

ROLES = Path(__file__).resolve().parents[3] / "roles"
TEMPLATES = sorted(ROLES.glob("*/templates/*.j2"))
# Filters that write several words, each by a writer of its own.
COMPOSED = {
    "keepalived": {"keepalived_services"},
    "nginx": {"nginx_sites", "nginx_streams", "nginx_upstreams"},
    "firewall": {"shell", "firewall_part"},
    "nft": {"mark_rules"},
    "systemd": {"again_with_rules"},
}
FRONT = "vipstack.lvs."
# The writers for the files of a role, by their names; a part that another template includes has the same.
LANGUAGES = {
    "forward.service.j2": "systemd",
    "forward.wants.j2": "systemd",
    "lvs-check.j2": "shell",
    "lvs-forward.j2": "shell",
    "lvs-notify.j2": "shell",
    "lvs-reload.j2": "shell",
    "lvs-repair.j2": "shell",
    "repair.path.j2": "systemd",
    "repair.service.j2": "systemd",
    "repair.wants.j2": "systemd",
    "logrotate.j2": "logrotate",
    "sudoers.j2": "sudoers",
    "table.service.j2": "systemd",
    "marks.nft.j2": "nft",
    "marks.nftables.j2": "systemd",
    "marks.service.j2": "systemd",
    "marks.wants.j2": "systemd",
    "firewall.service.j2": "systemd",
    "firewall.again.j2": "systemd",
    "firewall.wants.j2": "systemd",
    "unit.conf.j2": "systemd",
}
NEUTRAL = {"comment", "number"}


def language(path: Path) -> str:
    """The one that a template is written in: the daemon's of its role, where it is no other."""
    return LANGUAGES.get(path.name, path.parts[-3])


def writers_of(expression: nodes.Expr) -> set[str]:
    """The filters through which all of an expression goes last; "" stands for a value that goes through none."""
    if isinstance(expression, nodes.Const):
        return set()
    if isinstance(expression, nodes.CondExpr):
        other = writers_of(expression.expr2) if expression.expr2 else set()
        return writers_of(expression.expr1) | other
    if isinstance(expression, (nodes.Mul, nodes.Add)):
        return writers_of(expression.left) | writers_of(expression.right)
    if isinstance(expression, nodes.Filter) and expression.name.startswith(FRONT):
        return {expression.name[len(FRONT) :]}
    return {""}


def printed(text: str) -> list[set[str]]:
    """The writers of each expression that a template prints."""
    tree = jinja2.Environment().parse(text)
    outputs = [one for output in tree.find_all(nodes.Output) for one in output.nodes]
    return [writers_of(one) for one in outputs if not isinstance(one, nodes.TemplateData)]


def allowed(path: Path) -> set[str]:
    found = {name for name in WRITERS if name.partition("_")[0] == language(path)}
    return found | NEUTRAL | COMPOSED.get(language(path), set())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: "/".join(path.parts[-3::2]))
def test_a_template_prints_only_what_a_writer_wrote(path: Path) -> None:
    for writers in printed(path.read_text(encoding="utf-8")):
        assert writers <= allowed(path), "%s prints through %s" % (path.name, sorted(writers))


def test_there_are_templates() -> None:
    assert {language(path) for path in TEMPLATES} >= {"keepalived", "nginx", "shell", "systemd", "sudoers"}


@pytest.mark.parametrize(
    ("text", "writers"),
    [
        ("{{ name }}", {""}),
        ("{{ name | upper }}", {""}),
        ("{{ name | vipstack.lvs.nginx | upper }}", {""}),
        ("{{ name | vipstack.lvs.nginx ~ other }}", {""}),
        ("{{ (name | vipstack.lvs.nginx) if name else other }}", {"nginx", ""}),
        ("{{ name | vipstack.lvs.nginx }}", {"nginx"}),
        ("{{ 'name' if name }}", set()),
        ("{{ name | vipstack.lvs.number * 2 }}", {"number"}),
        ("{% for one in names %}{{ one }}{% endfor %}", {""}),
        ("{% set one = name %}{{ one }}", {""}),
    ],
)
def test_what_goes_through_no_writer_is_seen(text: str, writers: set[str]) -> None:
    assert printed(text) == [writers]


@pytest.mark.parametrize("host", ["d1", "web1"])
def test_a_header_of_two_lines_is_two_comments(host: str) -> None:
    one = files(model_of(good()), host, {}, ansible_managed="Ours")
    two = files(model_of(good()), host, {}, ansible_managed="Ours\nrm -rf /;")
    assert one
    for path, text in two.items():
        assert text.replace("# rm -rf /; (", "# Ours (").replace("# Ours\n# Ours (", "# Ours (") == one[path], path
