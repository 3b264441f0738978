# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules, options and sysctls on a tree that stands for a host; what a real kernel does is tested in the lab."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._errors import InvalidInput, LvsError
from ansible_collections.vipstack.lvs.plugins.module_utils._host.files import HostFiles
from ansible_collections.vipstack.lvs.plugins.module_utils._host.kernel_modules import (
    Kernel,
    files_of,
    from_options,
    has_built_in_symbol,
    is_built_in,
    paths,
    states,
    table_bits,
)

NODEST = "net.ipv4.vs.expire_nodest_conn"
WANTED = from_options("web", ["ip_vs", "ip-vs-wrr", "ip_vs"], {"ip_vs": {"conn_tab_bits": 20}}, {NODEST: 1})
OPTIONS, MODULES, SYSCTLS = paths("web")


class Host:
    """A tree with a modules directory; its modprobe makes what loading would make and keeps the order of things."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = HostFiles(str(root))
        self.loaded_with_options_file: dict[str, bool] = {}
        self.files.write("/lib/modules/%s/modules.builtin" % os.uname().release, "kernel/net/8021q.ko\n")

    def modprobe(self, module: str) -> tuple[int, str]:
        self.loaded_with_options_file[module] = self.files.read(OPTIONS) is not None
        (self.root / "sys/module" / module).mkdir(parents=True, exist_ok=True)
        if module == "ip_vs":
            self.files.write("/proc/sys/net/ipv4/vs/expire_nodest_conn", "0\n")
        return 0, ""

    def kernel(self) -> Kernel:
        return Kernel(self.files, self.modprobe)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_files_are_exactly_what_was_asked_for() -> None:
    files = {path: (text or "").split("\n", 1)[1] for path, text in files_of(WANTED).items()}
    assert files == {
        OPTIONS: "options ip_vs conn_tab_bits=20\n",
        MODULES: "ip_vs\nip_vs_wrr\n",
        SYSCTLS: NODEST + " = 1\n",
    }


def test_an_empty_part_has_no_file() -> None:
    assert files_of(from_options("web", [], {"ip_vs": {}}, {})) == {OPTIONS: None, MODULES: None, SYSCTLS: None}


def test_a_fresh_host_is_planned_without_a_touch(host: Host) -> None:
    plan = host.kernel().plan(WANTED)
    assert plan.changed
    assert plan.lines() == ["+ module ip_vs", "+ module ip_vs_wrr", "+ %s = 1" % NODEST]
    assert [change.path for change in plan.files + plan.sysctl_files] == [OPTIONS, MODULES, SYSCTLS]
    assert not (host.root / "etc").exists()
    assert host.loaded_with_options_file == {}


def test_options_before_modules_before_sysctls_and_then_nothing(host: Host) -> None:
    host.kernel().apply(host.kernel().plan(WANTED))
    assert host.loaded_with_options_file == {"ip_vs": True, "ip_vs_wrr": True}
    assert host.files.read("/proc/sys/net/ipv4/vs/expire_nodest_conn") == "1\n"
    again = host.kernel().plan(WANTED)
    assert not again.changed
    assert again.diff() == []


def test_a_drifted_value_is_a_line(host: Host) -> None:
    host.kernel().apply(host.kernel().plan(WANTED))
    host.files.write("/proc/sys/net/ipv4/vs/expire_nodest_conn", "0\n")
    assert host.kernel().plan(WANTED).diff() == [{"prepared": "~ %s 0 -> 1\n" % NODEST}]


def test_a_built_in_module_is_not_loaded(host: Host) -> None:
    assert host.kernel().plan(from_options("web", ["8021q"], {}, {})).load == ()


def test_a_kernel_without_a_modules_directory_knows_its_own_symbols(host: Host) -> None:
    (host.root / "lib/modules" / os.uname().release / "modules.builtin").unlink()
    (host.root / "lib/modules" / os.uname().release).rmdir()
    host.files.write(
        "/proc/kallsyms", "ffffffff81000000 t ip_vs_init\nffffffffc1000000 t ip_vs_wrr_init\t[ip_vs_wrr]\n"
    )
    assert host.kernel().plan(from_options("web", ["ip_vs", "ip_vs_wrr"], {}, {})).load == ("ip_vs_wrr",)


def test_an_option_of_a_loaded_module_is_said_not_failed(host: Host) -> None:
    host.kernel().apply(host.kernel().plan(WANTED))
    host.files.write("/proc/net/ip_vs", "IP Virtual Server version 1.2.1 (size=4096)\n")
    plan = host.kernel().plan(WANTED)
    assert not plan.changed
    assert plan.restart_needed == (
        "ip_vs is loaded with conn_tab_bits=12; 20 counts from the next load of the module (a reboot)",
    )
    host.files.write("/sys/module/ip_vs/parameters/conn_tab_bits", "20\n")
    assert host.kernel().plan(WANTED).restart_needed == ()


def test_a_bool_option_is_compared_as_one(host: Host) -> None:
    host.files.write("/sys/module/m/parameters/on", "Y\n")
    assert host.kernel().plan(from_options("web", ["m"], {"m": {"on": True}}, {})).restart_needed == ()
    assert len(host.kernel().plan(from_options("web", ["m"], {"m": {"on": False}}, {})).restart_needed) == 1


def test_a_module_that_cannot_be_loaded_is_named_with_the_way_out(host: Host) -> None:
    kernel = Kernel(host.files, lambda _name: (1, "modprobe: FATAL: Module ip_vs not found.\n"))
    with pytest.raises(LvsError, match=r"ip_vs cannot be loaded: modprobe: FATAL.*\. Install the modules of kernel"):
        kernel.apply(kernel.plan(WANTED))
    assert host.files.read(SYSCTLS) is None


def test_no_modprobe_at_all(host: Host) -> None:
    kernel = Kernel(host.files, None)
    with pytest.raises(LvsError, match=r"modprobe is not installed \(package kmod\)"):
        kernel.apply(kernel.plan(WANTED))


def test_a_sysctl_that_no_loaded_module_brings(host: Host) -> None:
    with pytest.raises(LvsError, match="/proc/sys/net/ipv4/vs/expire_nodest_conn is not there: no loaded module"):
        host.kernel().plan(from_options("web", [], {}, {NODEST: 1}))


def test_absent_takes_the_files_and_leaves_what_is_live(host: Host) -> None:
    host.kernel().apply(host.kernel().plan(WANTED))
    host.kernel().apply(host.kernel().plan_absent("web"))
    assert all(host.files.read(path) is None for path in paths("web"))
    assert host.files.read("/proc/sys/net/ipv4/vs/expire_nodest_conn") == "1\n"
    assert not host.kernel().plan_absent("web").changed


def test_a_value_overridden_at_boot_is_warned_about(host: Host) -> None:
    host.kernel().apply(host.kernel().plan(WANTED))
    host.files.write("/etc/sysctl.d/99-other.conf", NODEST + "=0\n")
    assert "99-other.conf sets %s to 0" % NODEST in host.kernel().plan(WANTED).warnings[0]


def test_every_mistake_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        from_options("a/b", ["ip vs"], {"ip_vs": 3, "x": {"y": "two words"}}, {"/net": 1, "a.b": {}, "c.d": ""})
    assert caught.value.problems == [
        "name is 'a/b'; allowed are letters, digits, dots, dashes and underscores",
        "modules[0] is 'ip vs'; allowed are letters, digits, dashes and underscores",
        "options.ip_vs is 3; must be a table of option: value",
        "options.x.y is 'two words'; must be one word",
        "sysctls: sysctl '/net' is no name of a sysctl; allowed is a form such as net.ipv4.vs.conntrack",
        "sysctls.a.b is {}; must be a number or a text",
        "sysctls.c.d is ''; must be a number or a text",
    ]


@pytest.mark.parametrize(
    ("head", "bits"),
    [("IP Virtual Server version 1.2.1 (size=4096)\nx", 12), ("(size=1048576)", 20), ("IP Virtual Server", None)],
)
def test_table_bits(head: str, bits: int | None) -> None:
    assert table_bits(head) == bits


def test_is_built_in_knows_both_spellings() -> None:
    assert is_built_in("ip_vs_wrr", "kernel/net/netfilter/ipvs/ip-vs-wrr.ko\n")
    assert not is_built_in("ip_vs", "kernel/net/netfilter/ipvs/ip_vs_wrr.ko\n")


def test_the_running_kernel_has_the_init_of_something() -> None:
    """The form of the real kallsyms, so that the pattern is not one of ours only."""
    text = Path("/proc/kallsyms").read_text()
    assert has_built_in_symbol("net_ns", text)
    assert not has_built_in_symbol("no_such_thing", text)


def test_a_module_is_loaded_available_or_missing(tmp_path: Path) -> None:
    """Nothing is loaded to find that out."""
    modules = tmp_path / "lib/modules" / os.uname().release
    modules.mkdir(parents=True)
    (modules / "modules.builtin").write_text("kernel/net/netfilter/x_tables.ko\n")
    (modules / "modules.dep").write_text("kernel/net/netfilter/ipvs/ip_vs-mh.ko.xz: kernel/net/ip_vs.ko.xz\n")
    (tmp_path / "sys/module/ip_vs").mkdir(parents=True)
    assert states(HostFiles(str(tmp_path)), ["ip_vs", "ip_vs_mh", "x_tables", "ip_vs_fo"]) == {
        "ip_vs": "loaded", "ip_vs_mh": "available", "x_tables": "loaded", "ip_vs_fo": "missing",
    }  # fmt: skip
