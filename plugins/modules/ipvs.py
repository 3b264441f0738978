#!/usr/bin/python

# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs
short_description: Make the kernel's IPVS table what it should be
version_added: 0.1.0
author:
  - vipstack.lvs contributors (@vipstack)
description:
  - Takes virtual services with their destinations, the timeouts and the connection synchronisation daemons, compares
    them with the kernel's table, and sends the fewest messages that make the table match.
  - It speaks generic netlink and needs neither C(ipvsadm) nor anything else beside Python on the target.
  - What is added or changed comes before what is removed. What the kernel can change in place is changed in place. The
    table is never flushed, so the connections of what stays are not touched.
  - All or nothing. When the kernel refuses a message, the steps that were applied are undone in reverse, and the error
    names the object and the reason.
  - A service that is given is given whole, its destinations that are not listed are removed. Services that are not
    given are left alone unless O(purge=true).
notes:
  - The kernel module C(ip_vs) has to be loaded; M(vipstack.lvs.kernel) does that. In check mode an C(ip_vs) that is on
    the disk but not loaded yet counts as an empty table.
  - One table has one owner. Where keepalived writes it, use this module in check mode only.
  - Two runs at once on one host wait for each other, at most one minute.
  - The schedulers V(dh), V(fo), V(mh), V(ovf) and V(sh) depend on the order of the destinations in the kernel. For
    these the module keeps one canonical order, so that all directors send a client to the same real server.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.changes
  - vipstack.lvs.attributes.platform
options:
  services:
    description:
      - The virtual services.
      - A service is identified by O(services[].protocol), O(services[].address) and O(services[].port), or by
        O(services[].fwmark) and O(services[].family). All else of it can change in place.
    type: list
    elements: dict
    suboptions:
      state:
        description: V(absent) removes the service; V(present) makes sure that it is as given. Default is V(present).
        type: str
      protocol:
        description: V(tcp), V(udp) or V(sctp). Default is V(tcp).
        type: str
      address:
        description: The VIP, an IPv4 or IPv6 address.
        type: str
      port:
        description: The port of the VIP, 0-65535. V(0) is every port and needs O(services[].persistence).
        type: int
      fwmark:
        description: The firewall mark that selects the packets, 1-4294967295, instead of protocol, address and port.
        type: int
      family:
        description: V(inet) or V(inet6). Follows from O(services[].address). Default is V(inet) for firewall marks.
        type: str
      scheduler:
        description:
          - How a destination is chosen, any that the kernel has, such as V(rr), V(wrr), V(lc), V(wlc), V(sh), V(mh).
          - Default is V(wlc).
        type: str
      scheduler_flags:
        description:
          - V(flag-1), V(flag-2), V(flag-3), or the scheduler's own names for them, V(sh-fallback) and V(sh-port) for
            V(sh), V(mh-fallback) and V(mh-port) for V(mh).
          - Default is none.
        type: list
        elements: str
      one_packet:
        description: Schedule each UDP packet by itself. Only for UDP and firewall marks. Default is V(false).
        type: bool
      persistence:
        description: Send a client to the real server it had before. Default is no persistence.
        type: dict
        suboptions:
          timeout:
            description: Seconds, 1-2678400. Default is V(300).
            type: int
          prefix:
            description: Clients that share this many bits of their address go together. Default is V(32) or V(128).
            type: int
          netmask:
            description: The same as a mask, for IPv4 masks that no prefix length can say.
            type: str
      pe_name:
        description: The persistence engine, such as V(sip). Needs O(services[].persistence). Default is none.
        type: str
      forward:
        description: The forwarding method of the destinations that name none. Default is V(dr).
        type: str
      destinations:
        description: The real servers of this service, all of them.
        type: list
        elements: dict
        aliases: [real_servers]
        suboptions:
          address:
            description: The address of the real server. Of the service's family, except with V(tunnel).
            type: str
          port:
            description:
              - The port on the real server. Default is the port of the service.
              - Only V(nat) rewrites the port, so with V(dr) and V(tunnel) it has to be the port of the service, except
                for services by firewall mark.
            type: int
          forward:
            description: V(dr) (direct routing), V(nat) or V(tunnel). Default is O(services[].forward).
            type: str
          weight:
            description:
              - The share of new connections, 0-65535. V(0) takes none and lets the old ones finish.
              - Default is V(1).
            type: int
          upper_threshold:
            description: No new connections above this number of connections. V(0) is no limit. Default is V(0).
            type: int
          lower_threshold:
            description:
              - New connections again below this number of connections.
              - At most O(services[].destinations[].upper_threshold). V(0) is three quarters of it. Default is V(0).
            type: int
          tunnel:
            description: The encapsulation with V(tunnel). Default is IPIP.
            type: dict
            suboptions:
              type:
                description: V(ipip), V(gre) or V(gue). Default is V(ipip).
                type: str
              port:
                description: The UDP port of V(gue) on the real server.
                type: int
              checksum:
                description: V(none), V(csum) (gre and gue) or V(remcsum) (gue). Default is V(none).
                type: str
  timeouts:
    description: Seconds after which idle connections are forgotten, 1-2678400. What is not given stays as it is.
    type: dict
    suboptions:
      tcp:
        description: Established TCP connections.
        type: int
      tcp_fin:
        description: TCP connections after a FIN.
        type: int
      udp:
        description: UDP.
        type: int
  daemons:
    description:
      - The connection synchronisation daemons, at most one of each role.
      - The kernel changes none in place, so another setting stops the daemon and starts it again. That touches no
        connection.
    type: list
    elements: dict
    suboptions:
      state:
        description: V(absent) stops the daemon. Default is V(present).
        type: str
      role:
        description: V(master) sends the connections, V(backup) receives them.
        type: str
      interface:
        description: The interface for the multicast.
        type: str
      sync_id:
        description: 0-255. A backup with V(0) takes the connections of all masters. Default is V(0).
        type: int
      maxlen:
        description:
          - The longest datagram, in bytes, up to 65507 (IPv4) or 65487 (IPv6), from 1024 with V(backup).
          - Default is what the kernel chose when it started.
        type: int
      group:
        description: The multicast address. Default is V(224.0.0.81).
        type: str
      port:
        description: The UDP port. Default is V(8848).
        type: int
      ttl:
        description: The time to live of the datagrams, 1-255. Default is V(1).
        type: int
  purge:
    description:
      - Remove services that are not in O(services), and stop daemons that are not in O(daemons).
      - An option that is not given at all purges nothing; an empty list purges everything of its sort.
    type: bool
    default: false
  weights:
    description:
      - V(enforce) sets the weights as given.
      - V(keep) leaves the weights of destinations that are there already, for tables where something else minds them.
    type: str
    choices: [enforce, keep]
    default: enforce
