# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kill leaves of a run of config_tree, and what the next run makes of it.

Kills are real: a child process ends without a word before its n-th file operation, for every n
(``sys.addaudithook`` counts them).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from config_tree_host import NEW, OLD, Host, is_clean, no_exchange, strangers

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree import syscalls
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.plan import Loading
from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError

_WRITES = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.link",
    "os.chmod",
    "os.chown",
    "os.utime",
    "os.symlink",
}


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that is gone before its n-th operation on files or processes. False: it had fewer."""
    child = os.fork()
    if child == 0:
        count = 0

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal count
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_CREAT)
            if event in _WRITES or writes or event == "subprocess.Popen":
                count += 1
                if count == number:
                    os._exit(137)

        try:
            sys.addaudithook(hook)
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 137)
    return status == 137


def kill_everywhere(
    tmp_path: Path, prepare: Callable[[Host], object], work: Callable[[Host], object]
) -> Iterator[Host]:
    """For every n a host on which the work was killed at its n-th operation."""
    for number in range(1, 1000):
        root = tmp_path / str(number)
        (root / "etc").mkdir(parents=True)
        host = Host(root)
        prepare(host)
        if not killed_at(number, lambda host=host: work(host)):  # type: ignore[misc]
            assert number > 10
            return
        yield host
        shutil.rmtree(root)
    raise AssertionError("the work does not end")


SETS = {
    "another set": (OLD, NEW),
    "the first set": ({}, NEW),
    "one file": (OLD, {**OLD, "main.conf": "new main\n"}),
    "a new directory": (OLD, {**OLD, "sites/a": "a\n", "sites/b": "b\n"}),
    "a whole removal": (OLD, {"main.conf": "new main\n"}),
}


def prepared(old: dict[str, str]) -> Callable[[Host], None]:
    def prepare(host: Host) -> None:
        host.tree.mkdir()
        if old:
            host.run(old)
        host.with_strangers()

    return prepare


@pytest.mark.parametrize("case", SETS)
def test_a_kill_leaves_one_set_or_the_other_and_the_next_run_ends_well(tmp_path: Path, case: str) -> None:
    old, new = SETS[case]
    seen = set()
    for host in kill_everywhere(tmp_path, prepared(old), lambda host: host.run(new)):
        before = strangers(host)
        now = host.managed()
        assert now in (old, new)
        seen.add(now == new)
        preview = host.preview(new)
        outcome = host.run(new)
        assert host.managed() == new
        assert host.loaded.read_text() == new["main.conf"]
        assert strangers(host) == before
        assert len(before) == 6
        assert is_clean(host)
        assert preview.changed == outcome.changed
        assert not host.run(new).changed
    assert seen == {True, False}


def by_hand(host: Host) -> None:
    host.tree.mkdir()
    (host.tree / "main.conf").write_text("by hand\n")
    (host.tree / "main.conf").chmod(0o604)


def test_wherever_a_run_is_killed_the_first_version_is_kept(tmp_path: Path) -> None:
    for host in kill_everywhere(tmp_path, by_hand, lambda host: host.run(NEW)):
        host.run(NEW)
        kept = host.state / "foreign" / "files" / str(host.tree / "main.conf").lstrip("/")
        assert kept.read_text() == "by hand\n"
        assert kept.stat().st_mode & 0o777 == 0o604
        assert sorted(path.name for path in kept.parent.iterdir()) == ["main.conf"]


def test_file_by_file_a_kill_is_mended_by_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a mixture can be left, for as long as the next run takes to come."""
    monkeypatch.setattr(syscalls, "exchange", no_exchange)
    for host in kill_everywhere(tmp_path, prepared(OLD), lambda host: host.run(NEW)):
        host.run(NEW)
        assert host.managed() == NEW
        assert host.loaded.read_text() == "new main\n"
        assert is_clean(host)
        assert not host.run(NEW).changed


