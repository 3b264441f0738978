# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of config_tree on real files: what changes and what stays."""

from __future__ import annotations

import json
import os
import stat
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from config_tree_host import NEW, OLD, Host, everything, is_clean, no_exchange, strangers
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree import syscalls
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.plan import Loading
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.run import Run
from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError


def test_a_set_comes_with_its_directory_and_is_loaded(host: Host) -> None:
    outcome = host.run(OLD)
    assert host.managed() == OLD
    assert (outcome.changed, outcome.reloaded) == (True, True)
    assert [item["state"] for item in outcome.files] == ["created"] * 3
    assert host.loaded.read_text() == "old main\n"
    assert stat.S_IMODE(host.tree.stat().st_mode) == 0o755
    assert stat.S_IMODE((host.tree / "main.conf").stat().st_mode) == 0o640
    assert is_clean(host)


def test_the_second_run_changes_nothing_and_asks_nobody(host: Host) -> None:
    host.run(OLD)
    host.loaded.unlink()
    before = everything(host.tree)
    outcome = host.run(OLD, validate=("false",))
    assert (outcome.changed, outcome.validated, outcome.reloaded) == (False, False, False)
    assert everything(host.tree) == before
    assert not host.loaded.exists()


def test_many_files_change_and_strangers_stay(host: Host, any_swap: str) -> None:
    host.run(OLD)
    host.with_strangers()
    before = strangers(host)
    outcome = host.run(NEW)
    assert host.managed() == NEW
    assert {item["path"]: item["state"] for item in outcome.files} == {
        "main.conf": "changed",
        "conf.d/a.conf": "changed",
        "sites/deep/c.conf": "created",
        "conf.d/b.conf": "removed",
    }
    assert strangers(host) == before
    assert len(before) == 6
    assert is_clean(host)


def test_the_directory_keeps_its_rights(host: Host, any_swap: str) -> None:
    host.run(OLD)
    host.tree.chmod(0o2750)
    (host.tree / "conf.d").chmod(0o711)
    host.run(NEW)
    assert stat.S_IMODE(host.tree.stat().st_mode) == 0o2750
    assert stat.S_IMODE((host.tree / "conf.d").stat().st_mode) == 0o711


def test_one_file_changes_by_a_rename_and_its_directory_stays_itself(host: Host) -> None:
    host.run(OLD)
    inode = host.tree.stat().st_ino
    host.run({**OLD, "main.conf": "new main\n"})
    assert host.managed()["main.conf"] == "new main\n"
    assert host.tree.stat().st_ino == inode


def test_only_the_innermost_directory_of_the_changes_is_exchanged(host: Host) -> None:
    host.run(OLD)
    inodes = (host.tree.stat().st_ino, (host.tree / "conf.d").stat().st_ino)
    host.run({**OLD, "conf.d/a.conf": "x\n", "conf.d/b.conf": "y\n"})
    assert host.tree.stat().st_ino == inodes[0]
    assert (host.tree / "conf.d").stat().st_ino != inodes[1]


def test_an_edit_by_hand_is_put_back_and_shown(host: Host) -> None:
    host.run(OLD)
    (host.tree / "main.conf").write_text("by hand\n")
    outcome = host.run(OLD)
    assert host.managed() == OLD
    assert outcome.diff[0]["before"] == "by hand\n"


def test_a_wrong_mode_is_mended(host: Host) -> None:
    host.run(OLD)
    (host.tree / "main.conf").chmod(0o666)
    assert host.run(OLD).diff[0]["before"].startswith("(mode 0666")
    assert stat.S_IMODE((host.tree / "main.conf").stat().st_mode) == 0o640


def test_a_link_in_place_of_a_file_is_replaced_and_its_target_stays(host: Host) -> None:
    host.run(OLD)
    (host.root / "elsewhere").write_text("mine\n")
    (host.tree / "main.conf").unlink()
    (host.tree / "main.conf").symlink_to(host.root / "elsewhere")
    host.run(OLD)
    assert not (host.tree / "main.conf").is_symlink()
    assert (host.root / "elsewhere").read_text() == "mine\n"


def test_a_directory_that_is_a_link_is_refused(host: Host) -> None:
    host.run({"main.conf": "x\n"})
    (host.root / "elsewhere").mkdir()
    (host.tree / "conf.d").symlink_to(host.root / "elsewhere")
    with pytest.raises(LvsError, match=r"conf\.d is a symbolic link; files of this set lie below it"):
        host.run(OLD)
    assert list((host.root / "elsewhere").iterdir()) == []


def test_a_set_whose_path_is_a_link_lives_where_it_points(host: Host) -> None:
    (host.root / "opt").mkdir()
    host.tree.symlink_to(host.root / "opt")
    host.run(OLD)
    host.run(NEW)
    assert host.tree.is_symlink()
    assert host.managed() == NEW


