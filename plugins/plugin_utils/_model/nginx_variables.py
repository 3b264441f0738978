# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that Nginx 1.18 to 1.26 has, so that a wrong name is found before Nginx sees it.

Source: the index of variables at nginx.org, of the modules that Debian builds in. Variables of logs are none of these.
"""

from __future__ import annotations

import re

# What stands behind these is a name of a header, a cookie or an argument.
_FAMILIES = re.compile(
    r"(?:http|sent_http|sent_trailer|upstream_http|upstream_trailer|upstream_cookie|cookie|arg)_[a-z0-9_]+",
    re.IGNORECASE,
)
_OTHERS = """
    args binary_remote_addr body_bytes_sent bytes_sent connection connection_requests content_length content_type
    document_root document_uri host hostname https is_args limit_conn_status limit_rate limit_req_status lvs_port
    lvs_route lvs_side lvs_site msec nginx_version pid pipe proxy_add_x_forwarded_for proxy_host proxy_port
    proxy_protocol_addr proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port query_string
    realip_remote_addr realip_remote_port realpath_root remote_addr remote_port remote_user request request_body
    request_completion request_filename request_id request_length request_method request_time request_uri scheme
    server_addr server_name server_port server_protocol ssl_cipher ssl_client_escaped_cert ssl_client_fingerprint
    ssl_client_i_dn ssl_client_s_dn ssl_client_serial ssl_client_verify ssl_protocol ssl_server_name
    ssl_session_reused status tcpinfo_rtt time_iso8601 time_local upstream_addr upstream_bytes_received
    upstream_bytes_sent upstream_cache_status upstream_connect_time upstream_header_time upstream_response_length
    upstream_response_time upstream_status uri
"""
NAMES = frozenset(_OTHERS.split())
# What Nginx has decoded. A new line in it would end a header, and the next one would be the client's. In small letters,
# with what to write instead.
DECODED = {
    "uri": "use $request_uri",
    "document_uri": "use $request_uri",
    "request_filename": "use $request_uri",
    "request_body": "leave it out",
    "remote_user": "use $http_authorization",
}


def names_variable(text: str) -> bool:
    """Whether a text that was read as one with variables has any."""
    return "$" in text


def is_variable(name: str) -> bool:
    """Whether Nginx has a variable of a name, which stands here without its $."""
    return name in NAMES or bool(_FAMILIES.fullmatch(name))
