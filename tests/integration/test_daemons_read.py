# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever inventory the model accepts: the daemons of every supported Debian take its files without a word."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import golden_nginx
import pytest
import rendering
from hypothesis import HealthCheck, assume, given, settings
from ring import put_at, whole_inventory
from ring_strategies import Step, inventory_of, steps

from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit import keepalived, nginx, programs
from ansible_collections.vipstack.lvs.plugins.plugin_utils._fit.request import BROTLI_MODULES, KEEPALIVED, NGINX
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.schema import SCHEDULERS
from lab.daemons import MODULES, SUITES, Court, court, daemon_tree
from lab.state import Settings

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mmdebstrap") is None, reason="needs root and the program mmdebstrap"
)
Tree = dict[str, Any]
# Each tool says nothing where it takes a file. Of systemd only what it says of our files counts: other units are not
# ours. In 2.2.7 a test of keepalived that meets a script user ends itself with SIGTERM; see the role keepalived.
LOOK = r"""
rm -rf /etc/nginx/conf.d /etc/keepalived/keepalived.conf /etc/sudoers.d /usr/libexec/keepalived/lvs-* \
    /var/lib/vipstack-lvs/weights/*
cp -r --preserve=mode /case/files/. /
if test -e /etc/keepalived/keepalived.conf; then
    (trap "" TERM; exec keepalived -t -f /etc/keepalived/keepalived.conf) || echo "keepalived: status $?"
fi
if test -e /etc/nginx/conf.d; then
    nginx -t -q || echo "nginx: status $?"
fi
for script in /usr/libexec/keepalived/lvs-*; do
    test -e "$script" || continue
    case $(head -n 1 "$script") in *bash) bash -n "$script" ;; *) sh -n "$script" ;; esac || echo "$script: status $?"
done
if test -e /etc/sudoers.d; then
    visudo -c -q || echo "visudo: status $?"
fi
"""
UNITS = r"""
systemd-analyze verify --man=no %s 2>&1 | grep -e vipstack -e 'Unknown' -e 'Failed to parse' || true
"""
MODES = {"/etc/sudoers.d/": 0o440, "/usr/libexec/": 0o755}


def brotli_of(suite: str) -> Tree:
    """What a host of a suite has of the modules for brotli."""
    return {path: {"owner": "root", "mode": "0644"} for path in BROTLI_MODULES if MODULES[suite]}


class Judge:
    """The courts of all suites. What a unit file says is looked at once: units differ in few numbers."""

    def __init__(self, courts: dict[str, Court]) -> None:
        self.courts = courts
        self.known: set[tuple[str, str]] = set()

    def said(self, model: Tree, host: str, lvs_vips: Tree) -> dict[str, str]:
        """Suite -> what its tools say of a host's files; nothing is right."""
        for suite, one in self.courts.items():
            versions: Any = {"versions": dict(zip((KEEPALIVED, NGINX), SUITES[suite])), "paths": brotli_of(suite)}
            versions.update(distribution_id="debian", release=11)
            mine = rendering.settled(model, host)
            if keepalived.problems(mine, versions) or nginx.problems(mine, versions):
                one.hand({}, "true")  # no run would write them there
                continue
            # Keepalived 2.1 takes no weights from files.
            texts = rendering.everything(
                model, host, lvs_vips, nginx=SUITES[suite][1], lvs_weights_in_files=suite != "bullseye"
            )
            texts.update(dict.fromkeys(keys(model), pair()))
            one.hand({path: (text, mode_of(path)) for path, text in texts.items()}, self.script(suite, model, texts))
        verdicts = {suite: one.verdict() for suite, one in self.courts.items()}
        return {suite: said or "status %d" % status for suite, (status, said) in verdicts.items() if status or said}

    def script(self, suite: str, model: Tree, texts: Tree) -> str:
        lines = ["set -e; ip link set lo up"]
        lines += ["ip link add name %s type veth" % shlex.quote(one) for one in sorted(interfaces(model) - {"lo"})]
        lines += ["echo 192.0.2.9 %s >> /etc/hosts" % shlex.quote(name) for name in sorted(names(model))]
        for director in [one["director"] for one in model["hosts"].values()]:
            lines += [
                "id -u %s > /dev/null 2>&1 || useradd --system %s" % (one, one) for one in programs.users(director)
            ]
            for program in map(shlex.quote, programs.paths(director)):
                lines.append("mkdir -p $(dirname %s); printf '#!/bin/sh\\n' > %s; chmod 755 %s" % (3 * (program,)))
        units = [path for path, text in texts.items() if "/systemd/" in path and (suite, text) not in self.known]
        self.known.update((suite, texts[path]) for path in units)
        asked = {path.split("/")[-2][:-2] if path.endswith(".conf") else path for path in units}
        return "\n".join(lines) + LOOK + (UNITS % " ".join(sorted(asked)) if asked else "")


