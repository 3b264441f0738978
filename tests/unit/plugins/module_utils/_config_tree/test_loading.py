# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a set is validated in place, loaded, confirmed and rolled back, and what check mode says of it."""

from __future__ import annotations

import errno
import itertools
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from config_tree_host import NEW, OLD, Host, everything, is_clean, strangers

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree import daemon, syscalls
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.plan import Loading
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.run import Run
from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError


@pytest.fixture
def no_private_mounts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), "mount namespace")

    monkeypatch.setattr(syscalls, "private_mounts", refuse)


CHECK = 'grep -q bad "$0"/main.conf && { echo "$0/main.conf:1: geheim1 is bad" >&2; exit 3; }; exit 0'


@pytest.mark.usefixtures("no_private_mounts")
def test_a_set_that_is_refused_in_place_is_gone_before_the_daemon_hears_of_it(host: Host, any_swap: str) -> None:
    host.run(OLD)
    host.loaded.unlink()
    before = {path: info[6] for path, info in everything(host.root).items() if "lock" not in path}
    with pytest.raises(LvsError) as caught:
        host.run(
            {**NEW, "main.conf": "bad geheim1\n"}, validate=("sh", "-c", CHECK, str(host.tree)), secrets=("geheim1",)
        )
    assert caught.value.details["daemon"] == [
        "%s/main.conf:1: ******** is bad" % host.tree,
        "    %s/main.conf:1: bad ********" % host.tree,
    ]
    assert "sh refuses the new set (exit status 3); the old one stays in place" in caught.value.message
    assert "geheim1" not in str(caught.value) + str(caught.value.details)
    assert {path: info[6] for path, info in everything(host.root).items() if "lock" not in path} == before
    assert not host.loaded.exists()


@pytest.mark.usefixtures("no_private_mounts")
def test_a_set_that_is_accepted_in_place_is_loaded(host: Host) -> None:
    outcome = host.run(OLD, validate=("sh", "-c", CHECK, str(host.tree)))
    assert (outcome.validated, outcome.reloaded) == (True, True)


@pytest.mark.usefixtures("no_private_mounts")
def test_words_on_stderr_are_a_refusal_where_they_have_to_be(host: Host) -> None:
    grumble = ("sh", "-c", "echo hm >&2")
    with pytest.raises(LvsError, match="refuses the new set"):
        host.run(OLD, validate=grumble, validate_stderr_empty=True)
    assert host.run(OLD, validate=grumble).validated


@pytest.mark.parametrize("check", [("sh", "-c", "exit 0"), ("true",)])
@pytest.mark.usefixtures("no_private_mounts")
def test_check_mode_says_what_it_could_not_validate(host: Host, check: tuple[str, ...]) -> None:
    outcome = host.preview(OLD, validate=check)
    assert outcome.notes == [
        "no private mounts are allowed here, so the set is not validated now; a run validates it by: %s"
        % " ".join(check)
    ]
    assert not outcome.validated


def test_check_mode_before_the_daemon_is_installed(host: Host) -> None:
    outcome = host.preview(OLD, validate=("keepalived", "-t"), validate_requires=("/no/such",))
    assert outcome.notes == [
        "/no/such is not there yet, so the set is not validated now; a run validates it by: keepalived -t"
    ]
    assert outcome.changed
    with pytest.raises(LvsError, match="/no/such is not there, so"):
        host.run(OLD, validate=("keepalived", "-t"), validate_requires=("/no/such",))
    assert not host.tree.exists()


def test_a_reload_that_fails_brings_the_old_set_back_and_loads_it(host: Host, any_swap: str) -> None:
    host.run(OLD)
    host.with_strangers()
    before = strangers(host)
    reload = "cp %s/main.conf %s; grep -q old %s || { echo no geheim1; exit 7; }"
    loading = Loading(reload=("sh", "-c", reload % (host.tree, host.loaded, host.loaded)))
    with pytest.raises(LvsError) as caught:
        host.run(NEW, loading=loading, secrets=("geheim1",))
    assert "was loaded but does not serve (sh -c" in caught.value.message
    assert "geheim1" not in caught.value.message + str(caught.value.details)
    assert caught.value.details["rolled_back"] is True
    assert caught.value.details["reloaded"] is True
    assert host.managed() == OLD
    assert not (host.tree / "sites").exists()
    assert host.loaded.read_text() == "old main\n"
    assert strangers(host) == before
    assert is_clean(host)


def test_a_set_that_is_loaded_but_does_not_serve_is_rolled_back(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.run(OLD)
    # Each look at the clock is 100 s after the one before: the limit passes, however long the machine takes.
    clock = SimpleNamespace(time=time.time, monotonic=itertools.count(0, 100).__next__, sleep=lambda _seconds: None)
    monkeypatch.setattr(daemon, "time", clock)
    log = host.root / "log"
    log.write_text("before\n")
    confirm = ("sh", "-c", "echo main.conf:1: nothing listens >> %s; grep -q old %s" % (log, host.loaded))
    reload = host.loading.reload
    with pytest.raises(LvsError) as caught:
        host.run(NEW, loading=Loading(reload=reload, confirm=confirm, confirm_timeout=600, log=str(log)))
    assert "(sh failed for 600 s, at last with exit status 1); the old one is back and loaded" in caught.value.message
    assert caught.value.details["daemon"] == ["main.conf:1: nothing listens"]
    assert host.managed() == OLD
    assert host.loaded.read_text() == "old main\n"


def test_a_confirmation_can_tell_what_began_after_the_reload(host: Host) -> None:
    """By the clock that /proc has the starts of processes in."""
    seen, before = host.root / "seen", uptime()
    confirm = ("sh", "-c", 'echo "$CONFIG_TREE_LOADED_AT" > %s' % seen)
    host.run(OLD, loading=Loading(reload=host.loading.reload, confirm=confirm, confirm_timeout=300))
    assert before <= float(seen.read_text()) <= uptime()


def uptime() -> float:
    return float(Path("/proc/uptime").read_text().split()[0])


def test_a_daemon_that_takes_a_moment_is_waited_for(host: Host) -> None:
    count = host.root / "count"
    confirm = ("sh", "-c", "echo x >> %s; test $(wc -l < %s) -ge 3" % (count, count))
    outcome = host.run(OLD, loading=Loading(reload=host.loading.reload, confirm=confirm, confirm_timeout=300))
    assert outcome.confirmed
    assert count.read_text() == "x\n" * 3


def test_a_second_run_waits_for_the_first_and_then_says_so(host: Host) -> None:
    host.run(OLD)
    first = Run(host.request(NEW))
    with first.state.locked(create=True, patience=0), pytest.raises(LvsError, match="another run works on the set"):
        host.run(NEW)
    assert host.run(NEW).changed


@pytest.mark.parametrize("files", [OLD, NEW, {}], ids=["the same", "another set", "none"])
def test_check_mode_says_what_would_be_and_leaves_no_trace(host: Host, files: dict[str, str]) -> None:
    host.run(OLD)
    host.with_strangers()
    before = everything(host.root)
    preview = host.preview(files)
    assert everything(host.root) == before
    outcome = host.run(files, loading=host.loading if files else Loading())
    assert (preview.changed, preview.files, preview.diff) == (outcome.changed, outcome.files, outcome.diff)
    assert preview.reloaded == preview.changed


def test_check_mode_on_a_fresh_host_makes_nothing(host: Host) -> None:
    preview = host.preview(OLD)
    assert preview.changed
    assert [path.name for path in host.root.iterdir()] == ["etc"]
    assert os.listdir(host.root / "etc") == []
