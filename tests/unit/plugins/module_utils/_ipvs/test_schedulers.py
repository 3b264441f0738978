# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel's files say, on trees made for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.schedulers import (
    Schedulers,
    loadable,
    module_folder,
    schedulers,
)


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


@pytest.fixture
def modules(tmp_path: Path) -> str:
    """The folder of the running kernel's modules, below the root of the test."""
    return module_folder(str(tmp_path))[len(str(tmp_path)) :] + "/kernel/net/netfilter/ipvs/"


def test_schedulers_on_the_disk_under_any_compression(tmp_path: Path, modules: str) -> None:
    files = ["ip_vs.ko", "ip_vs_rr.ko", "ip_vs_wrr.ko.xz", "ip_vs_mh.ko.zst", "ip_vs_ftp.ko", "ip_vs_pe_sip.ko"]
    touch(tmp_path, *(modules + name for name in files))
    assert schedulers(str(tmp_path)) == Schedulers(["mh", "rr", "wrr"], True)


def test_schedulers_that_are_loaded_or_built_in(tmp_path: Path) -> None:
    touch(tmp_path, "sys/module/ip_vs/x", "sys/module/ip_vs_wlc/x", "sys/module/tcp_bbr/x")
    builtin = Path(module_folder(str(tmp_path))) / "modules.builtin"
    touch(tmp_path, str(builtin)[len(str(tmp_path)) :])
    builtin.write_text("kernel/net/ipv4/tcp_cubic.ko\nkernel/net/netfilter/ipvs/ip_vs_sh.ko\n")
    assert schedulers(str(tmp_path)) == Schedulers(["sh", "wlc"], False)


def test_nothing_to_see_is_not_the_same_as_nothing_there(tmp_path: Path) -> None:
    assert schedulers(str(tmp_path)) == Schedulers([], False)


def test_ip_vs_can_be_loaded_where_its_file_is(tmp_path: Path, modules: str) -> None:
    assert not loadable(str(tmp_path))
    touch(tmp_path, modules + "ip_vs_rr.ko")
    assert not loadable(str(tmp_path))
    touch(tmp_path, modules + "ip_vs.ko.xz")
    assert loadable(str(tmp_path))