def mode_of(path: str) -> int:
    return next((mode for front, mode in MODES.items() if path.startswith(front)), 0o644)


def interfaces(model: Tree) -> set[str]:
    directors = [rendering.settled(model, host)["director"] for host, one in model["hosts"].items() if one["director"]]
    instances = [one for director in directors for one in director["instances"]]
    own = {interface for one in instances for interface in (one["interface"], *one["track_interfaces"])}
    return own | {vip["interface"] for one in instances for vip in one["addresses"]}


@functools.lru_cache(maxsize=None)
def pair() -> str:
    """A key and its certificate in one file."""
    made = subprocess.run(MAKE_PAIR.split(), check=True, capture_output=True, text=True)
    return made.stdout


MAKE_PAIR = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -keyout /dev/stdout"


def keys(model: Tree) -> set[str]:
    """Files with keys and certificates that Nginx reads."""
    tiers = [host["nginx"] for host in model["hosts"].values() if host["nginx"]]
    tls = [one["tls"] for tier in tiers for one in tier["upstreams"] if one["tls"]]
    own = [one for tier in tiers if tier["tls"] for one in tier["tls"]["certificates"] if one["on_node"]]
    found = {path for one in own for path in (one["certificate"], one["key"]) if path}
    system = "/etc/ssl/certs/ca-certificates.crt"
    return found | {path for one in tls for path in (one["trusted"] or system, one["certificate"], one["key"]) if path}


def names(model: Tree) -> set[str]:
    """Names that Nginx looks up when it reads its files."""
    tiers = [host["nginx"] for host in model["hosts"].values() if host["nginx"]]
    servers = [server for tier in tiers for one in tier["upstreams"] for server in one["servers"]]
    return {server["address"] for server in servers}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with contextlib.ExitStack() as stack:
        trees = {suite: daemon_tree(Settings.of(os.environ), suite) for suite in SUITES}
        yield Judge({suite: stack.enter_context(court(tree)) for suite, tree in trees.items()})


def all_said(judge: Judge, inventory: Tree) -> dict[str, dict[str, str]]:
    """Host -> suite -> words."""
    model: Any = build(inventory).model
    if not model:
        assume(False)
    vips = next(iter(inventory["hostvars"].values())).get("lvs_vips")
    one_each = {bool(part["director"]): host for host, part in model["hosts"].items()}
    said = {host: judge.said(model, host, vips) for host in one_each.values()}
    return {host: words for host, words in said.items() if words}


def test_the_daemons_are_those_of_the_suites(judge: Judge) -> None:
    for suite, versions in SUITES.items():
        judge.courts[suite].hand({}, "keepalived --version 2>&1 | head -n 1; nginx -v 2>&1")
        said = judge.courts[suite].verdict()[1]
        assert ["Keepalived v" + versions[0] in said, "nginx/" + versions[1] in said] == [True, True], said


def test_the_whole_inventory_is_taken_without_a_word(judge: Judge) -> None:
    assert all_said(judge, whole_inventory()) == {}


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_scheduler_is_taken_or_refused_by_its_version(judge: Judge, scheduler: str) -> None:
    """`twos` came with 2.2.7: an older one says so, and takes wlc."""
    inventory = whole_inventory()
    put_at(inventory, ("lvs_virtual_services", "web", "scheduler"), scheduler)
    assert all_said(judge, inventory) == {}
    model: Any = build(inventory).model
    vips = inventory["hostvars"]["d1"]["lvs_vips"]
    text = rendering.everything(model, "d1", vips, lvs_weights_in_files=False)["/etc/keepalived/keepalived.conf"]
    judge.courts["bullseye"].hand({"/etc/keepalived/keepalived.conf": (text, 0o644)}, "ip link set lo up\n" + LOOK)
    assert ("Invalid lvs_scheduler" in judge.courts["bullseye"].verdict()[1]) == (scheduler == "twos")


