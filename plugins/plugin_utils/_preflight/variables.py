# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the roles: what each may be, looked at before any host is changed. Pure."""

from __future__ import annotations

import difflib
import re
from typing import Any, Iterator, Mapping

from .._fit.shape import Problem
from .._model.fields import REQUIRED, Field, choice, switch, whole
from .._model.read import Reader
from .._model.said import shown

# A name that resembles one of ours as much as this is a typing error; other roles have names like nginx_… as well.
ALIKE = 0.93
_STATE = choice("", REQUIRED, "present", "latest")

FIELDS: dict[str, Field] = {
    "certificates_strict": switch("", None),
    "director_package_state": _STATE,
    "director_log_weeks": whole("", REQUIRED, 1, 520),
    "director_static_purge": switch("", None),
    "host_look": switch("", None),
    "keepalived_package_state": _STATE,
    "keepalived_garp_refresh": whole("", REQUIRED, 0, 86400),
    "keepalived_realtime_priority": whole("", REQUIRED, 0, 99),
    "nginx_worker_connections": whole("", REQUIRED, 64, 262144),
    "nginx_worker_shutdown_timeout": whole("", REQUIRED, 0, 604800),
    "nginx_keepalive_timeout": whole("", REQUIRED, 0, 86400),
    "nginx_client_timeout": whole("", REQUIRED, 1, 86400),
    "nginx_proxy_connect_timeout": whole("", REQUIRED, 1, 75),
    "nginx_proxy_read_timeout": whole("", REQUIRED, 1, 604800),
    "nginx_proxy_send_timeout": whole("", REQUIRED, 1, 604800),
    "nginx_proxy_next_upstream_tries": whole("", REQUIRED, 0, 1000),
    "nginx_proxy_next_upstream_timeout": whole("", REQUIRED, 0, 604800),
    "nginx_package_state": _STATE,
    "preflight_output": choice("", REQUIRED, "text", "json", "none"),
    "verify_output": choice("", REQUIRED, "table", "json", "none"),
    "verify_strict": switch("", None),
}
# Texts: what matches, and how to say so.
TEXTS = {
    "nginx_worker_processes": (r"auto|[1-9][0-9]{0,3}", "auto or a number, 1-9999"),
    "nginx_client_max_body_size": (r"[0-9]{1,12}[kKmMgG]?", "a size like 16m; 0 for no limit"),
    "nginx_node_header": (r"[A-Za-z0-9-]*", "the name of a header, or empty"),
    "nginx_sorry_page": (r".*", "the path of a template, or empty"),
    "preflight_result": (r".*", "the path of a file, or empty"),
    "verify_result": (r".*", "the path of a file, or empty"),
}
LISTS = {"keepalived_global_extra": "a list of lines for global_defs"}
DICTS = {"topology_canary": "a dict {SITE: percent}"}
NAMES = frozenset({*FIELDS, *TEXTS, *LISTS, *DICTS})
_PREFIXES = tuple(sorted({name.partition("_")[0] + "_" for name in NAMES}))


def is_ours(name: str) -> bool:
    """Whether a variable is a role's, or could be meant for one."""
    return name.startswith(_PREFIXES)


def problems(given: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with the variables of one host; those of others are left alone."""
    return [problem for name in sorted(given) if is_ours(name) for problem in _of(name, given[name])]


def _of(name: str, value: Any) -> Iterator[Problem]:
    if name in FIELDS:
        reader = Reader()
        reader.read(FIELDS[name], value, name)
        for mistake in reader.mistakes:
            found, _sep, wanted = mistake.message[len(name) + len(" is ") :].partition("; must be ")
            yield Problem(name, found, wanted)
    elif name in TEXTS:
        pattern, wanted = TEXTS[name]
        scalar = isinstance(value, (str, int)) and not isinstance(value, bool)
        if not scalar or not re.fullmatch(pattern, str(value)):
            yield Problem(name, shown(value), wanted)
    elif name in LISTS:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            yield Problem(name, shown(value), LISTS[name])
    elif name in DICTS:
        if not isinstance(value, Mapping):
            yield Problem(name, shown(value), DICTS[name])
    else:
        near = difflib.get_close_matches(name, sorted(NAMES), n=1, cutoff=ALIKE)
        if near:
            yield Problem(name, "no variable of a role", "%s, or another name" % near[0])