def test_file_by_file_the_included_come_first_and_nothing_goes_before_the_end(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syscalls, "exchange", no_exchange)
    host.run(OLD)
    order = []
    rename, unlink = os.rename, os.unlink

    def see(act: Callable[..., None]) -> Callable[..., None]:
        def done(*paths: str, **more: Any) -> None:
            order.append(os.path.relpath(paths[-1], host.tree))
            act(*paths, **more)

        return done

    monkeypatch.setattr(os, "rename", see(rename))
    monkeypatch.setattr(os, "unlink", see(unlink))
    host.run(NEW)
    assert [path for path in order if path in {**OLD, **NEW}] == [
        "sites/deep/c.conf",
        "conf.d/a.conf",
        "main.conf",
        "conf.d/b.conf",
    ]


@pytest.mark.parametrize("swap", ["exchange", "file by file"])
def test_after_a_kill_the_old_set_can_be_asked_for_again(
    tmp_path: Path, swap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if swap != "exchange":
        monkeypatch.setattr(syscalls, "exchange", no_exchange)
    for host in kill_everywhere(tmp_path, prepared(OLD), lambda host: host.run(NEW)):
        host.run(OLD)
        assert host.managed() == OLD
        assert host.loaded.read_text() == "old main\n"
        assert is_clean(host)


def test_a_kill_on_the_way_back_is_mended_too(tmp_path: Path) -> None:
    """The new set does not serve; the run is killed anywhere, while it returns included."""

    def fail(host: Host) -> None:
        reload = "cp %s/main.conf %s; grep -q old %s" % (host.tree, host.loaded, host.loaded)
        with pytest.raises(LvsError):
            host.run(NEW, loading=Loading(reload=("sh", "-c", reload)))

    for host in kill_everywhere(tmp_path, prepared(OLD), fail):
        before = strangers(host)
        assert host.managed() in (OLD, NEW)
        host.run(OLD)
        assert host.managed() == OLD
        assert host.loaded.read_text() == "old main\n"
        assert strangers(host) == before
        assert is_clean(host)


def test_a_run_killed_between_swap_and_reload_is_finished_even_where_nothing_differs(host: Host) -> None:
    host.run(OLD)
    child = os.fork()
    if child == 0:
        loading = Loading(reload=("sh", "-c", "kill -9 $PPID"))
        host.run(NEW, loading=loading)
        os._exit(0)
    os.waitpid(child, 0)
    assert host.managed() == NEW
    assert host.loaded.read_text() == "old main\n"
    journal = host.state / "daemon.swapped"
    journal.write_text(journal.read_text().replace("kill -9 $PPID", host.loading.reload[2]))
    preview = host.preview(NEW)
    assert (preview.changed, preview.recovered) == (True, "finished")
    assert preview.notes == ["an interrupted run would be finished first"]
    outcome = host.run(NEW)
    assert (outcome.changed, outcome.recovered, outcome.reloaded) == (True, "finished", True)
    assert [item["state"] for item in outcome.files] == ["unchanged"] * 3
    assert host.loaded.read_text() == "new main\n"


def test_an_old_set_that_cannot_be_loaded_does_not_stand_in_the_way_of_a_new_one(host: Host) -> None:
    """There was no set before the killed run, so the daemon cannot load it; this run brings one."""
    host.tree.mkdir()
    assert killed_at(30, lambda: host.run(NEW))
    with pytest.raises(LvsError, match="is back after an interrupted run, but the daemon does not load it: sh -c"):
        host.run({})
    outcome = host.run(NEW)
    assert (outcome.recovered, host.loaded.read_text()) == ("undone", "new main\n")
    assert "the daemon does not load it" in outcome.notes[0]
    assert is_clean(host)


def test_a_lost_stage_is_named_and_nothing_is_guessed(host: Host) -> None:
    host.run(OLD)
    assert killed_at(40, lambda: host.run(NEW))
    shutil.rmtree(host.root / "etc" / ".daemon.vipstack-daemon")
    with pytest.raises(LvsError, match=r"was interrupted \(swapping\) and its stage .* is no longer whole"):
        host.run(NEW)


def test_a_stage_that_cannot_be_made_is_named(host: Host) -> None:
    host.run(OLD)
    (host.root / "etc" / ".daemon.vipstack-daemon").write_text("in the way")
    with pytest.raises(LvsError, match=r"Not a directory \(.*\.daemon\.vipstack-daemon\) stopped the run for"):
        host.run(NEW)
    assert host.managed() == OLD
