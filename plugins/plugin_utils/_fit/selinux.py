# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SELinux keeps the daemons from, by the policy that Enterprise Linux has and what was changed in it there.

A boolean that the policy does not have says nothing: it is then another policy.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator

from .._model.checks import kind_of, port_of
from .._model.shape import Director, HostSlice
from .._model.shape_nginx import Nginx
from .shape import HostFacts, Problem
from .system import ports

# TCP ports of the types http_port_t and http_cache_port_t.
HTTP = frozenset({80, 81, 443, 488, 8008, 8009, 8443, 9000})
HTTP_CACHE = frozenset({8080, 8118, 8123, *range(10001, 10011)})
# Where Nginx may connect with httpd_can_network_relay.
RELAY = HTTP | HTTP_CACHE
NGINX, KEEPALIVED = "httpd_t", "keepalived_t"


def problems(mine: HostSlice, facts: HostFacts) -> list[Problem]:
    policy = _policy(facts)
    if not policy:
        return []
    found: list[Problem] = []
    if mine["nginx"] and NGINX not in policy["permissive"]:
        found += [*_connects(mine["nginx"], policy["booleans"]), *_listens(mine, facts, policy)]
    if mine["director"] and KEEPALIVED not in policy["permissive"]:
        found += _checks(mine["director"], policy["booleans"])
    return found


def notes(mine: HostSlice, facts: HostFacts) -> list[str]:
    """What may be, as the policy could be somebody's own."""
    policy = _policy(facts)
    if not policy or not mine["director"] or KEEPALIVED in policy["permissive"]:
        return []
    words = (
        "SELinux is enforcing: Keepalived may not read /var/lib/vipstack-lvs and /run/vipstack-lvs.handover, so drains,"
    )
    return [
        words + " weights and the handover have no effect; semanage permissive -a keepalived_t, or a policy of your own"
    ]


def _policy(facts: HostFacts) -> dict[str, Any]:
    return facts.get("selinux_policy", {}) if facts.get("selinux") == "enforcing" else {}


def _connects(nginx: Nginx, booleans: dict[str, bool]) -> Iterator[Problem]:
    asked = {server["port"] for upstream in nginx["upstreams"] for server in upstream["servers"]}
    allowed = asked <= RELAY and booleans.get("httpd_can_network_relay")
    if asked and booleans.get("httpd_can_network_connect") is False and not allowed:
        yield _boolean("httpd_can_network_connect", "Nginx reaches no server of an upstream")


def _listens(mine: HostSlice, facts: HostFacts, policy: dict[str, Any]) -> Iterator[Problem]:
    """A port that Nginx has already is one that it may have."""
    if "httpd_can_network_connect" not in policy["booleans"]:
        return
    held = facts.get("ports", {})
    for port in ports(mine):
        given = any(low <= port <= high for low, high in policy["http_ports"])
        if port not in RELAY and not given and held.get(str(port)) != "nginx":
            words = "not one that SELinux lets Nginx listen on"
            wanted = "of the type http_port_t: semanage port -a -t http_port_t -p tcp %d" % port
            yield Problem("port %d" % port, words, wanted + " (-m where the port has another type)")


def _checks(director: Director, booleans: dict[str, bool]) -> Iterable[Problem]:
    asked = {
        port_of(service["check"], server)
        for service in director["services"]
        if kind_of(service["check"]).speaks == "tcp"
        for server in service["real_servers"]
    }
    if asked - HTTP and booleans.get("keepalived_connect_any") is False:
        what = "checks of port %d fail" % min(asked - HTTP)
        yield _boolean("keepalived_connect_any", what)


def _boolean(name: str, why: str) -> Problem:
    return Problem("the SELinux boolean " + name, "off, so %s" % why, "on: setsebool -P %s on" % name)
