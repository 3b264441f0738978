# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What verify can find of real servers: a part of the catalogue."""

from __future__ import annotations

from .kinds import ERROR, SITE, WARNING, Kind

REAL_SERVERS: dict[str, Kind] = {
    "real_server_answers_arp": Kind(
        ERROR,
        "A real server answers ARP for the VIP: clients reach it directly, past the director.",
        "sysctl -a | grep -E 'arp_(ignore|announce)'; ip -br address",
        "Run site.yml for this host: silent first, then the VIP on lo only.",
    ),
    "arp_sysctls_lost": Kind(
        ERROR,
        "ARP silence is not set: the real server may answer for the VIP at any time.",
        "sysctl -a | grep -E 'arp_(ignore|announce)'; grep -r arp_ /etc/sysctl.d",
        "Remove the setting that overrides ours, then " + SITE + ".",
    ),
    "vip_missing_on_lo": Kind(
        ERROR,
        "The VIP is not on the real server: it drops every packet that the director hands on.",
        "ip address show lo; systemctl status vipstack-lvs-vips",
        "systemctl restart vipstack-lvs-vips, or run site.yml for this host.",
    ),
    "vip_prefix_wrong": Kind(
        ERROR,
        "The VIP on lo has a prefix of its own network: the real server takes the whole network for itself.",
        "ip address show lo",
        "Remove the address and run site.yml for this host, which adds it with the full prefix.",
    ),
    "vip_on_wire": Kind(
        ERROR,
        "A real server has the VIP on an interface that answers ARP.",
        "ip -br address",
        "ip address del VIP dev INTERFACE, and take it out of the network configuration.",
    ),
    "tunnel_missing": Kind(
        ERROR,
        "The interface that takes off the tunnel's header is not there: the real server drops what directors send.",
        "ip -d link; systemctl status vipstack-lvs-forward",
        "systemctl restart vipstack-lvs-forward, or run site.yml for this host.",
    ),
    "way_back_wrong": Kind(
        ERROR,
        "Answers of NAT do not go through the director that holds the VIP: clients do not know their sender.",
        "ip rule; ip route show table 11200; systemctl status vipstack-lvs-forward",
        "systemctl restart vipstack-lvs-forward, or run site.yml for this host.",
    ),
    "nginx_not_answering": Kind(
        ERROR,
        "Nginx does not answer at its health address.",
        "curl -i http://ADDRESS/lvs-health; journalctl -u nginx; /var/log/nginx/error.log",
        "Start or reload Nginx; where its port is taken, see ss -ltnp.",
    ),
    "tls_not_answering": Kind(
        ERROR,
        "A site does not answer over TLS.",
        "openssl s_client -connect ADDRESS:443 -servername NAME; /var/log/nginx/error.log",
        "Reload Nginx; its log names a certificate or a key that it cannot use.",
    ),
    "certificate_missing": Kind(
        ERROR,
        "No certificate has come yet: a site or stream shows what stands in for one, which no client trusts.",
        "openssl s_client -connect ADDRESS:443 -servername NAME | openssl x509 -noout -issuer -dates",
        "Run certificates.yml, which says why none comes.",
    ),
    "certificate_expires": Kind(
        WARNING,
        "The certificate that a site or a stream shows expires within 30 days.",
        "openssl s_client -connect ADDRESS:443 -servername NAME | openssl x509 -noout -dates",
        "Put a new one where lvs_certificates names it and run site.yml; one that is on nodes needs a reload.",
    ),
    "certificate_expires_now": Kind(
        ERROR,
        "The certificate that a site or a stream shows expires within 7 days, or has expired.",
        "openssl s_client -connect ADDRESS:443 -servername NAME | openssl x509 -noout -dates",
        "As before, at once: browsers refuse an expired certificate.",
    ),
}
