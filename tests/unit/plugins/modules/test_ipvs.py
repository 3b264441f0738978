# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules ipvs and ipvs_info from their options to their results, over a model of the kernel."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ipvs_model import ModelKernel

from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs import run as ipvs_run
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.arguments import packed
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.schedulers import Schedulers
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.socket import IpvsNotLoaded, IpvsSocket
from ansible_collections.vipstack.lvs.plugins.module_utils._ipvs.table import Table, Timeouts
from ansible_collections.vipstack.lvs.plugins.modules import ipvs, ipvs_info

HOSTS: list[dict[str, Any]] = [{"address": "198.51.100.11"}, {"address": "198.51.100.12", "weight": 2}]
WEB: dict[str, Any] = {
    "protocol": "tcp",
    "address": "192.0.2.10",
    "port": 80,
    "scheduler": "wrr",
    "destinations": HOSTS,
}
LINES = [
    "+ tcp 192.0.2.10:80 wrr",
    "+ tcp 192.0.2.10:80 -> 198.51.100.11:80 dr weight 1",
    "+ tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 2",
]


class Host:
    """A machine with a model for its kernel, on which modules are run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.kernel = ModelKernel(Table({}, Timeouts(900, 120, 300), {}))
        self._capsys = capsys
        for module in (ipvs_run, ipvs_info):
            monkeypatch.setattr(module, "IpvsSocket", lambda: IpvsSocket(self.kernel))
            monkeypatch.setattr(module, "schedulers", lambda: Schedulers(["mh", "rr", "wrr"], True))

    def run(self, module: Any, check: bool = False, verbosity: int = 0, **options: Any) -> dict[str, Any]:
        arguments = dict(packed(options), _ansible_check_mode=check, _ansible_diff=True, _ansible_verbosity=verbosity)
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        result: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        self.invocation = result.pop("invocation", {"module_args": {}})
        return result


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Host:
    return Host(monkeypatch, capsys)


def test_check_mode_says_what_would_be_done_and_writes_nothing(host: Host) -> None:
    result = host.run(ipvs, check=True, services=[WEB])
    diff = {"prepared": "".join(line + "\n" for line in LINES)}
    assert result == {"changed": True, "steps": LINES, "messages": 3, "diff": diff}
    assert host.kernel.writes == 0


def test_the_first_run_does_what_check_mode_said_and_the_second_nothing(host: Host) -> None:
    predicted = host.run(ipvs, check=True, services=[WEB])
    assert host.run(ipvs, services=[WEB]) == predicted
    assert host.kernel.writes == 3
    assert host.run(ipvs, services=[WEB]) == {"changed": False, "steps": [], "messages": 0, "diff": {"prepared": ""}}
    assert host.kernel.writes == 3


def test_what_is_read_can_be_written_back(host: Host) -> None:
    host.run(ipvs, services=[WEB, {"fwmark": 7, "scheduler": "mh"}], daemons=[{"role": "master", "interface": "eth0"}])
    found = host.run(ipvs_info)
    again = {name: found[name] for name in ("services", "timeouts", "daemons")}
    assert host.run(ipvs, purge=True, **again)["changed"] is False
    assert found["version"] == "1.2.1"
    assert [(entry["service"], entry.get("destination")) for entry in found["statistics"]] == [
        ("tcp 192.0.2.10:80", None),
        ("tcp 192.0.2.10:80", "198.51.100.11:80"),
        ("tcp 192.0.2.10:80", "198.51.100.12:80"),
        ("fwmark 7 inet", None),
    ]
    assert "statistics" not in host.run(ipvs_info, counters=False)


def test_weights_are_kept_when_told(host: Host) -> None:
    host.run(ipvs, services=[dict(WEB, destinations=[dict(HOSTS[0], weight=0)])])
    result = host.run(ipvs, services=[WEB], weights="keep")
    assert result["steps"] == LINES[2:]


def test_purging_is_asked_for(host: Host) -> None:
    host.run(ipvs, services=[WEB, dict(WEB, port=81)])
    assert host.run(ipvs, services=[WEB])["changed"] is False
    result = host.run(ipvs, services=[WEB], purge=True)
    assert result["messages"] == 1
    assert result["steps"][0] == "- tcp 192.0.2.10:81 wrr"


def test_wrong_options_fail_with_all_problems(host: Host) -> None:
    result = host.run(ipvs, services=[dict(WEB, port=70000, protocol="icmp")])
    problems = [
        "services[0].protocol is icmp; must be tcp, udp or sctp",
        "services[0].port is 70000; must be 0-65535",
    ]
    assert (result["failed"], result["msg"], result["problems"]) == (True, "; ".join(problems), problems)


def test_a_number_as_text_is_taken_and_what_is_no_number_refused_as_ansible_does(host: Host) -> None:
    assert host.run(ipvs, check=True, services=[dict(WEB, port="80")])["steps"] == LINES
    result = host.run(ipvs, services=[dict(WEB, port="http")])
    assert result["msg"].startswith("argument 'port' is of type str found in 'services'")
    result = host.run(ipvs, services=[dict(WEB, prot="tcp")])
    assert "module: services.prot. Supported parameters include: address, destinations" in result["msg"]


def test_the_options_are_in_the_result_for_who_reads_them(host: Host) -> None:
    host.run(ipvs, check=True, services=[WEB])
    assert host.invocation["module_args"] == {}
    host.run(ipvs, check=True, verbosity=3, services=[WEB])
    assert host.invocation["module_args"]["services"] == [WEB]
    assert host.invocation["module_args"]["purge"] is False


def test_real_servers_is_another_word_for_destinations(host: Host) -> None:
    service = {name: value for name, value in WEB.items() if name != "destinations"}
    assert host.run(ipvs, check=True, services=[dict(service, real_servers=HOSTS)])["steps"] == LINES


@pytest.mark.parametrize("check", [True, False])
def test_an_unknown_scheduler_fails_before_anything_is_touched(host: Host, check: bool) -> None:
    result = host.run(ipvs, check=check, services=[WEB, dict(WEB, port=81, scheduler="best")])
    assert result["msg"] == "the kernel has no scheduler best (module ip_vs_best); it has mh, rr, wrr"
    assert host.kernel.writes == 0


def test_a_refused_message_is_told_with_what_was_undone(host: Host) -> None:
    host.kernel.refuse = {2: 12}
    result = host.run(ipvs, services=[WEB])
    assert result["msg"] == (
        "tcp 192.0.2.10:80 -> 198.51.100.12:80: the kernel refuses to add it: Cannot allocate memory (ENOMEM); "
        "the kernel has no memory for it. The table is as it was: 2 applied steps were undone."
    )
    assert (result["refused"], result["undone"], result["left"]) == (LINES[2], 2, [])
    assert host.kernel.table.services == {}


def no_kernel() -> IpvsSocket:
    raise IpvsNotLoaded("this kernel has no IPVS")


def test_without_ip_vs_check_mode_plans_for_an_empty_table(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipvs_run, "IpvsSocket", no_kernel)
    monkeypatch.setattr(ipvs_run, "loadable", lambda: True)
    assert host.run(ipvs, check=True, services=[WEB])["steps"] == LINES
    assert host.run(ipvs, services=[WEB])["msg"] == "this kernel has no IPVS"


def test_without_ip_vs_on_the_disk_check_mode_fails_too(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipvs_run, "IpvsSocket", no_kernel)
    monkeypatch.setattr(ipvs_run, "loadable", lambda: False)
    assert host.run(ipvs, check=True, services=[WEB])["msg"] == "this kernel has no IPVS"


def test_this_machine_says_why_it_cannot(capsys: pytest.CaptureFixture[str]) -> None:
    """No model: whatever this machine is, the answer is a table or a reason and what to do, never a traceback."""
    with patch_module_args({"counters": False}), pytest.raises(SystemExit):
        ipvs_info.main()
    result = json.loads(capsys.readouterr().out)
    reasons = (
        "this kernel has no IPVS: load the module ip_vs (modprobe ip_vs)",
        "IPVS is read and changed with CAP_NET_ADMIN",
    )
    assert "services" in result or result["msg"].startswith(reasons)
