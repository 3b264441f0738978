#!/usr/bin/python

# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs_info
short_description: Read the kernel's IPVS table
version_added: 0.1.0
author:
  - vipstack.lvs contributors (@vipstack)
description:
  - Returns the virtual services with their destinations, the timeouts and the synchronisation daemons in the shape that
    M(vipstack.lvs.ipvs) takes, and the counters, rates and connections apart from them.
  - It speaks generic netlink and needs neither C(ipvsadm) nor anything else beside Python on the target.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.info
  - vipstack.lvs.attributes.platform
options:
  counters:
    description: Return RV(statistics) too.
    type: bool
    default: true
seealso:
  - module: vipstack.lvs.ipvs
"""

EXAMPLES = r"""
- name: The table is read
  vipstack.lvs.ipvs_info:
  register: table

- name: The table is written back as it was
  vipstack.lvs.ipvs:
    services: "{{ table.services }}"
    timeouts: "{{ table.timeouts }}"
    daemons: "{{ table.daemons }}"
    purge: true

- name: No connections are left on a drained real server
  vipstack.lvs.ipvs_info:
  register: table
  until: >-
    table.statistics | selectattr('destination', 'defined')
    | selectattr('destination', 'match', '198\\.51\\.100\\.11:')
    | map(attribute='active') | sum == 0
  retries: 60
  delay: 1
"""

RETURN = r"""
version:
  description: The version of IPVS in the kernel.
  returned: always
  type: str
  sample: 1.2.1
connection_table_size:
  description: Buckets of the connection table.
  returned: always
  type: int
  sample: 4096
schedulers:
  description: The schedulers that are loaded, built in or loadable, as far as that can be seen.
  returned: always
  type: list
  elements: str
  sample: [rr, wrr, wlc]
services:
  description: The virtual services, as O(vipstack.lvs.ipvs#module:services) takes them.
  returned: always
  type: list
  elements: dict
  sample:
    - family: inet
      protocol: tcp
      address: 192.0.2.10
      port: 80
      scheduler: wrr
      scheduler_flags: []
      one_packet: false
      persistence:
      pe_name: ""
      destinations:
        - address: 198.51.100.11
          port: 80
          forward: dr
          weight: 1
          lower_threshold: 0
          upper_threshold: 0
timeouts:
  description: The timeouts, as O(vipstack.lvs.ipvs#module:timeouts) takes them.
  returned: always
  type: dict
  sample: {tcp: 900, tcp_fin: 120, udp: 300}
daemons:
  description: The synchronisation daemons that run, as O(vipstack.lvs.ipvs#module:daemons) takes them.
  returned: always
  type: list
  elements: dict
  sample: []
statistics:
  description:
    - One entry for each service and one for each destination, in the order of RV(services).
    - Rates are per second, as the kernel estimates them over the last seconds.
  returned: when O(counters=true)
  type: list
  elements: dict
  contains:
    service:
      description: The service, by protocol, address and port, or by firewall mark and family.
      type: str
      sample: tcp 192.0.2.10:80
    service_key:
      description: The service as fields. Those that do not apply are empty or 0.
      type: dict
      sample: {family: inet, protocol: tcp, address: 192.0.2.10, port: 80, fwmark: 0}
    destination_key:
      description: The destination as fields; not there in the entry of the service itself.
      type: dict
      sample: {address: 198.51.100.11, port: 80}
    destination:
      description: The destination, by address and port; not there in the entry of the service itself.
      type: str
      sample: 198.51.100.11:80
    active:
      description: Connections that are established (destinations only).
      type: int
    inactive:
      description: Connections that are opening, closing, or cannot be told (destinations only).
      type: int
    persistent:
      description: Persistence templates (destinations only).
      type: int
    connections:
      description: Connections scheduled since the object came.
      type: int
    packets_in:
      description: Packets from clients.
      type: int
    packets_out:
      description: Packets to clients; 0 with direct routing and tunnels, whose answers do not come by here.
      type: int
    bytes_in:
      description: Bytes from clients.
      type: int
    bytes_out:
      description: Bytes to clients.
      type: int
    connections_per_second:
      description: Rate of connections.
      type: int
    packets_in_per_second:
      description: Rate of packets_in.
      type: int
    packets_out_per_second:
      description: Rate of packets_out.
      type: int
    bytes_in_per_second:
      description: Rate of bytes_in.
      type: int
    bytes_out_per_second:
      description: Rate of bytes_out.
      type: int
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import LvsError
from ..module_utils._ipvs.listing import in_order, to_options
from ..module_utils._ipvs.schedulers import schedulers
from ..module_utils._ipvs.socket import Counters, IpvsSocket
from ..module_utils._ipvs.table import Table
from ..module_utils._ipvs.text import endpoint, service_name


def statistics(table: Table, counters: Counters) -> list[dict[str, Any]]:
    """Counters in the order of the services, each service before its destinations."""
    entries: list[dict[str, Any]] = []
    for service in in_order(table):
        of_service = {"service": service_name(service.key), "service_key": service.key._asdict()}
        entries.append(dict(counters.services[service.key], **of_service))
        for destination in service.destinations:
            place = (service.key, destination)
            now = counters.connections[place]._asdict()
            of_one = {"destination": endpoint(*destination), "destination_key": destination._asdict()}
            entries.append(dict(counters.destinations[place], **of_service, **of_one, **now))
    return entries


def run(params: dict[str, Any]) -> dict[str, Any]:
    """What the kernel has. Raises LvsError."""
    counters = Counters({}, {}, {}) if params["counters"] else None
    with IpvsSocket() as kernel:
        version, size = kernel.version()
        table = kernel.dump(counters=counters)
    result = dict(to_options(table), version=version, connection_table_size=size, schedulers=schedulers().names)
    return dict(result, statistics=statistics(table, counters)) if counters else result


def main() -> None:
    module = AnsibleModule(
        argument_spec={"counters": {"type": "bool", "default": True}},
        supports_check_mode=True,
    )
    try:
        result = run(module.params)
    except LvsError as error:
        module.fail_json(msg=error.message, **error.details)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
