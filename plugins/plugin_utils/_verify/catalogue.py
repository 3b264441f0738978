# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What verify can find: one catalogue of every code, with its severity, where to look and what to do.

docs/verify.md prints this catalogue; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .catalogue_real_servers import REAL_SERVERS
from .kinds import DEGRADED, ERROR, NOTE, SEVERITIES, SITE, WARNING, Kind

CATALOGUE: dict[str, Kind] = {
    # --- hosts
    "unreachable": Kind(
        ERROR,
        "The host does not answer; nothing is known of it.",
        "ansible HOST -m ansible.builtin.ping -vvv",
        "Bring the host or its management network back; check ansible_host and the key.",
    ),
    "inspection_failed": Kind(
        ERROR,
        "The host answers, but it could not be looked at.",
        "ansible-playbook verify.yml -vvv --limit HOST",
        "Python 3.8 or newer and become (root) are needed on the host.",
    ),
    "inspection_incomplete": Kind(
        WARNING,
        "A part of the host could not be read, so that part was not judged.",
        "the reason in the finding",
        "Repair what the reason names, then verify again.",
    ),
    "interface_missing": Kind(
        ERROR,
        "The interface that the model names is not there.",
        "ip -br link",
        "Correct lvs_interface for this host, or the name of the interface.",
    ),
    "interface_down": Kind(
        ERROR,
        "The interface of the service network is down or has no carrier.",
        "ip -br link; journalctl -k",
        "Bring the interface up; look at the cable, the switch port or the virtual machine's network.",
    ),
    "address_missing": Kind(
        ERROR,
        "The host does not have the address that the model gives it on that interface.",
        "ip -br address",
        "Correct lvs_address, lvs_address6 or lvs_interface for this host, or the network configuration.",
    ),
    "service_not_running": Kind(
        ERROR,
        "A unit that has to run does not.",
        "systemctl status UNIT; journalctl -u UNIT -n 50",
        "Remove the cause that the journal names, then systemctl start UNIT.",
    ),
    "service_not_enabled": Kind(
        ERROR,
        "A unit runs now but will not come back at boot.",
        "systemctl is-enabled UNIT",
        "systemctl enable UNIT, or run site.yml.",
    ),
    "service_came_back": Kind(
        WARNING,
        "A unit died and systemd started it again.",
        "journalctl -u UNIT; coredumpctl",
        "Find out why it died; systemctl reset-failed UNIT ends this warning.",
    ),
    "drain_unreadable": Kind(
        ERROR,
        "A file of drains and weights cannot be read or is damaged: nobody knows whether its real server is drained.",
        "/var/lib/vipstack-lvs/weights on the director",
        "The finding says what to remove; then weights.yml, and drain.yml for what has to stay drained.",
    ),
    "handover_unreadable": Kind(
        ERROR,
        "The file that tells Keepalived that it is about to stop cannot be read: a planned stop may lose requests.",
        "/run/vipstack-lvs.handover on the director",
        "echo 0 > /run/vipstack-lvs.handover, as a file of root.",
    ),
    "handover_left": Kind(
        ERROR,
        "Keepalived runs, and is told that it is about to stop: the director takes no VIP.",
        "journalctl -u keepalived",
        "echo 0 > /run/vipstack-lvs.handover",
    ),
    "service_outdated": Kind(
        WARNING,
        "A daemon runs an old version of its program or of a library: an upgrade replaced the file.",
        "grep deleted /proc/PID/maps",
        "Nginx: nginx_restart.yml, without a request that fails. Keepalived: restart it on the backup first.",
    ),
    "config_broken": Kind(
        ERROR,
        "The daemon refuses its own configuration; it goes on with the old one until it is restarted.",
        "keepalived -t; nginx -t",
        "Run site.yml: the model's file replaces the broken one.",
    ),
    "config_edited": Kind(
        ERROR,
        "A file of ours is not what the model makes: edited by hand, or the inventory changed since the last run.",
        "ansible-playbook site.yml --check --diff --limit HOST",
        "Take what the diff shows into the inventory if it is wanted, then run site.yml.",
    ),
    "sysctl_differs": Kind(
        ERROR,
        "A kernel setting is not what the model says.",
        "sysctl NAME; grep -r NAME /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d",
        "Remove the setting that overrides ours, then " + SITE + ".",
    ),
    "firewall_closed": Kind(
        ERROR,
        "A firewall of the host drops what the stack needs: VRRP, clients of the VIP, or the directors' checks.",
        "nft list ruleset; iptables -S; firewall-cmd --list-all-policies",
        "The rules were made anew without ours: " + SITE + ". Open it yourself, and lvs_firewall is none.",
    ),
    "clock_not_synchronised": Kind(
        WARNING,
        "Nothing keeps the host's clock right; logs of several hosts cannot be compared.",
        "timedatectl; chronyc tracking",
        "Run a time service (chrony, systemd-timesyncd); in a container, on its host.",
    ),
    "clocks_apart": Kind(
        ERROR,
        "The clocks of the hosts differ by more than a second.",
        "timedatectl on the hosts named",
        "Let all hosts use the same time servers.",
    ),
    # --- VRRP and VIPs
    "vrid_differs": Kind(
        ERROR,
        "The director uses another virtual router ID than the model: it does not hear its peers.",
        "grep virtual_router_id /etc/keepalived/keepalived.conf",
        "Run site.yml; the VRID is lvs_vips.NAME.vrid, the same for all directors.",
    ),
    "auth_differs": Kind(
        ERROR,
        "Adverts between the directors fail authentication: each ignores the other.",
        "journalctl -u keepalived | grep -i auth",
        "Run site.yml for all directors, so that they have the same auth_pass and the same type.",
    ),
    "wrong_interface": Kind(
        ERROR,
        "Keepalived runs VRRP on another interface than the model says.",
        "grep -w interface /etc/keepalived/keepalived.conf",
        "Run site.yml; correct lvs_interface where the model is wrong.",
    ),
    "vrrp_settings_differ": Kind(
        ERROR,
        "Keepalived runs with other VRRP settings than the model's: edited by hand, or never reloaded.",
        "journalctl -u keepalived; grep -A8 vrrp_instance /etc/keepalived/keepalived.conf",
        "Run site.yml; where the file is right, systemctl reload keepalived.",
    ),
    "vrrp_instance_missing": Kind(
        ERROR,
        "Keepalived does not run an instance of the model.",
        "grep vrrp_instance /etc/keepalived/keepalived.conf; journalctl -u keepalived",
        "Run site.yml; where the file is right, systemctl reload keepalived.",
    ),
    "vrrp_filtered": Kind(
        ERROR,
        "Adverts (IP protocol 112) of one director do not reach another.",
        "tcpdump -ni INTERFACE proto 112 on both; nft list ruleset; iptables -S",
        "Let IP protocol 112 pass between the directors: host firewall, security groups, switch.",
    ),
    "vrid_collision": Kind(
        WARNING,
        "A host that is no director of the cluster sends adverts with the same VRID.",
        "tcpdump -ni INTERFACE proto 112",
        "Give lvs_vips.NAME.vrid a number that is free on this network.",
    ),
    "vip_on_both": Kind(
        ERROR,
        "More than one director holds the VIP: clients reach either, and connections break.",
        "ip -br address on both; journalctl -u keepalived; journalctl -t lvs-notify",
        "Repair what keeps the directors from hearing each other (see the other findings); "
        "where an address was added by hand, remove it.",
    ),
    "vip_on_none": Kind(
        ERROR,
        "No director holds the VIP: the service has an outage.",
        "systemctl status keepalived; journalctl -u keepalived; journalctl -t lvs-notify",
        "Start Keepalived; an instance in FAULT says in the journal what it misses.",
    ),
    "vip_stale": Kind(
        ERROR,
        "A director has the VIP although its Keepalived is not master of it.",
        "ip -br address; journalctl -u keepalived",
        "Remove the address (ip address del), or start Keepalived, which then owns it.",
    ),
    "vip_lost": Kind(
        ERROR,
        "Keepalived is master but the kernel has no such address: somebody removed it.",
        "journalctl -u systemd-networkd -u NetworkManager -u keepalived",
        "Tell the network manager to leave the VIP alone (KeepConfiguration=, unmanaged), then reload Keepalived.",
    ),
    "vip_misplaced": Kind(
        ERROR,
        "A director has the VIP on another interface than the model says.",
        "ip -br address",
        "Remove it there; correct lvs_interface or the VIP's interface where the model is wrong.",
    ),
    "vip_not_kept": Kind(
        WARNING,
        "A director does not have the VIP on lo: while the VIP moves to another one, requests are lost.",
        "ip address show lo; grep -A3 static_ipaddress /etc/keepalived/keepalived.conf",
        "Run site.yml for this host: Keepalived has it from its configuration, and puts it back by itself.",
    ),
    "vip_not_answered": Kind(
        ERROR,
        "A director holds the VIP but nobody on the network gets an answer for it.",
        "ip -br link on the holder; arping -D -I INTERFACE VIP from another host",
        "Look at the holder's link, its switch port and its arp_ignore.",
    ),
    "vip_answered_by_stranger": Kind(
        ERROR,
        "A machine that is not in the cluster answers ARP for the VIP.",
        "ip neighbour; the switch's table of MAC addresses",
        "Find the machine by its MAC and remove the address there, or give the cluster another VIP.",
    ),
    "director_in_fault": Kind(
        DEGRADED,
        "A director cannot take the VIP: its check fails, or what it tracks is down.",
        "runuser -u keepalived_script /usr/libexec/keepalived/lvs-check; journalctl -u keepalived",
        "Repair what the check names; the director comes back by itself.",
    ),
    "flapping": Kind(
        WARNING,
        "An instance changed its state often within ten minutes.",
        "tail /var/log/vipstack-lvs/transitions.log; journalctl -u keepalived",
        "Look for lost adverts: a busy director, a network that drops, too fast an lvs_failover.",
    ),
    # --- real servers
    **REAL_SERVERS,
    # --- the IPVS table
    "ipvs_unreadable": Kind(
        ERROR,
        "The kernel's IPVS table cannot be read.",
        "modprobe ip_vs; lsmod | grep ip_vs",
        "Load ip_vs; a container needs it loaded on its host.",
    ),
    "service_missing": Kind(
        ERROR,
        "The IPVS table lacks a virtual service of the model.",
        "ipvsadm -Ln; journalctl -u keepalived",
        "Keepalived does not repair its table: systemctl restart keepalived on the backup first; "
        "with a static table run site.yml.",
    ),
    "service_extra": Kind(
        ERROR,
        "The IPVS table has a virtual service for one of our VIPs that the model does not know.",
        "ipvsadm -Ln",
        "ipvsadm -D it, or write it into lvs_virtual_services.",
    ),
    "service_differs": Kind(
        ERROR,
        "A virtual service has another scheduler, flags or persistence than the model.",
        "ipvsadm -Ln --persistent-conn; ipvsadm -Sn",
        "Run site.yml; where nothing changes, restart Keepalived on the backup first.",
    ),
    "destination_missing": Kind(
        ERROR,
        "The IPVS table lacks a real server of the model.",
        "ipvsadm -Ln; journalctl -u keepalived",
        "Somebody took it out past Keepalived, which does not notice: add it again with ipvsadm -a, "
        "or restart Keepalived on the backup first.",
    ),
    "mark_missing": Kind(
        ERROR,
        "Packets of a service whose ports are together get no firewall mark, so IPVS does not know them.",
        "nft list table inet vipstack_lvs_marks; systemctl status vipstack-lvs-marks",
        "systemctl restart vipstack-lvs-marks, or run site.yml for this host.",
    ),
    "destination_extra": Kind(
        ERROR,
        "The IPVS table has a destination that the model does not know.",
        "ipvsadm -Ln",
        "ipvsadm -d it, or put the host into the pool.",
    ),
    "destination_differs": Kind(
        ERROR,
        "A destination has another forwarding method or other thresholds than the model.",
        "ipvsadm -Ln --thresholds",
        "Run site.yml; where nothing changes, restart Keepalived on the backup first.",
    ),
    "weight_differs": Kind(
        ERROR,
        "A destination has another weight than the model, and no check is the reason.",
        "ipvsadm -Ln",
        "Run site.yml; where nothing changes, set it by ipvsadm -e or restart Keepalived on the backup first.",
    ),
    "destination_dead": Kind(
        ERROR,
        "A real server gets new connections although it does not answer the director.",
        "curl the health address from the director; journalctl -u keepalived",
        "Repair the real server or the way to it. With Keepalived as the owner: a check that cannot even be made "
        "(no route) is tried for ever and takes nothing out.",
    ),
    "tables_differ": Kind(
        ERROR,
        "The directors' tables are not the same: after a failover clients would meet another pool.",
        "ipvsadm -Ln on both; curl the health address from both",
        "A check that fails on one director only is a broken path from there: see its routes and firewall.",
    ),
    "service_down": Kind(
        ERROR,
        "No real server of a virtual service gets new connections.",
        "ipvsadm -Ln; curl the health address of the real servers",
        "Bring at least one real server back, or undrain one.",
    ),
    "service_on_sorry_server": Kind(
        DEGRADED,
        "All real servers are out; the sorry server answers.",
        "ipvsadm -Ln; curl the health address of the real servers",
        "Bring the real servers back.",
    ),
    "destination_degraded": Kind(
        DEGRADED,
        "A check took a real server out. It comes back by itself once the check passes.",
        "curl the health address from the director; journalctl -u keepalived",
        "Repair the real server.",
    ),
    "destination_drained": Kind(
        NOTE,
        "The operator took a real server out (lvs_state: drained, or drain.yml).",
        "ipvsadm -Lnc shows the connections that are left",
        "The inventory, or undrain.yml, puts it back.",
    ),
}


@dataclass(frozen=True)
class Finding:
    """One deviation. ``hosts`` are inventory names; ``path`` leads into the inventory."""

    code: str
    hosts: tuple[str, ...]
    what_is: str
    what_should_be: str
    path: str = ""

    @property
    def severity(self) -> str:
        return CATALOGUE[self.code].severity

    @property
    def host(self) -> str:
        """The hosts as people read them."""
        return ", ".join(self.hosts)

    def as_dict(self) -> dict[str, Any]:
        """All that a machine wants, with the catalogue's words."""
        kind = CATALOGUE[self.code]
        return {
            **asdict(self), "host": self.host, "hosts": list(self.hosts), "severity": kind.severity,
            "means": kind.means, "where_to_look": kind.look, "remedy": kind.remedy,
        }  # fmt: skip


def in_order(found: list[Finding]) -> list[Finding]:
    """Errors first; within a severity by the catalogue, which has causes before consequences; each once."""
    codes = list(CATALOGUE)
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda one: (SEVERITIES.index(one.severity), codes.index(one.code), one.host))
