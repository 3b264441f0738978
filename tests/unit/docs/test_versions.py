# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ansible-core is promised: what refuses an older one, what people read and what is tested say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from lab import cores

ROOT = Path(__file__).resolve().parents[3]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def versions() -> list[str]:
    """The versions of the workflow."""
    jobs = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]
    return [one["core"] for one in jobs["check"]["strategy"]["matrix"]["include"]]


def test_the_oldest_is_tested_and_older_ones_are_refused() -> None:
    oldest = min(versions(), key=lambda version: [int(part) for part in version.split(".")])
    assert yaml.safe_load(text("meta/runtime.yml"))["requires_ansible"] == ">=%s.0" % oldest
    assert "ansible-core>=%s," % oldest in text("requirements.txt")


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_the_oldest(page: str) -> None:
    (named,) = re.findall(r"^\|.*\| ansible-core (\d\.\d+) ", text(page), re.MULTILINE)
    assert named == min(versions(), key=lambda version: [int(part) for part in version.split(".")])


def test_the_readme_names_all_that_are_tested() -> None:
    sentence = re.search(r"`make check` with ([0-9., and\n]+)", text("README.md"))
    assert sentence
    assert re.findall(r"\d\.\d+", sentence.group(1)) == versions()


def test_those_that_need_a_newer_python_are_tested_in_the_lab() -> None:
    assert [*cores.VERSIONS] == versions()[1:]
