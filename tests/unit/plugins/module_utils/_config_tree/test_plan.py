# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure part of config_tree: what is wanted, what changes, what is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.plan import (
    UNKNOWN_ID,
    Change,
    File,
    Journal,
    Link,
    Loading,
    Manifest,
    Slot,
    check_owner,
    common_directory,
    first_missing,
    from_options,
    idle_directories,
    may_exchange,
    mounts_at_or_below,
    next_manifest,
    paths_to_read,
    plan,
    without_directories,
)
from ansible_collections.vipstack.lvs.plugins.module_utils._errors import InvalidInput, LvsError


def file(content: str = "x\n", mode: int = 0o644, uid: int = 0, gid: int = 0) -> File:
    return File(content.encode(), mode, uid, gid)


def parse(*files: dict[str, Any], lenient: bool = False) -> dict[str, File | None]:
    ids = {"root": 0, "www": 33}
    return from_options(files, ids.get, ids.get, lenient)


def test_a_file_is_its_bytes_and_rights() -> None:
    item = {"path": "a/./b.conf", "content": "é\n", "mode": "0640", "owner": "www", "group": "root"}
    assert parse(item) == {"a/b.conf": File("é\n".encode(), 0o640, 33, 0)}


def test_what_is_left_out_is_0644_and_of_root() -> None:
    assert parse({"path": "a", "content": ""}) == {"a": File(b"", 0o644, 0, 0)}


KEPT = {"state": "kept", "content": "new"}
PAIR = ({"path": "a.crt", "beside": "a.key", **KEPT}, {"path": "a.key", "beside": "a.crt", **KEPT})


@pytest.mark.parametrize(
    ("there", "changed"),
    [((), ["a.crt", "a.key"]), (("a.crt",), ["a.crt", "a.key"]), (("a.key",), ["a.crt", "a.key"]),
     (("a.crt", "a.key"), [])],
)  # fmt: skip
def test_of_a_pair_both_files_stay_or_both_come(there: tuple[str, ...], changed: list[str]) -> None:
    found = {path: file("old", 0o600) if path in there else None for path in ("a.crt", "a.key")}
    assert [one.path for one in plan(found, parse(*PAIR))] == changed
    assert [one.path for one in plan({"b": file()}, parse({"path": "b", **KEPT}))] == []
    assert [one.path for one in plan({"b": Link("/x")}, parse({"path": "b", **KEPT}))] == ["b"]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            [{"path": "/etc/x", "content": ""}],
            "files[0].path is '/etc/x'; must be relative to the directory of the set",
        ),
        ([{"path": "../x", "content": ""}], "files[0].path is '../x'; must lie below the directory of the set"),
        ([{"path": "a/../../x", "content": ""}], "must lie below the directory of the set"),
        ([{"path": ".", "content": ""}], "files[0].path is '.'; must lie below the directory of the set"),
        ([{"path": "", "content": ""}], "files[0].path is ''; must be a path of one line"),
        ([{"path": "a\nb", "content": ""}], "must be a path of one line"),
        ([{"path": "a/", "content": ""}], "files[0].path is 'a/'; must name a file"),
        (
            [{"path": "a", "content": ""}, {"path": "./a", "state": "absent"}],
            "files[1].path is a, which is listed before",
        ),
        ([{"path": "a"}], "files[0] (a) has no content; give content or state: absent"),
        ([{"path": "a", "content": "", "mode": 416}], "files[0].mode is 416; must be octal digits in quotes, such as"),
        ([{"path": "a", "content": "", "mode": "u=rw"}], "files[0].mode is 'u=rw'; must be octal digits"),
        ([{"path": "a", "content": "", "owner": "lvs"}], "files[0].owner is lvs; there is no such user on this host"),
        ([{"path": "a", "content": "", "group": "lvs"}], "files[0].group is lvs; there is no such group on this host"),
        (
            [{"path": "a", "content": ""}, {"path": "a/b", "content": ""}],
            "files: a is a file, so a/b cannot lie below it",
        ),
    ],
)
def test_mistakes_name_the_path_and_what_is_allowed(files: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(*files)
    assert problem in caught.value.message


def test_all_mistakes_come_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse({"path": "/x"}, {"path": "y"}, {"path": "z", "content": "", "mode": 1})
    assert len(caught.value.problems) == 3


def test_check_mode_takes_an_owner_that_an_earlier_task_would_make() -> None:
    wanted = parse({"path": "a", "content": "", "owner": "lvs"}, lenient=True)
    assert wanted == {"a": File(b"", 0o644, UNKNOWN_ID, 0)}


def test_a_file_may_take_the_place_of_a_directory_that_is_emptied() -> None:
    assert parse({"path": "a", "state": "absent"}, {"path": "a/b", "content": ""})["a/b"] is not None


def test_the_plan_names_each_difference_and_nothing_else() -> None:
    wanted = {"same": file(), "text": file("b"), "mode": file(mode=0o600), "new": file(), "link": file(), "off": None}
    found = {**wanted, "text": file("a"), "mode": file(), "new": None, "link": Link("x"), "off": file(), "left": file()}
    changes = plan(found, wanted)
    assert {change.path: change.state for change in changes} == {
        "text": "changed",
        "mode": "changed",
        "new": "created",
        "link": "changed",
        "off": "removed",
        "left": "removed",
    }
    assert changes[0] == Change("text", file("a"), file("b"))


def test_only_purging_looks_at_what_is_no_longer_wanted() -> None:
    manifest = Manifest("/etc/x", files=("old", "a"))
    assert paths_to_read({"a": file()}, manifest, purge=True) == ["a", "old"]
    assert paths_to_read({"a": file()}, manifest, purge=False) == ["a"]


def test_the_next_manifest_has_what_is_wanted_and_forgets_what_went() -> None:
    old = Manifest("/etc/x", ("old", "a"), ("conf.d",), {"old": ("pass ********",), "a": ("key ********",)})
    wanted = {"a": file(), "gone": None}
    assert next_manifest(old, wanted, True, ["sub"], {}) == Manifest("/etc/x", ("a",), ("conf.d", "sub"), {})
    kept = next_manifest(old, wanted, False, [], {"a": ("k ********",)})
    assert kept.files == ("a", "old")
    assert kept.masks == {"old": ("pass ********",), "a": ("k ********",)}


def test_directories_go_when_the_set_has_nothing_in_them() -> None:
    manifest = Manifest("/etc/x", ("a/b/c",), ("", "a", "a/b", "d", "d/e"))
    assert idle_directories(manifest) == ["d/e", "d"]
    assert idle_directories(Manifest("/etc/x", (), ("", "a"))) == ["a", ""]
    assert without_directories(manifest, ["d/e", "d"]).directories == ("", "a", "a/b")


def test_manifest_and_journal_survive_their_files() -> None:
    manifest = Manifest("/etc/x", ("a",), ("",), {"a": ("pass ********",)})
    assert Manifest.from_json(manifest.to_json()) == manifest
    loading = Loading(True, "x.service", (), ("true",), 2.5, "/var/log/x")
    journal = Journal("/etc/x", "/etc/.x", (Slot("a", True, False),), ("sub",), 0o750, loading)
    assert Journal.from_json(journal.to_json()) == journal


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "path": 3}', '{"version": 1'])
def test_what_is_no_manifest_or_journal_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"not |Expecting"):
        Manifest.from_json(text)
    with pytest.raises(ValueError, match=r"not |Expecting"):
        Journal.from_json(text)


