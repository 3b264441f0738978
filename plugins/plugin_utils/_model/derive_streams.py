# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams of the model from those of the inventory, and the virtual services that they bring themselves."""

from __future__ import annotations

from typing import Any, Mapping, cast

from .derive_routes import raw
from .normal import ClusterInput, StreamInput
from .read import Reader
from .schema import SERVICE
from .shape_streams import Stream, StreamSettings
from .view import ClusterView

IDLE: Mapping[str, float] = {"tcp": 600, "udp": 30}
OF_STREAMS = "stream"  # the protocol of their upstreams


def streams(view: ClusterView, brought: Mapping[str, set[int]]) -> list[Stream]:
    """By name, on the ports that services bring to a host. ``brought``: ports by protocol."""
    found = []
    for name, given in sorted((view.data["streams"] or {}).items()):
        ports = sorted(port for port in given["ports"] if port in brought[given["protocol"]])
        if ports and given["by"] == "stream":
            found.append(_stream(name, given, ports))
    return found


def _stream(name: str, given: StreamInput, ports: list[int]) -> Stream:
    as_given = cast("dict[str, Any]", given)
    settings = cast(StreamSettings, {key: as_given[key] for key in StreamSettings.__annotations__})
    return {
        **settings,
        "ports": ports,
        "names": {key.lower(): upstream for key, upstream in sorted(given["names"].items())},
        "idle_timeout": IDLE[given["protocol"]] if given["idle_timeout"] is None else given["idle_timeout"],
        "name": name,
        "extra": raw("lvs_nginx_streams.%s.extra" % name, given["extra"]),
    }


def used(passed: list[Stream]) -> set[str]:
    """The upstreams of streams."""
    return {name for one in passed for name in (one["upstream"], *one["names"].values()) if name}


def add_services(reader: Reader, cluster: ClusterInput) -> None:
    """Each stream with a VIP gets a virtual service for those of its ports that no service has there."""
    services, upstreams = cluster["virtual_services"], cluster["upstreams"] or {}
    if services is None:
        return
    owned: set[tuple[str | None, str, int]] = {
        (service["vip"], service["protocol"], port) for service in services.values() for port in service["ports"] or ()
    }
    for name, given in sorted((cluster["streams"] or {}).items()):
        vip, ports = given["vip"], given["ports"] or []
        lacking = [port for port in dict.fromkeys(ports) if (vip, given["protocol"], port) not in owned]
        if vip not in (cluster["vips"] or ()) or not given["protocol"] or not lacking:
            continue
        path = "lvs_nginx_streams." + name
        if name in services:
            what = "is given, but lvs_virtual_services.%s is there without port %d; give it the port, or the stream "
            reader.wrong(path + ".vip", (what + "another name") % (name, lacking[0]))
            continue
        made: dict[str, Any] = {"vip": vip, "ports": lacking, "protocol": given["protocol"]}
        upstream = upstreams.get(given["upstream"] or "")
        if given["by"] == "lvs" and upstream and upstream["group"]:
            made.update(pool=upstream["group"])
        services[name] = reader.read(SERVICE, made, path)
        owned.update((vip, given["protocol"], port) for port in lacking)
