# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site that the model chooses is the one that the real Nginx chooses, whatever names there are."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from inventory import model_of, with_changes
from nginx_served import Request, Served

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.server_names import chosen

Tree = dict[str, Any]
LABELS = st.sampled_from(["a", "b", "www", "a-1", "A", "_x"])
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
EXPRESSIONS = ["~^a", "~b$", r"~^(www\.)?a\.b$", "~^[^A-Z]+$", "~A", r"~\.", r"~^\D+$", "~(?i)^WWW"]
PATTERNS = st.one_of(
    NAMES,
    NAMES.map(lambda name: "*." + name),
    NAMES.map(lambda name: "." + name),
    NAMES.map(lambda name: name + ".*"),
    st.sampled_from(EXPRESSIONS),
)
SITES = st.fixed_dictionaries(
    {
        "server_names": st.lists(PATTERNS, max_size=4, unique_by=str.lower),
        "ports": st.sampled_from([[80], [8081], [80, 8081]]),
    },
    optional={"default": st.booleans(), "aliases": st.lists(PATTERNS, max_size=2, unique_by=str.lower)},
)
# As a client may write it: other letters, a dot behind it, its port.
HOSTS = st.tuples(NAMES, st.booleans(), st.sampled_from(["", "."]), st.sampled_from(["", ":80", ":1"]))


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(drawn=st.lists(SITES, min_size=1, max_size=5), hosts=st.lists(HOSTS, min_size=30, max_size=30))
def test_nginx_takes_the_site_that_the_model_says(nginx: Served, drawn: list[Tree], hosts: list[Any]) -> None:
    sites = {"s%d" % index: {**one, "routes": [{"answer": {"body": "s%d" % index}}]} for index, one in enumerate(drawn)}
    changes = {"lvs_virtual_services.web.ports": [80, 8081], "lvs_nginx_sites": sites}
    used = {port for one in drawn for port in one["ports"]}
    changes["lvs_virtual_services.web.ports"] = sorted(used)
    assume(build(with_changes(changes)).model is not None)
    nginx.site(changes)
    told: Any = model_of(with_changes(changes))["hosts"]["web1"]["nginx"]["sites"]
    asked, wanted = [], []
    for name, capitals, dot, behind in hosts:
        written = name.upper() if capitals else name
        for port in sorted(used):
            found = chosen(told, port, written + dot)
            asked.append(Request(host=written + dot + behind, port=port))
            wanted.append((0, "") if found is None else (301, "") if found.alias else (200, told[found.place]["name"]))
    answers = nginx.ask_many(asked)
    for request, want, answer in zip(asked, wanted, answers):
        got = (answer.status, "" if answer.status == 301 else answer.body)
        assert got == want, (request.host, request.port, drawn)


def test_the_more_exact_name_goes_first(nginx: Served) -> None:
    """Exact, longest in front, longest behind, first expression, default: whatever the sites are called."""
    names = [["a.www.b"], ["*.www.b"], ["*.b"], ["a.*"], ["a.www.*"], ["~^x"], ["~^xy"], []]
    sites = {
        "s%d" % (9 - index): {"server_names": one, "routes": [{"answer": {"body": "s%d" % (9 - index)}}]}
        for index, one in enumerate(names)
    }
    nginx.site({"lvs_nginx_sites": sites})
    hosts = ["a.www.b", "z.www.b", "a.z.b", "a.www.z.b", "a.z", "a.www.z", "xy", "xa", "b"]
    got = [nginx.ask(host=host).body for host in hosts]
    assert got == ["s9", "s8", "s7", "s7", "s6", "s5", "s3", "s4", "s2"]