def test_a_set_keeps_its_directory() -> None:
    check_owner(Manifest("/etc/x"), "/etc/x", "x")
    with pytest.raises(LvsError, match="the set x belongs to /etc/x, so it cannot be /etc/y"):
        check_owner(Manifest("/etc/x"), "/etc/y", "x")


@pytest.mark.parametrize(
    ("paths", "directory"),
    [
        (["a", "b"], ""),
        (["c/a", "c/b"], "c"),
        (["c/a", "c/d/b"], "c"),
        (["c/d/a", "c/d/b"], "c/d"),
        (["c/a", "b"], ""),
        (["cd/a", "c/b"], ""),
    ],
)
def test_the_innermost_directory_of_all_changes_is_swapped(paths: list[str], directory: str) -> None:
    assert common_directory(paths) == directory


def test_the_outermost_missing_directory_appears_with_all_in_it() -> None:
    assert first_missing("a/b", ["a", "a/b"]) == "a"
    assert first_missing("a/b", ["a/b", "a/b/c"]) == "a/b"
    assert first_missing("a", ["a/b"]) is None
    assert first_missing("a", ["", "a"]) == ""
    assert first_missing("", ["a"]) is None


def test_directories_of_everybody_are_never_exchanged() -> None:
    assert [may_exchange(path) for path in ("/", "/etc", "/etc/", "/etc/nginx")] == [False, False, False, True]


def test_mounts_are_found_by_whole_names() -> None:
    text = (
        "36 35 98:0 / /etc/nginx rw shared:1 - ext4 /dev/a rw\n"
        "37 35 98:0 / /etc/nginx/with\\040blank rw - ext4 /dev/a rw\n"
        "38 35 98:0 / /etc/nginx2 rw - ext4 /dev/a rw\n"
    )
    assert mounts_at_or_below(text, "/etc/nginx") == ["/etc/nginx", "/etc/nginx/with blank"]
    assert mounts_at_or_below(text, "/etc/ngin") == []
