# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings of one host by itself: reachable, its interface, units, files, sysctls, VIPs on lo, Nginx, firewall,
clock. Pure."""

from __future__ import annotations

import time
from typing import Iterator, Sequence

from ...module_utils._host.silent_vips import arp_sysctls
from ...module_utils._ipvs.text import endpoint
from .._firewall.plan import plan
from .._live import clocks
from .._live.director_table import title
from .._live.inspect_request import KEEPALIVED, NGINX, nginx_sysctls, normalised, wanted_sysctls
from .._live.observed import FAILED, UNREACHABLE, ObservedHost
from .._live.shown import shown
from .._model.view import OPEN
from .catalogue import Finding

# Parts whose failure says something of its own, elsewhere.
_JUDGED = frozenset({"ipvs", "keepalived_test", "nginx_test", "drained", "handover"})
# Days before a certificate expires: somebody should look, and has to.
WARN_DAYS, LAST_DAYS = 30, 7
_AT_BOOT = frozenset({"enabled", "enabled-runtime", "static", "alias", "linked", "indirect", "generated"})


def of_host(host: ObservedHost) -> Iterator[Finding]:
    if host.status == UNREACHABLE:
        yield Finding("unreachable", (host.name,), host.observation["message"], "reachable")
    elif host.status == FAILED:
        yield Finding("inspection_failed", (host.name,), host.observation["message"], "can be looked at")
    else:
        for look in (
            _parts,
            _interface,
            _units,
            _files,
            _tests,
            _steering,
            _sysctls,
            _vips_of_real_server,
            _tunnels,
            _ways,
            _vips_of_director,
            _nginx,
            _tls,
            _firewall,
            _marks,
            _clock,
        ):
            yield from look(host)


def _parts(host: ObservedHost) -> Iterator[Finding]:
    for name, error in host.broken_parts():
        if name not in _JUDGED:
            yield Finding("inspection_incomplete", (host.name,), "%s: %s" % (name, error), "%s is readable" % name)
    if host.runs(KEEPALIVED):
        for error in (host.keepalived or {}).get("errors", ()):
            yield Finding("inspection_incomplete", (host.name,), error, "Keepalived tells its state")


def _steering(host: ObservedHost) -> Iterator[Finding]:
    """The files by which a director is told what to do; what they do not say is not guessed."""
    for part, code in (("drained", "drain_unreadable"), ("handover", "handover_unreadable")):
        error = host.error(part)
        # Without a Keepalived there is no handover; it makes the file when it starts.
        if error is not None and (part == "drained" or host.runs(KEEPALIVED) is not False):
            yield Finding(code, (host.name,), error, "it is readable")
    if host.part("handover") == 1 and host.runs(KEEPALIVED):
        yield Finding("handover_left", (host.name,), "it is about to stop", "0 in /run/vipstack-lvs.handover")


def _interface(host: ObservedHost) -> Iterator[Finding]:
    links = host.links
    if links is None:
        return
    name = host.slice["interface"]
    path = "lvs_interface of %s" % host.name
    link = next((one for one in links if one["name"] == name), None)
    if link is None and name == OPEN:
        words = "%s is nowhere on this host" % host.slice["address"]
        yield Finding("address_missing", (host.name,), words, "it is on an interface", "lvs_address of " + host.name)
        return
    if link is None:
        there = ", ".join(one["name"] for one in links if not one["loopback"]) or "no interface"
        yield Finding("interface_missing", (host.name,), "it has %s" % there, "it has %s" % name, path)
        return
    if not link["up"] or link["operstate"] in ("down", "lowerlayerdown"):
        state = "%s is %s" % (name, link["operstate"] if link["up"] else "down")
        yield Finding("interface_down", (host.name,), state, "%s is up" % name, path)
    for variable, address in (("lvs_address", host.slice["address"]), ("lvs_address6", host.slice["address6"])):
        places = [one["name"] for one in links for found in one["addresses"] if found["address"] == address]
        if address and name not in places:
            words = "%s is %s" % (address, "on %s" % ", ".join(places) if places else "nowhere on this host")
            path = "%s of %s" % (variable, host.name)
            yield Finding("address_missing", (host.name,), words, "%s on %s" % (address, name), path)


def _units(host: ObservedHost) -> Iterator[Finding]:
    for unit, state in (host.units or {}).items():
        if state["load"] == "not-found":
            yield Finding("service_not_running", (host.name,), "%s is not installed" % unit, "%s is active" % unit)
        elif not host.runs(unit):
            words = "%s is %s (%s)" % (unit, state["active"], state["result"] or state["sub"])
            words += ": %s" % state["log"] if state.get("log") else ""
            yield Finding("service_not_running", (host.name,), words, "%s is active" % unit)
        elif state["enabled"] not in _AT_BOOT:
            words = "%s is %s" % (unit, state["enabled"] or "in no state to be enabled")
            yield Finding("service_not_enabled", (host.name,), words, "%s is enabled" % unit)
        if state.get("outdated"):
            words = "%s runs what was replaced since it started: %s" % (unit, ", ".join(state["outdated"]))
            yield Finding("service_outdated", (host.name,), words, "it runs what is installed")
        if state["restarts"]:
            words = "%s was started again by systemd, %d time%s" % (
                unit,
                state["restarts"],
                "" if state["restarts"] == 1 else "s",
            )
            yield Finding("service_came_back", (host.name,), words, "it runs on")


def _files(host: ObservedHost) -> Iterator[Finding]:
    seen = host.files or {}
    for path, expected in (host.observation.get("expected") or {}).items():
        facts = seen.get(path)
        if facts is None:
            continue
        if facts.get("error"):
            yield Finding(
                "inspection_incomplete", (host.name,), "%s: %s" % (path, facts["error"]), path + " is readable"
            )
        elif expected is None:
            if facts["exists"]:
                yield Finding("config_edited", (host.name,), "%s is there" % path, "the model has no such file")
        elif not facts["exists"]:
            yield Finding("config_edited", (host.name,), "%s is not there" % path, "as the model makes it")
        elif facts["sha256"] != expected["sha256"] and "aged" not in expected:
            yield Finding("config_edited", (host.name,), "%s has another content" % path, "as the model makes it")
        elif facts["mode"] != expected["mode"]:
            words = "%s has mode %s" % (path, facts["mode"])
            yield Finding("config_edited", (host.name,), words, "mode %s" % expected["mode"])


def _tests(host: ObservedHost) -> Iterator[Finding]:
    for name, daemon in (("keepalived_test", "Keepalived"), ("nginx_test", "Nginx")):
        error = host.error(name)
        test = host.part(name)
        if test and not test["ok"]:
            lines = list(dict.fromkeys(test["output"].splitlines()))  # each process of the daemon says the same
            error = "status %d%s" % (test["status"], ": " + "; ".join(lines[:3]) if lines else "")
        if error:
            yield Finding("config_broken", (host.name,), "%s: %s" % (daemon, error), "%s takes its files" % daemon)


def _sysctls(host: ObservedHost) -> Iterator[Finding]:
    seen = host.sysctls or {}
    silence = arp_sysctls(host.real_server["interface"]) if host.real_server else {}
    for name, wanted in wanted_sysctls(host.slice).items():
        if name not in seen:
            continue
        found = seen[name]
        value = None if found is None else normalised(found)
        if value != wanted:
            code = "arp_sysctls_lost" if name in silence else "sysctl_differs"
            words = "%s is not there" % name if value is None else "%s = %s" % (name, value)
            path = "lvs_nginx_limits" if name in nginx_sysctls(host.slice) else "lvs_kernel.sysctls"
            path = "" if name in silence else path
            yield Finding(code, (host.name,), words, "%s = %s" % (name, wanted), path)


def _vips_of_real_server(host: ObservedHost) -> Iterator[Finding]:
    seen = host.vips
    if not host.real_server or seen is None:
        return
    interface = host.real_server["interface"]
    for vip in host.real_server["vips"]:
        places = seen.get(vip["address"], [])
        prefixes = [place["prefix"] for place in places if place["interface"] == interface]
        should = "%s/%d on %s" % (vip["address"], vip["prefix"], interface)
        if not prefixes:
            yield Finding("vip_missing_on_lo", (host.name,), "%s is not on %s" % (vip["address"], interface), should)
        elif vip["prefix"] not in prefixes:
            words = "%s/%d on %s" % (vip["address"], prefixes[0], interface)
            yield Finding("vip_prefix_wrong", (host.name,), words, should)
        for place in places:
            if place["interface"] != interface and not host.director:
                words = "%s/%d is on %s" % (vip["address"], place["prefix"], place["interface"])
                yield Finding("vip_on_wire", (host.name,), words, should + " only")


def _tunnels(host: ObservedHost) -> Iterator[Finding]:
    links = {one["name"]: one for one in host.links or ()}
    for tunnel in host.real_server["tunnels"] if host.real_server and host.links is not None else ():
        name = tunnel["interface"]
        if name not in links or not links[name]["up"]:
            words = "%s is %s" % (name, "down" if name in links else "not there")
            yield Finding("tunnel_missing", (host.name,), words, "%s is up, for %s" % (name, tunnel["address"]))


def _ways(host: ObservedHost) -> Iterator[Finding]:
    found = {(one["address"], one["protocol"], one["port"]): one["gateway"] for one in host.ways or ()}
    for way in host.real_server["ways"] if host.real_server else ():
        for port in way["ports"]:
            key = (way["address"], port["protocol"], port["port"])
            if key in found and found[key] != way["gateway"]:
                what = "answers from %s port %d go %%s" % (port["protocol"].upper(), port["port"])
                words = what % ("through %s" % found[key] if found[key] else "to clients directly")
                yield Finding("way_back_wrong", (host.name,), words, what % ("through %s" % way["gateway"]))


def _vips_of_director(host: ObservedHost) -> Iterator[Finding]:
    handover = host.handover
    seen = host.vips
    if not handover or seen is None or not host.runs(KEEPALIVED):
        return
    for vip in handover["vips"]:
        if handover["interface"] not in [place["interface"] for place in seen.get(vip["address"], [])]:
            words = "%s is not on %s" % (vip["address"], handover["interface"])
            should = "%s/%d on %s" % (vip["address"], vip["prefix"], handover["interface"])
            yield Finding("vip_not_kept", (host.name,), words, should)


def _nginx(host: ObservedHost) -> Iterator[Finding]:
    answer = host.probes.get("nginx")
    # Where the unit does not run, that is the finding.
    if answer is None or host.runs(NGINX) is False:
        return
    if answer["error"] or answer["status"] != 200:
        words = answer["error"] or "status %s" % answer["status"]
        place = "http://%s%s" % (endpoint(answer["address"], answer["port"]), answer["path"])
        yield Finding("nginx_not_answering", (host.name,), "%s: %s" % (place, words), "status 200")


def _tls(host: ObservedHost) -> Iterator[Finding]:
    """What each site and stream shows, whoever brought its certificate."""
    for one in shown(host) if host.runs(NGINX) is not False else ():
        place = "%s %s on port %d" % (one.kind, one.name, one.port)
        if one.error:
            words = "%s: %s" % (place, one.error)
            yield Finding("tls_not_answering", (host.name,), words, "an answer over TLS")
        if one.stand_in:
            words = "%s: no certificate has come yet" % place
            yield Finding("certificate_missing", (host.name,), words, "a certificate that clients trust")
        elif one.expires is not None:
            yield from _expiry(host, place, one.expires)


def _expiry(host: ObservedHost, place: str, expires: int) -> Iterator[Finding]:
    days = (expires - host.observation["asked"]) / 86400
    if days <= WARN_DAYS:
        code = "certificate_expires_now" if days <= LAST_DAYS else "certificate_expires"
        when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(expires))
        words = "%s: its certificate %s at %s" % (place, "expired" if days <= 0 else "expires", when)
        yield Finding(code, (host.name,), words, "more than %d days" % WARN_DAYS)


def _firewall(host: ObservedHost) -> Iterator[Finding]:
    for place in plan(host.slice["firewall"], host.firewall).closed if host.firewall else ():
        words = "%s drops what the stack needs" % place
        yield Finding("firewall_closed", (host.name,), words, "the firewall lets the stack in")


def _marks(host: ObservedHost) -> Iterator[Finding]:
    """Without them IPVS knows no packet of a service whose ports are together."""
    for service in host.director["services"] if host.director and host.marks is not None else ():
        if service["fwmark"] and service["fwmark"] not in (host.marks or ()):
            words = "no packet for %s gets the firewall mark %d" % (title(service), service["fwmark"])
            path = "lvs_virtual_services." + service["service"]
            yield Finding("mark_missing", (host.name,), words, "each packet gets it", path)


def _clock(host: ObservedHost) -> Iterator[Finding]:
    if host.clock and host.clock["synchronised"] is False:
        yield Finding("clock_not_synchronised", (host.name,), "the kernel's clock is not synchronised", "synchronised")


def clocks_apart(hosts: Sequence[ObservedHost]) -> list[Finding]:
    """The hosts whose clocks cannot be the same, against the middle one of all."""
    known = {host.name: bound for host in hosts for bound in [_offset(host)] if bound}
    return [
        Finding("clocks_apart", (name,), words, "the time of %s" % ", ".join(one for one in known if one != name))
        for name, words in clocks.apart(known).items()
    ]


def _offset(host: ObservedHost) -> tuple[float, float] | None:
    asked, answered = host.observation.get("asked"), host.observation.get("answered")
    if not host.clock or asked is None or answered is None:
        return None
    return clocks.bounds(host.clock["epoch"], asked, answered)
