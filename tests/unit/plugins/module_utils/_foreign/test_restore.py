# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that stands for a host is given back as it was: real runs of config_tree, then a restore."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from config_tree_host import NEW, Host

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.plan import Loading
from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._foreign import restore as module
from ansible_collections.vipstack.lvs.plugins.module_utils._foreign.restore import Restore, _to_enable
from ansible_collections.vipstack.lvs.plugins.module_utils._host.command import Ended
from ansible_collections.vipstack.lvs.plugins.module_utils._host.foreign import ForeignRecord

QUIET = Loading()


def tree(root: Path) -> dict[str, tuple[object, ...]]:
    """Every path below etc with its rights; a file's time and content, too."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted((root / "etc").rglob("*")):
        info = path.lstat()
        more: tuple[object, ...] = ()
        if path.is_symlink():
            more = (os.readlink(path),)
        elif path.is_file():
            more = (info.st_mtime_ns, path.read_bytes())
        found[str(path)] = (stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, *more)
    return found


def by_hand(host: Host) -> None:
    host.tree.mkdir()
    (host.tree / "main.conf").write_text("by hand\n")
    (host.tree / "main.conf").chmod(0o604)
    os.utime(host.tree / "main.conf", (1000, 2000))
    (host.tree / "strange.conf").write_text("stays\n")
    (host.tree / "conf.d").mkdir(0o700)
    (host.tree / "conf.d" / "a.conf").symlink_to("../strange.conf")


def restore_of(host: Host) -> Restore:
    return Restore(ForeignRecord(str(host.state)), None)


def test_a_host_is_as_it_was(managed: Host) -> None:
    by_hand(managed)
    before = tree(managed.root)
    managed.run(NEW, loading=QUIET)
    managed.run({**NEW, "main.conf": "ours, again\n"}, loading=QUIET)
    (managed.tree / "later.conf").write_text("somebody else's, later\n")
    restore = restore_of(managed)
    plan = restore.plan()
    assert plan is not None
    assert plan.lines() == [
        "~ %s, as it was first" % (managed.tree / "conf.d/a.conf"),
        "~ %s, as it was first" % (managed.tree / "main.conf"),
        "- %s" % (managed.tree / "sites/deep/c.conf"),
        "- %s" % (managed.tree / "sites/deep"),
        "- %s" % (managed.tree / "sites"),
    ]
    restore.carry_out(plan)
    (managed.tree / "later.conf").unlink()
    assert tree(managed.root) == before
    assert not managed.state.exists()
    assert restore_of(managed).plan() is None


def test_a_restore_that_was_cut_off_is_repeated(managed: Host) -> None:
    by_hand(managed)
    before = tree(managed.root)
    managed.run(NEW, loading=QUIET)
    (managed.tree / "main.conf").unlink()  # as far as it came
    (managed.tree / "sites/deep/c.conf").unlink()
    restore = restore_of(managed)
    plan = restore.plan()
    assert plan is not None
    restore.carry_out(plan)
    assert tree(managed.root) == before


@pytest.mark.parametrize(
    "name", ["vipstack-lvs-forward.service", "vipstack-lvs-firewall.service", "vipstack-lvs-repair.path"]
)
def test_what_a_unit_of_ours_made_goes_by_its_own_stop(
    managed: Host, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    managed.run(NEW, loading=QUIET)
    restore = restore_of(managed)
    plan = restore.plan()
    assert plan is not None
    assert plan.stop == ()
    unit = "/etc/systemd/system/" + name
    monkeypatch.setattr(restore.files, "read", lambda path: "[Service]\n" if path == unit else None)
    plan = restore.plan()
    assert plan is not None
    assert plan.stop == (name,)


def test_keepalived_hands_its_vips_over_before_the_firewall_closes(
    managed: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    managed.run(NEW, loading=QUIET)
    runs = {"keepalived.service": {"active": True, "enabled": "enabled"}}
    ForeignRecord(str(managed.state)).note_first([], runs)
    done: list[list[str]] = []
    restore = Restore(ForeignRecord(str(managed.state)), lambda words: done.append(list(words)))
    monkeypatch.setattr(module, "unit_states", lambda names: dict(runs))
    firewall = "vipstack-lvs-firewall.service"
    real = restore.files.read
    monkeypatch.setattr(restore.files, "read", lambda path: "[Service]\n" if path.endswith(firewall) else real(path))
    plan = restore.plan()
    assert plan is not None
    restore.carry_out(plan)
    assert done[:2] == [["stop", "keepalived.service"], ["stop", firewall]]


@pytest.mark.parametrize(("was_there", "goes"), [(False, True), (True, False), (None, False)])
def test_the_log_and_an_account_of_ours_go_where_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, was_there: bool | None, goes: bool
) -> None:
    """None: a record of a release that did not note accounts."""
    name = "keepalived_script"
    log = tmp_path / "var/log/vipstack-lvs"
    log.mkdir(parents=True)
    (log / "transitions.log").write_text("one\n")
    record = ForeignRecord(root=str(tmp_path))
    record.note_first([], {}, {} if was_there is None else {name: was_there})
    done: list[list[str]] = []

    def command(words: list[str], _seconds: float) -> Ended:
        done.append(words)
        return Ended(0, "")

    monkeypatch.setattr(module, "user_number", lambda _name: 7)
    monkeypatch.setattr(module, "run", command)
    kept = Restore(record, None).plan()
    assert kept is not None
    assert kept.lines() == []
    restore = Restore(record, None, traces=True)
    plan = restore.plan()
    assert plan is not None
    assert plan.lines() == ["- /var/log/vipstack-lvs", *["- user " + name] * goes]
    restore.carry_out(plan)
    assert done == [["userdel", name]] * goes
    assert not log.exists()
    assert Restore(record, None, traces=True).plan() is None


def test_a_host_of_nobody_is_left_alone(managed: Host) -> None:
    by_hand(managed)
    assert restore_of(managed).plan() is None
    assert not managed.state.exists()


def test_an_interrupted_run_is_finished_first(managed: Host) -> None:
    managed.run(NEW, loading=QUIET)
    journal = '{"version": 1, "path": "/x", "stage": "/y", "slots": [], "directories": [], "directory_mode": 493, ' \
        '"loading": {"reload": [], "confirm": []}}'  # fmt: skip
    (managed.state / "daemon.swapping").write_text(journal)
    with pytest.raises(LvsError, match="the set daemon was interrupted"):
        restore_of(managed).plan()


def test_sysctls_get_their_first_value_where_ours_is_still_there(tmp_path: Path) -> None:
    record = ForeignRecord(root=str(tmp_path))
    name, other = "net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.all.arp_announce"
    record.note_sysctls({name: ("0", "1"), other: ("1", "2")})
    record.note_sysctls({name: ("1", "8")})  # the model changed: the first value stays
    for path, value in ((name, "8"), (other, "0")):
        place = tmp_path / "proc/sys" / path.replace(".", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(value + "\n")
    restore = Restore(record, None)
    plan = restore.plan()
    assert plan is not None
    assert [str(change) for change in plan.sysctls] == ["~ net.ipv4.conf.all.arp_ignore 8 -> 0"]
    restore.carry_out(plan)
    assert (tmp_path / "proc/sys/net/ipv4/conf/all/arp_ignore").read_text() == "0\n"


def test_the_first_state_is_noted_once(tmp_path: Path) -> None:
    record = ForeignRecord(root=str(tmp_path))
    assert record.note_first([], {"nginx.service": None})
    assert not record.note_first([], {"nginx.service": {"active": True, "enabled": "enabled"}})
    assert record.read()["units"] == {"nginx.service": None}


@pytest.mark.parametrize(
    ("first", "now", "expected"),
    [
        (None, "enabled", [("u", False)]),  # it was not installed
        ("disabled", "enabled", [("u", False)]),
        ("enabled", "disabled", [("u", True)]),
        ("enabled", "enabled", []),
        ("generated", "masked", []),  # the mask goes as a file
        ("generated", "generated", []),
    ],
)
def test_what_starts_at_boot(first: str | None, now: str, expected: list[tuple[str, bool]]) -> None:
    before = {"u": {"active": True, "enabled": first} if first else None}
    assert list(_to_enable(before, {"u": {"active": True, "enabled": now}})) == expected