def test_a_directory_in_place_of_a_file_is_refused(host: Host) -> None:
    (host.tree / "main.conf").mkdir(parents=True)
    with pytest.raises(LvsError, match=r"main\.conf is a directory; a set holds files"):
        host.run(OLD)


def test_an_empty_list_takes_away_what_the_set_made_and_no_more(host: Host, any_swap: str) -> None:
    host.run(OLD)
    (host.tree / "conf.d" / "strange").write_text("x")
    host.run({}, loading=Loading())
    assert [str(path.relative_to(host.tree)) for path in sorted(host.tree.rglob("*"))] == ["conf.d", "conf.d/strange"]
    (host.tree / "conf.d" / "strange").unlink()
    assert host.run({}, loading=Loading()).changed is False
    assert not host.tree.exists()


def test_without_purge_they_stay_and_are_remembered(host: Host) -> None:
    host.run(OLD)
    host.run({"main.conf": "old main\n"}, purge=False)
    assert host.managed() == OLD
    host.run({"main.conf": "old main\n"})
    assert host.managed() == {"main.conf": "old main\n"}


def test_state_absent_removes_what_the_set_never_made(host: Host) -> None:
    host.tree.mkdir()
    (host.tree / "default").symlink_to("../x")
    outcome = Run(host.request({}, wanted={"default": None}, loading=Loading())).carry_out()
    assert outcome.files == [{"path": "default", "state": "removed"}]
    assert os.listdir(host.tree) == []
    assert not Run(host.request({}, wanted={"default": None}, loading=Loading())).carry_out().changed


def test_a_file_that_was_right_already_belongs_to_the_set_from_then_on(host: Host) -> None:
    host.tree.mkdir()
    path = host.tree / "main.conf"
    path.write_text("x\n")
    path.chmod(0o640)
    assert not host.run({"main.conf": "x\n"}).changed
    host.run({}, loading=Loading())
    assert not path.exists()
    assert (host.state / "foreign" / "files" / str(path).lstrip("/")).read_text() == "x\n"


def test_a_set_cannot_move(host: Host) -> None:
    host.run(OLD)
    with pytest.raises(LvsError, match="the set daemon belongs to"):
        host.run(OLD, path=str(host.root / "etc" / "other"))


def test_a_manifest_that_is_none_is_named(host: Host) -> None:
    host.run(OLD)
    (host.state / "daemon.json").write_text("{")
    with pytest.raises(LvsError, match=r"daemon\.json is no manifest"):
        host.run(OLD)


def test_an_entry_that_comes_during_the_swap_is_not_lost(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.run(OLD)
    (host.tree / "strange.conf").write_text("first\n")
    exchange = syscalls.exchange

    def late(one: str, other: str) -> None:
        (host.tree / "conf.d" / "strange.late").write_text("late\n")
        (host.tree / "strange.dir").mkdir()
        (host.tree / "strange.dir" / "x").write_text("x\n")
        (host.tree / "strange.tmp").write_text("second\n")
        os.rename(host.tree / "strange.tmp", host.tree / "strange.conf")
        exchange(one, other)

    monkeypatch.setattr(syscalls, "exchange", late)
    host.run(NEW)
    assert (host.tree / "conf.d" / "strange.late").read_text() == "late\n"
    assert (host.tree / "strange.dir" / "x").read_text() == "x\n"
    assert (host.tree / "strange.conf").read_text() == "second\n"
    assert host.managed() == NEW


def test_a_reader_sees_one_set_or_the_other(host: Host) -> None:
    """Two files that always say the same, read through one handle of their directory while they change 60 times."""
    host.run({"a": "0", "b": "0"}, loading=Loading())
    seen, wrong, stop = set(), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            handle = os.open(host.tree, os.O_RDONLY)
            try:
                pair = []
                for name in ("a", "b"):
                    file = os.open(name, os.O_RDONLY, dir_fd=handle)
                    pair.append(os.read(file, 10))
                    os.close(file)
                seen.add(pair[0])
                if pair[0] != pair[1]:
                    wrong.append(pair)
            except FileNotFoundError:
                pass  # the old directory went while it was read
            finally:
                os.close(handle)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 61):
        host.run({"a": str(number), "b": str(number)}, loading=Loading())
    stop.set()
    reader.join()
    assert wrong == []
    assert len(seen) > 10


def test_secrets_are_in_no_output_and_no_state(host: Host) -> None:
    first = host.run({"main.conf": "a\n  auth_pass geheim1\n"}, secrets=("geheim1",))
    second = host.run({"main.conf": "b\n  auth_pass geheim2\n"}, secrets=("geheim2",))
    (host.tree / "main.conf").write_text("b\n  auth_pass handmade\n")
    third = host.run({"main.conf": "b\n  auth_pass geheim2\n"}, secrets=("geheim2",))
    last = host.run({"main.conf": "b\n"})
    for outcome in (first, second, third, last):
        assert outcome.diff
        shown = json.dumps([outcome.diff, outcome.files, outcome.notes])
        assert not {"geheim1", "geheim2", "handmade"} & set(shown.replace('"', " ").replace("\\n", " ").split())
    assert second.hidden == ("geheim1",)
    for path in host.state.iterdir():
        assert "geheim" not in path.read_text()


