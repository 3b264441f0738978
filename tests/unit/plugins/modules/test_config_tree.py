# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module config_tree as Ansible calls it: options in, JSON out."""

from __future__ import annotations

import grp
import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.vipstack.lvs.plugins.modules import config_tree

ME = {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}


class Call:
    """Calls the module for one set and takes its answer from stdout."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = root / "set"
        self.capsys = capsys
        self.options: dict[str, Any] = {"path": str(self.path), "state_dir": str(root / "state")}

    def __call__(self, files: list[dict[str, Any]], check: bool = False, **options: Any) -> dict[str, Any]:
        files = [item if item.get("state") == "absent" else {**ME, **item} for item in files]
        arguments = {**self.options, "files": files, **options}
        arguments.update(_ansible_check_mode=check, _ansible_diff=True)
        with patch_module_args(arguments), pytest.raises(SystemExit):
            config_tree.main()
        answer = self.capsys.readouterr().out
        result: dict[str, Any] = json.loads(answer)
        return result


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return Call(tmp_path, capsys)


def test_a_set_is_made_kept_and_emptied(call: Call) -> None:
    files = [{"path": "a.conf", "content": "a\n", "mode": "0600"}, {"path": "sub/b.conf", "content": "b\n"}]
    preview = call(files, check=True)
    assert not call.path.exists()
    made = call(files)
    for key in ("changed", "files", "diff", "reloaded", "rolled_back"):
        assert preview[key] == made[key]
    assert made["changed"] is True
    assert made["files"] == [{"path": "a.conf", "state": "created"}, {"path": "sub/b.conf", "state": "created"}]
    assert (call.path / "a.conf").stat().st_mode & 0o777 == 0o600
    assert (call.path / "sub" / "b.conf").stat().st_mode & 0o777 == 0o644
    assert call(files)["changed"] is False
    assert call([])["changed"] is True
    assert not call.path.exists()


def test_the_name_is_that_of_the_directory(call: Call, tmp_path: Path) -> None:
    call([{"path": "a", "content": ""}])
    assert (tmp_path / "state" / "set.json").exists()
    call([{"path": "b", "content": ""}], name="other")
    assert sorted(os.listdir(call.path)) == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "etc/x"}, "path is etc/x; must be absolute and not /"),
        ({"path": "/"}, "path is /; must be absolute and not /"),
        ({"name": "a/b"}, "name is 'a/b'; must be letters, digits and _.@-"),
        ({"directory_mode": "rwx"}, "directory_mode is 'rwx'; must be octal digits in quotes, such as \"0755\""),
        ({"directory_mode": 755}, "directory_mode is 755; must be octal digits"),
        ({"service": "x", "reload": ["x"]}, "parameters are mutually exclusive: service|reload"),
        ({"validate_stderr": "none"}, "value of validate_stderr must be one of: any, empty, got: none"),
    ],
)
def test_wrong_options_are_named(call: Call, options: dict[str, Any], message: str) -> None:
    result = call([{"path": "a", "content": ""}], **options)
    assert result["failed"] is True
    assert message in result["msg"]
    assert not call.path.exists()


def test_wrong_files_are_named_all_at_once(call: Call) -> None:
    result = call([{"path": "/a", "content": ""}, {"path": "b"}, {"path": "c", "content": "", "mode": 416}])
    assert len(result["problems"]) == 3
    assert result["problems"][1] == "files[1] (b) has no content; give content or state: absent"


def test_check_mode_lets_an_owner_come_later(call: Call) -> None:
    files = [{"path": "a", "content": "", "owner": "no-such-user"}]
    assert call(files, check=True)["changed"] is True
    assert call(files)["msg"] == "files[0].owner is no-such-user; there is no such user on this host"


def test_a_refused_set_fails_with_the_daemons_line_and_no_secret(call: Call) -> None:
    call([{"path": "a", "content": "pass geheim1\n"}], secrets=["geheim1"])
    check = ["sh", "-c", "echo %s/a:1: no geheim1 geheim2 >&2; exit 1" % call.path]
    result = call([{"path": "a", "content": "pass geheim2\n"}], secrets=["geheim2"], validate=check)
    assert result["failed"] is True
    assert result["daemon"] == ["%s/a:1: no ******** ********" % call.path, "    %s/a:1: pass ********" % call.path]
    assert (result["validated"], result["rolled_back"], result["reloaded"]) == (False, False, False)
    assert (call.path / "a").read_text() == "pass geheim1\n"


def answer_of(capsys: pytest.CaptureFixture[str], sets: list[dict[str, Any]]) -> dict[str, Any]:
    with patch_module_args({"sets": sets, "_ansible_diff": True}), pytest.raises(SystemExit):
        config_tree.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_several_sets_are_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = {"state_dir": str(tmp_path / "state")}
    sets = [
        {**common, "path": str(tmp_path / name), "files": [{**ME, "path": "a.conf", "content": name + "\n"}]}
        for name in ("one", "two")
    ]
    made = answer_of(capsys, sets)
    assert made["files"] == [{"path": str(tmp_path / name / "a.conf"), "state": "created"} for name in ("one", "two")]
    assert [diff["after"] for diff in made["diff"]] == ["one\n", "two\n"]
    assert answer_of(capsys, sets)["changed"] is False


def test_a_set_that_fails_is_named_and_leaves_those_before_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = {"state_dir": str(tmp_path / "state"), "files": [{**ME, "path": "a", "content": ""}]}
    sets = [{**common, "path": str(tmp_path / name)} for name in ("one", "two", "three")]
    sets[1]["validate"] = ["false"]
    result = answer_of(capsys, sets)
    assert result["failed"] is True
    assert result["msg"].startswith("sets[1] (%s): " % (tmp_path / "two"))
    assert [name for name in ("one", "two", "three") if (tmp_path / name).exists()] == ["one"]


def test_no_answer_has_a_secret_old_or_new(call: Call) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----\n"
    texts = []
    for secret in ("geheim1", "geheim2"):
        files = [
            {"path": "a", "content": "x %s\n" % secret},
            {"path": "key", "content": key.replace("MIIE", secret)},
            {"path": "word", "content": secret + "\n"},
        ]
        texts += [json.dumps(call(files, check, secrets=[secret])) for check in (True, False, False)]
    texts.append(json.dumps(call([])))
    assert len(texts) == 7
    for text in texts:
        assert "geheim" not in text
        assert "vQIBADANBgkq" not in text.partition('"invocation"')[0]


def test_the_documentation_names_every_option_with_its_default() -> None:
    options = yaml.safe_load(config_tree.DOCUMENTATION)["options"]
    assert options.pop("sets")["suboptions"] == options
    assert set(options) == set(config_tree.SET)
    for name, spec in config_tree.SET.items():
        assert options[name].get("default") == spec.get("default"), name
        assert options[name]["type"] == spec["type"], name
    assert set(options["files"]["suboptions"]) == set(config_tree.SET["files"]["options"])
