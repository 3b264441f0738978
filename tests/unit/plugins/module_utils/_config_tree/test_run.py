# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of config_tree on real files: what changes, what stays, and what a kill leaves.

The daemon here is a shell script that reads the set when it is "reloaded" and writes down what it read. Kills are real:
a child process ends without a word before its n-th file operation, for every n (``sys.addaudithook`` counts them).
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import stat
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree import syscalls
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.plan import File, Loading
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.run import Outcome, Request, Run
from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError

OLD = {"main.conf": "old main\n", "conf.d/a.conf": "old a\n", "conf.d/b.conf": "old b\n"}
NEW = {"main.conf": "new main\n", "conf.d/a.conf": "new a\n", "sites/deep/c.conf": "new c\n"}


class Host:
    """A directory that stands for a host: its set, its state, and a daemon that notes what it loads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree = root / "etc" / "daemon"
        self.state = root / "state"
        self.loaded = root / "loaded"
        self.loading = Loading(reload=("sh", "-c", "cat %s/main.conf > %s" % (self.tree, self.loaded)))

    def request(self, files: dict[str, str], **more: Any) -> Request:
        wanted = {path: self.file(content) for path, content in files.items()}
        options: dict[str, Any] = {"path": str(self.tree), "name": "daemon", "wanted": wanted}
        options.update(state_dir=str(self.state), loading=self.loading, patience=0.3)
        options.update(more)
        return Request(**options)

    @staticmethod
    def file(content: str, mode: int = 0o640) -> File:
        return File(content.encode(), mode, os.getuid(), os.getgid())

    def run(self, files: dict[str, str], **more: Any) -> Outcome:
        return Run(self.request(files, **more)).carry_out()

    def preview(self, files: dict[str, str], **more: Any) -> Outcome:
        return Run(self.request(files, **more)).preview()

    def managed(self) -> dict[str, str]:
        """The files of the set, without those that only ``with_strangers`` made."""
        found = {}
        for path in sorted(self.tree.rglob("*")):
            if path.is_file() and not path.is_symlink() and "strange" not in str(path):
                found[str(path.relative_to(self.tree))] = path.read_text()
        return found

    def with_strangers(self) -> None:
        """Entries that the set never made, of every kind."""
        (self.tree / "conf.d" / "strange").mkdir(parents=True)
        (self.tree / "strange.conf").write_text("by hand\n")
        (self.tree / "strange.conf").chmod(0o604)
        (self.tree / "conf.d" / "strange" / "deep").write_text("deep\n")
        (self.tree / "conf.d" / "strange").chmod(0o2770)
        (self.tree / "conf.d" / "strange.link").symlink_to("../no/where")
        os.mkfifo(self.tree / "strange.pipe", 0o620)
        with socket.socket(socket.AF_UNIX) as sock:
            here = os.getcwd()
            os.chdir(self.tree)
            sock.bind("strange.sock")
            os.chdir(here)
        for number, path in enumerate(sorted(self.tree.rglob("*strange*"))):
            os.utime(path, (1000 + number, 2000 + number), follow_symlinks=False)


def strangers(host: Host) -> dict[str, tuple[Any, ...]]:
    """Kind, mode, owner, time and content of the entries that the set never made."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(host.tree.rglob("*")):
        if "strange" not in str(path):
            continue
        info = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else ""
        identity = 0 if path.is_dir() else info.st_ino
        found[str(path.relative_to(host.tree))] = (info.st_mode, info.st_uid, info.st_mtime_ns, identity, content)
    return found


def everything(root: Path) -> dict[str, tuple[Any, ...]]:
    """All that a file system says of the entries below a directory, but for the time of the last reading."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in [root, *sorted(root.rglob("*"))]:
        info = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        found[str(path)] = (
            info.st_mode,
            info.st_ino,
            info.st_nlink,
            info.st_uid,
            info.st_mtime_ns,
            info.st_ctime_ns,
            data,
        )
    return found


@pytest.fixture
def host(tmp_path: Path) -> Host:
    (tmp_path / "etc").mkdir()
    return Host(tmp_path)


def no_exchange(one: str, other: str) -> None:
    """What a kernel or a file system says that cannot do it."""
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), one)


@pytest.fixture(params=["exchange", "file by file"])
def any_swap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to swap: the second is what a kernel or file system without the first leaves."""
    if request.param == "file by file":
        monkeypatch.setattr(syscalls, "exchange", no_exchange)
    return str(request.param)


def is_clean(host: Host) -> bool:
    """Nothing of a run is left but its manifest and its lock."""
    state = sorted(path.name for path in host.state.iterdir())
    return os.listdir(host.tree.parent) == ["daemon"] and set(state) <= {"daemon.json", "daemon.lock"}


# --- the life of a set ------------------------------------------------------------------------------------------------


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


# --- the daemon says no -----------------------------------------------------------------------------------------------


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
def test_check_mode_says_what_it_could_not_prove(host: Host, check: tuple[str, ...]) -> None:
    outcome = host.preview(OLD, validate=check)
    assert outcome.notes == ["no private mounts are allowed here; the set would be proved by: %s" % " ".join(check)]
    assert not outcome.validated


def test_check_mode_before_the_daemon_is_installed(host: Host) -> None:
    outcome = host.preview(OLD, validate=("keepalived", "-t"), validate_requires=("/no/such",))
    assert outcome.notes == ["/no/such is not there yet; the set would be proved by: keepalived -t"]
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


def test_a_set_that_is_loaded_but_does_not_serve_goes_back(host: Host) -> None:
    host.run(OLD)
    log = host.root / "log"
    log.write_text("before\n")
    confirm = ("sh", "-c", "echo main.conf:1: nothing listens >> %s; grep -q old %s" % (log, host.loaded))
    reload = host.loading.reload
    with pytest.raises(LvsError) as caught:
        host.run(NEW, loading=Loading(reload=reload, confirm=confirm, confirm_timeout=0.5, log=str(log)))
    assert "(sh failed for 0.5 s, at last with exit status 1); the old one is back and loaded" in caught.value.message
    assert caught.value.details["daemon"] == ["main.conf:1: nothing listens"]
    assert host.managed() == OLD
    assert host.loaded.read_text() == "old main\n"


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


# --- check mode -------------------------------------------------------------------------------------------------------


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


# --- secrets ----------------------------------------------------------------------------------------------------------


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


# --- kills ------------------------------------------------------------------------------------------------------------

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


# --- any sets ---------------------------------------------------------------------------------------------------------

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