seealso:
  - module: vipstack.lvs.ipvs_info
"""

EXAMPLES = r"""
- name: The web service balances over two real servers by direct routing
  vipstack.lvs.ipvs:
    services:
      - protocol: tcp
        address: 192.0.2.10
        port: 80
        scheduler: wrr
        destinations:
          - address: 198.51.100.11
            weight: 1
          - address: 198.51.100.12
            weight: 2

- name: The table is exactly this, nothing else
  vipstack.lvs.ipvs:
    purge: true
    services:
      - address: 2001:db8::10
        port: 443
        scheduler: mh
        scheduler_flags: [mh-port]
        persistence:
          timeout: 600
          prefix: 64
        destinations:
          - address: 2001:db8:1::11
          - address: 2001:db8:1::12
      - fwmark: 7
        scheduler: wlc
        forward: tunnel
        destinations:
          - address: 198.51.100.21
            port: 0
            tunnel:
              type: gue
              port: 6080

- name: No new connections go to web1
  vipstack.lvs.ipvs:
    services:
      - address: 192.0.2.10
        port: 80
        scheduler: wrr
        destinations:
          - address: 198.51.100.11
            weight: 0
          - address: 198.51.100.12
            weight: 2

- name: Connections are synchronised to the other director
  vipstack.lvs.ipvs:
    timeouts:
      tcp: 900
    daemons:
      - role: master
        interface: eth0
        sync_id: 51

- name: The old service is gone
  vipstack.lvs.ipvs:
    services:
      - address: 192.0.2.11
        port: 80
        state: absent
"""

RETURN = r"""
steps:
  description: What was done, or would be done in check mode, one line for each object.
  returned: always
  type: list
  elements: str
  sample: ["+ tcp 192.0.2.10:80 -> 198.51.100.12:80 dr weight 1"]
messages:
  description: How many messages the steps took, or would take.
  returned: always
  type: int
  sample: 1
problems:
  description: Every mistake in the options, each with its path.
  returned: when the options are wrong
  type: list
  elements: str
  sample: ["services[0].destinations[1].weight is -1; must be 0-65535"]
refused:
  description: The step that the kernel refused.
  returned: when the kernel refused one
  type: str
undone:
  description: How many steps had been applied before and were undone.
  returned: when the kernel refused one
  type: int
left:
  description: Steps that could not be undone; empty where the table is as it was.
  returned: when the kernel refused one
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LvsError
from ..module_utils._ipvs.arguments import ARGUMENTS, unpacked
from ..module_utils._ipvs.run import run
from ..module_utils._ipvs.text import lines


class Module(AnsibleModule):  # type: ignore[misc]
    """AnsibleModule, past whose check of arguments goes what the action has checked already (_ipvs/arguments.py)."""

    def _load_params(self) -> None:
        super()._load_params()
        self._checked = unpacked(self.params)

    def options(self) -> dict[str, Any]:
        return {**self.params, **self._checked}

    def report(self, leave: Any, **result: Any) -> None:
        """End with exit_json or fail_json. The invocation is sent back only with -vvv, without which nobody sees it."""
        leave(**result, invocation={"module_args": self.options() if self._verbosity > 2 else {}})


def main() -> None:
    module = Module(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        steps = run(module.options(), module.check_mode)
    except LvsError as error:
        module.report(module.fail_json, msg=error.message, **error.details)
    described = lines(steps)
    module.report(
        module.exit_json,
        changed=bool(steps),
        steps=described,
        messages=len(steps),
        diff={"prepared": "".join(line + "\n" for line in described)},
    )


if __name__ == "__main__":
    main()
