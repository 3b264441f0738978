# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client writes does not become a second request or a header of our own, on the real Nginx."""

from __future__ import annotations

import base64

from nginx_served import Served

from ansible_collections.vipstack.lvs.plugins.plugin_utils._model.nginx_variables import DECODED, NAMES

EVIL = "\r\nX-Evil: 1\r\nX-Rest: "
QUOTED = "%0d%0aX-Evil:%201%0d%0aX-Rest:%20"
FAMILIES = ["arg_v", "cookie_c", "http_x_sent", "http_authorization"]


def test_no_variable_in_a_header_brings_a_header_of_the_client(nginx: Served) -> None:
    """Of all that the model takes there; what Nginx decodes is refused."""
    names = sorted(NAMES - {*DECODED, "lvs_site", "lvs_route", "lvs_port"}) + FAMILIES
    values = {"X-V%d" % number: "$" + name for number, name in enumerate(names)}
    redirect = "/to/$host/$request_uri/$args/$arg_v/$cookie_c/$http_x_sent"
    nginx.site(
        {
            "lvs_nginx_sites.www": {
                "upstream": "app",
                "request_headers": {"set": values},
                "response_headers": {"set": values},
                "routes": [{"path": "/moved", "redirect": redirect}],
            }
        }
    )
    user = base64.b64encode(("me%s:secret" % EVIL).encode()).decode()
    sent = [("Authorization", "Basic " + user), ("Cookie", "c=" + QUOTED), ("X-Sent", QUOTED)]
    for path in ("/", "/moved/"):
        answer = nginx.ask(path + QUOTED + "?v=" + QUOTED, headers=sent, method="POST", body=EVIL)
        assert answer.status in (200, 301)
        assert answer.all("X-Evil") == []
    (seen,) = nginx.seen()
    assert (seen.all("X-Evil"), seen.header("X-V%d" % names.index("host"))) == ([], "example.com")
