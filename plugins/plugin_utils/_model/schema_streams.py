# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about streams, as data: TCP and UDP that Nginx passes on without looking into it."""

from __future__ import annotations

from .fields import REQUIRED, Field, choice, many, number, switch, table, text, whole

STREAM_TLS = table(
    "Nginx ends TLS; the servers get what is in it; from Nginx 1.21.2 on. A single word sets `certificate`.",
    None,
    "certificate",
    certificate=Field(
        "list",
        "Names in `lvs_certificates`: one, or one for each kind of key.",
        of=text("", REQUIRED, "name"),
        least=1,
        short="item",
    ),
    authority=text(
        "A name in `lvs_certificates`: who has issued the certificates that clients have to show.",
        None,
        "name",
        "clients need none",
    ),
    alpn=many(
        "Protocols inside of TLS that are offered to clients, such as `mqtt`; from Nginx 1.21.4 on.",
        [],
        text("", REQUIRED, "alpn"),
    ),
)

STREAM = table(
    "A stream: connections of TCP, or packets of UDP, that Nginx passes on.",
    ports=many("Ports that it listens on where a service brings them.", REQUIRED, whole("", REQUIRED, 1, 65535), 1),
    protocol=choice("Transport protocol.", "tcp", "tcp", "udp"),
    vip=text(
        "A name in `lvs_vips`: ports that no virtual service of this VIP has get one, with the name of the stream.",
        None,
        "name",
        "virtual services that you write bring the ports",
    ),
    by=choice(
        "`stream`: through Nginx of the real servers. `lvs`: past it, as the hosts of the upstream's `group` are real "
        "servers themselves.",
        "stream",
        "stream",
        "lvs",
    ),
    upstream=text(
        "A name in `lvs_nginx_upstreams`, with `protocol: stream`.",
        None,
        "name",
        "none: who asks for none of `names` is sent away",
    ),
    names=Field(
        "map",
        "Upstreams by the name that a client asks for in TLS (SNI), with `*.` or `.*` at one end. Without `tls` all "
        "goes to the servers as it came.",
        {},
        of=text("", REQUIRED, "name"),
        form="server_name",
    ),
    tls=STREAM_TLS,
    proxy_protocol=switch(
        "Clients come through the proxies of `lvs_trusted_proxies`, which tell their addresses by the PROXY protocol.",
        False,
    ),
    send_proxy=switch("The servers are told the client's address by the PROXY protocol, version 1.", False),
    connect_timeout=number("Time to connect to a server.", 2, 0.1, 75, "s"),
    idle_timeout=number(
        "Time without a byte in either direction after which the connection is closed.",
        None,
        0.1,
        7 * 86400,
        "s",
        "600; with UDP 30",
    ),
    tries=whole("Servers that one connection may try; 1: no other one.", 2, 1, 100),
    responses=whole(
        "Packets with which a server answers one of a client, as 1 of DNS; then its place is free at once. UDP only.",
        None,
        0,
        10**6,
        otherwise="not known",
    ),
    half_close=switch("One side may end while the other goes on; from Nginx 1.21.4 on.", False),
    allow=many("Networks of clients that may come; none: all but those of `deny`.", [], Field("listed_network")),
    deny=many("Networks that may not. The longest network that has the client decides.", [], Field("listed_network")),
    connections=whole("Connections of one client address at a time, on each node.", None, 1, 65535, "", "no limit"),
    upload=Field("size", "Bytes in a second that are read of a client, for each connection.", None, otherwise="all"),
    download=Field("size", "Bytes in a second that it gets, likewise.", None, otherwise="all"),
    log=switch("Connections are logged, in `/var/log/nginx/streams.log`.", True),
    extra=many("Raw lines for Nginx in its block, each of whole directives.", [], Field("raw")),
)
