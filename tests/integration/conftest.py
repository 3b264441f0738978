# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab and the collection importable from the working tree; the lab that is up."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pluggy
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "lab"), str(ROOT / ".ansible" / "collections")]

from nginx_served import Served

from lab.daemons import SUITES, daemon_tree
from lab.hosts import BY_NAME
from lab.lab import Lab
from lab.probe import end_all
from lab.stack import Stack
from lab.state import LabError, Settings

HOSTS_THEN = ROOT / "build" / "hosts"
# The state of a host at a failure, which may not happen again.
_LOOK = """
date; ip -o address; echo; ip neighbour; echo
ipvsadm -Ln 2> /dev/null; ipvsadm -Lcn 2> /dev/null | head -n 200; echo
journalctl -o short-precise --no-pager --since=-%ds | tail -n 400
"""


def pytest_configure() -> None:
    """An end that is asked for by TERM takes down what the tests made, as ^C does; asked for twice, it goes on."""

    def end(*_signal: object) -> None:
        signal.signal(signal.SIGTERM, lambda *_signal: None)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The stack of the lab that is up. Without one, tests fail and are not skipped."""
    return Stack(Lab())


@pytest.fixture(scope="session")
def converged(stack: Stack) -> Stack:
    """Converge the lab once, so that it matches inventories/lab."""
    stack.play("site")
    stack.settled()
    return stack


@pytest.fixture(scope="session")
def nginx_of() -> Iterator[Callable[[str], Served]]:
    """The Nginx of a Debian, for all tests of the session."""
    with contextlib.ExitStack() as stack:
        known: dict[str, Served] = {}

        def find(suite: str) -> Served:
            if suite not in known:
                tree = daemon_tree(Settings.of(os.environ), suite)
                known[suite] = stack.enter_context(Served(tree, SUITES[suite][1]))
            return known[suite]

        yield find


@pytest.fixture(params=SUITES, ids=[nginx for _keepalived, nginx in SUITES.values()])
def nginx(request: pytest.FixtureRequest, nginx_of: Callable[[str], Served]) -> Iterator[Served]:
    """Nginx of each supported Debian, with new applications and without a configuration; see nginx_served.py."""
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        pytest.skip("needs root and the program mmdebstrap")
    served = nginx_of(request.param)
    served.fresh()
    yield served
    served.fresh()


@pytest.fixture(autouse=True)
def no_client_outlives_its_test() -> Iterator[None]:
    yield
    end_all()


@pytest.fixture(scope="module", autouse=True)
def a_lab_where_one_is_needed(request: pytest.FixtureRequest) -> None:
    """Files named `test_*_lab.py` get a converged lab, unless they recreate its hosts. Other files need no lab."""
    if request.module.__name__.endswith("_lab") and not getattr(request.module, "MAKES_THE_HOSTS_ANEW", False):
        request.getfixturevalue("converged")


def _stack_of(item: pytest.Function) -> Stack | None:
    """The stack of a test. Where the first site.yml failed, the test does not have it yet."""
    found = item.funcargs.get("stack")
    if found is None and item.path.stem.endswith("_lab"):
        with contextlib.suppress(LabError):  # no lab is up
            return Stack(Lab())
    return found if isinstance(found, Stack) else None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pluggy.Result[pytest.TestReport], None]:
    """Save the journals, tables and addresses of all hosts in build/hosts/TEST after a failure."""
    report = (yield).get_result()
    stack = _stack_of(item) if report.failed else None
    if stack:
        folder = HOSTS_THEN / re.sub(r"\W+", "-", f"{item.path.stem}-{item.name}")
        folder.mkdir(parents=True, exist_ok=True)
        for host in BY_NAME:
            try:
                seen = stack.run(host, _LOOK % (call.duration + 10), check=False)
            except LabError as error:
                seen = f"{error}\n"
            (folder / f"{host}.txt").write_text(seen)
        report.sections.append(("the hosts", f"see {folder.relative_to(ROOT)}/"))
