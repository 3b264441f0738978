# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What preview says of a request is what the real Nginx does with it."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from inventory import model_of, with_changes
from nginx_served import Served

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.build import build
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.asked import asked
from ansible_collections.vipstack.lvs.plugins.plugin_utils._preview.request import told

Tree = dict[str, Any]
NET = "192.0.2.0/24"
ACTIONS = st.sampled_from(
    [
        {"redirect": "https://www.example.com"},
        {"redirect": "https://$host/new$is_args$args"},
        {"redirect": "/there/$arg_v"},
        {"redirect": {"host": "www.example.com", "status": 308}},
        {"redirect": {"path": "/new$request_uri", "status": 302}},
        {"rewrite": {"strip": True}},
        {"rewrite": {"add": "/v1"}},
        {"rewrite": {"strip": True, "add": "/v1/"}},
        {"rewrite": {"pattern": "^/a/(b?)(.*)$", "to": "/$2/$1x/$http_x_kind"}},
        {"rewrite": {"pattern": "b", "to": "/x?y=$1&z=$cookie_kind"}},
        {"rewrite": {"pattern": "a", "to": "/x?"}},
        {"answer": {"body": "$request_method of $scheme://$http_host$request_uri"}},
        {"answer": 404},
        {},
    ]
)
ROUTES = st.builds(
    lambda where, action, access: {**where, **action, **access},
    st.sampled_from(
        [{"path": "/a"}, {"path": "/a", "methods": ["POST"]}, {"path": "/a/b"}, {"headers": {"X-Kind": "1"}}]
    ),
    ACTIONS,
    st.sampled_from(
        [
            {},
            {},
            {"allow": ["192.0.2.0/24"]},
            {"deny": ["192.0.2.0/28"]},
            {"allow": ["192.0.2.0/24"], "deny": ["192.0.2.1"]},
        ]
    ),
)
TARGETS = ["/", "/a", "/a/b?v=1&w", "/a/b/%20c%25", "/a//b/../b?x=%20", "/a/%C3%A4?kind=2", "/c?v=%61"]
REQUESTS = st.tuples(
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(TARGETS),
    st.sampled_from([{}, {"X-Kind": "1"}, {"X-Kind": "1", "Cookie": "a=b; kind=c"}]),
    st.sampled_from(["example.com", "Example.COM:81", "other.example"]),
    st.sampled_from(["192.0.2.1", "192.0.2.9", "192.0.2.99", "10.0.0.1"]),
)


def done(model: Any, method: str, target: str, headers: Tree, client: str) -> str:
    """The line that says what is done with a request."""
    lines = [
        line.strip() for line in told(model, asked("%s http://x%s" % (method, target), headers, client)).splitlines()
    ]
    return next(line for line in lines if line.startswith(("no answer", "redirect", "answer", "upstream")))


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(listed=st.lists(ROUTES, min_size=1, max_size=4), sent=st.lists(REQUESTS, min_size=12, max_size=12))
def test_nginx_does_what_preview_says(nginx: Served, listed: list[Tree], sent: list[Any]) -> None:
    site = {"server_names": ["example.com"], "upstream": "app", "default": False, "routes": listed}
    tree = {"lvs_nginx_sites.www": site, "lvs_nginx_upstreams.app.servers": ["127.0.0.1:9001"]}
    assume(build(with_changes(tree)).model is not None)
    nginx.site(tree)
    model = model_of(with_changes(tree))
    for method, target, headers, host, client in sent:
        said = done(model, method, target, {"Host": host, **headers}, client)
        answer = nginx.ask(target, method=method, host=host, headers=list(headers.items()), source=client)
        if answer.status == 0:
            got = "no answer: the connection is %s" % answer.error
        elif answer.header("Location"):
            got = "redirect %d to %s" % (answer.status, answer.header("Location"))
        elif answer.body.startswith("{"):
            got = "upstream app: %s %s" % (answer.seen.method, answer.seen.target)
        elif answer.status == 200:
            got = "answer 200: %r" % answer.body
        elif answer.status == 403:
            got = "answer 403: allow and deny keep the client out"
        else:
            got = "answer %d: Nginx's own page" % answer.status
        assert got == said, (method, target, headers, host, client, listed)