def test_no_secret_lies_about_while_a_run_is_under_way(host: Host) -> None:
    """What is staged is for its owner alone, whatever the mode of the file itself."""
    looked = host.root / "looked"
    list_all = "find %s/etc -name '.daemon*' -printf '%%m %%f\\n' > %s" % (host.root, looked)
    host.run(OLD, loading=Loading(reload=("sh", "-c", list_all)))
    assert looked.read_text() == "700 .daemon.vipstack-daemon\n"


_NAMES = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/a", "f/a", "f/b"])


_SETS = st.lists(st.dictionaries(_NAMES, st.sampled_from(["1", "2"])), min_size=2, max_size=5)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sets=_SETS, refuse=st.booleans())
def test_any_set_follows_any_other_and_strangers_stay(sets: list[dict[str, str]], refuse: bool) -> None:
    """One set after another; in between a stranger in each directory that is there."""
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        if refuse:
            patch.setattr(syscalls, "exchange", no_exchange)
        host = Host(Path(directory))
        host.tree.mkdir(parents=True)
        before: dict[str, tuple[Any, ...]] = {}
        for number, files in enumerate(sets):
            expected = host.preview(files, loading=Loading())
            outcome = host.run(files, loading=Loading())
            assert (outcome.changed, outcome.files) == (expected.changed, expected.files)
            assert host.managed() == files
            now = strangers(host)
            assert {path: now[path] for path in before} == before
            assert is_clean(host)
            assert not host.run(files, loading=Loading()).changed
            for place in [host.tree, *(path for path in host.tree.rglob("*") if path.is_dir())]:
                (place / ("strange%d" % number)).write_text("mine\n")
            before = strangers(host)


# --- other people's files ---------------------------------------------------------------------------------------------


def test_the_first_version_of_somebody_elses_file_is_kept_once_with_its_rights(host: Host) -> None:
    host.tree.mkdir()
    (host.tree / "main.conf").write_text("by hand\n")
    (host.tree / "main.conf").chmod(0o604)
    os.utime(host.tree / "main.conf", (1000, 2000))
    preview = host.preview(NEW)
    assert not host.state.exists()
    first = host.run(NEW)
    assert first.kept == preview.kept == [str(host.tree / "main.conf")]
    assert "kept in %s/foreign" % host.state in first.diff[0]["before_header"]
    kept = host.state / "foreign" / "files" / str(host.tree / "main.conf").lstrip("/")
    for more in (NEW, {**NEW, "main.conf": "ours, again\n"}, {}, {"main.conf": "ours, once more\n"}):
        assert host.run(more, loading=Loading()).kept == []
        assert kept.read_text() == "by hand\n"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o604
        assert kept.stat().st_mtime == 2000
    assert stat.S_IMODE((host.state / "foreign").stat().st_mode) == 0o700


def test_a_file_that_is_to_be_absent_is_kept_and_a_link_stays_a_link(host: Host) -> None:
    host.tree.mkdir()
    (host.tree / "default").symlink_to("../available/default")
    Run(host.request({}, wanted={"default": None}, loading=Loading())).carry_out()
    kept = host.state / "foreign" / "files" / str(host.tree / "default").lstrip("/")
    assert os.readlink(kept) == "../available/default"


def test_a_set_that_is_refused_keeps_nothing(host: Host) -> None:
    host.tree.mkdir()
    (host.tree / "main.conf").write_text("by hand\n")
    with pytest.raises(LvsError):
        host.run(NEW, validate=("false",))
    assert not (host.state / "foreign").exists()


def test_a_strangers_password_is_in_no_output(host: Host) -> None:
    """The model has none, so nothing but the word before it says that it is one."""
    host.tree.mkdir()
    (host.tree / "main.conf").write_text("auth_pass 1111\nheader Authorization \"Basic Zm9v\";\npassword = 'a b'\n")
    shown = json.dumps(host.run({"main.conf": "auth_type none\n"}).diff)
    assert "auth_pass ********" in shown
    assert not [word for word in ("1111", "Zm9v", "a b") if word in shown]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_the_umask_makes_no_difference(host: Host, umask: int) -> None:
    before = os.umask(umask)
    try:
        host.run({"sites/deep/a.conf": "a\n", "b.conf": "b\n"}, loading=Loading())
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE((host.tree / path).stat().st_mode) for path in ("", "sites", "sites/deep", "b.conf")}
    assert modes == {"": 0o755, "sites": 0o755, "sites/deep": 0o755, "b.conf": 0o640}