# Every setting of every kind of check.
CHECKS: list[Tree] = [
    {"type": "http", "status": ["200-299", 404], "digest": 32 * "a", "urls": [{"path": "/b", "status": "100-599"}]},
    {"type": "https", "host": "example.com", "urls": [{"path": "/b", "digest": 32 * "b"}], "port": 8443, "warmup": 0},
    {"type": "smtp", "helo": "example.com", "port": 25},
    {"type": "dns", "query": "example.com", "record": "DNSKEY", "warmup": 0.5},
    {"type": "dns"},
    *({"type": "dns", "query": query} for query in ("a", "ab.c.d")),
    {"type": "udp", "payload": "fF00", "reply": True, "port": 53},
    {"type": "udp", "port": 53},
    {"type": "ping", "warmup": 3600},
    {"type": "script", "script": "/srv/look", "arguments": ["-h", "{address}:{port}", "a b", "%^@"], "user": "nobody"},
    {"type": "script", "script": "/srv/look", "arguments": 9 * ["x" * 40], "timeout": 3600},
]


@pytest.mark.parametrize("checks", [CHECKS, [one for one in CHECKS if "payload" not in one]], ids=["all", "old"])
def test_each_kind_of_check_is_taken_without_a_word(judge: Judge, checks: list[Tree]) -> None:
    """Keepalived 2.1 has no payload, so it gets files in the second case only."""
    inventory = whole_inventory()
    for variables in inventory["hostvars"].values():
        checked = {"check%d" % n: {"vip": "web", "ports": [9000 + n], "check": one} for n, one in enumerate(checks)}
        variables["lvs_virtual_services"].update(checked)
    assert all_said(judge, inventory) == {}


@pytest.mark.parametrize("name", golden_nginx.kinds())
def test_a_golden_tree_is_taken_by_its_version(judge: Judge, name: str) -> None:
    """As it stands in tests/golden, and by all where the version is not known."""
    version = golden_nginx.kinds()[name].version
    folder = golden_nginx.FOLDER / name
    texts = {"/" + str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.conf")}
    named = re.findall(r"ssl_(?:client_)?certificate(?:_key)? (/[^ ;]+);", "".join(texts.values()))
    certificates = dict.fromkeys(named, pair())
    for suite, (_keepalived, own) in SUITES.items():
        if version in ("", own):
            files = {path: (text, 0o644) for path, text in {**texts, **certificates}.items()}
            judge.courts[suite].hand(files, "set -e; ip link set lo up" + LOOK)
            assert judge.courts[suite].verdict() == (0, ""), suite


def test_a_golden_tree_of_a_new_version_is_refused_by_an_old_one(judge: Judge) -> None:
    text = (golden_nginx.FOLDER / "tls-1.26/etc/nginx/conf.d/lvs-sites.conf").read_text(encoding="utf-8")
    judge.courts["bullseye"].hand({"/etc/nginx/conf.d/lvs-sites.conf": (text, 0o644)}, LOOK)
    assert "unknown directive" in judge.courts["bullseye"].verdict()[1]


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("/etc/keepalived/keepalived.conf", "vrouter_id 1\n", "vrouter_id"),
        ("/etc/nginx/conf.d/lvs-sites.conf", "bogus;\n", "bogus"),
        ("/usr/libexec/keepalived/lvs-check", "#!/bin/sh\nif\n", "lvs-check: status 2"),
        ("/etc/sudoers.d/vipstack-lvs-check", "bogus\n", "visudo: status 1"),
        (
            "/etc/systemd/system/vipstack-lvs-table.service",
            "[Unit]\nBogus=1\n[Service]\nExecStart=/bin/true\n",
            "Bogus",
        ),
    ],
)
def test_a_file_that_is_wrong_is_seen(judge: Judge, path: str, text: str, words: str) -> None:
    for suite, one in judge.courts.items():
        script = LOOK + (UNITS % path if path.endswith(".service") else "")
        one.hand({path: (text, mode_of(path))}, script)
        assert words in one.verdict()[1], suite


FEW = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))


@FEW
@given(drawn=steps())
def test_what_the_model_accepts_the_daemons_take(judge: Judge, drawn: list[Step]) -> None:
    assert all_said(judge, inventory_of(drawn)) == {}


@pytest.mark.long
@settings(FEW, max_examples=3000)
@given(drawn=steps())
def test_what_the_model_accepts_the_daemons_take_thousands(judge: Judge, drawn: list[Step]) -> None:
    assert all_said(judge, inventory_of(drawn)) == {}
