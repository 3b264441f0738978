#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: inspect
short_description: Everything that verify and status read from a host, in one run
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Reads what the host has, so that it can be compared with the model elsewhere. It judges nothing and changes nothing.
  - Each part is gathered by itself and at the same time as the others. One that fails has its reason under C(error), in
    the place of its facts, and takes no other part with it.
  - Only the parts that are asked for are returned.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
  - vipstack.lvs.attributes.platform
  - vipstack.lvs.foreign
options:
  addresses:
    description: Interfaces with their addresses, as RV(links).
    type: bool
    default: false
  vips:
    description: Addresses to look for on this host, as RV(vips).
    type: list
    elements: str
    default: []
  ways:
    description: Answers of services of this host to ask the kernel's routes for, as RV(ways).
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: Address of this host that the answers come from.
        type: str
        required: true
      protocol:
        description: Their transport protocol.
        type: str
        choices: [tcp, udp]
        required: true
      port:
        description: The port that they come from.
        type: int
        required: true
  sysctls:
    description: Names of sysctls to read.
    type: list
    elements: str
    default: []
  units:
    description: Names of systemd units to ask for.
    type: list
    elements: str
    default: []
  files:
    description: Paths to look at; the contents are returned as a digest only.
    type: list
    elements: path
    default: []
  probes:
    description: HTTP requests to make from this host, all at the same time.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the probe in the result.
        type: str
        required: true
      address:
        description: Address to connect to.
        type: str
        required: true
      port:
        description: Port to connect to.
        type: int
        required: true
      path:
        description: Path to ask for. Without it, it is only seen whether a connection is accepted.
        type: str
      host:
        description: Name in the request's Host line; the address where it is not given.
        type: str
      tls:
        description: The request is made with TLS, which asks for O(probes[].host). No certificate is looked at.
        type: bool
        default: false
      proxy:
        description: The PROXY protocol comes first, without an address.
        type: bool
        default: false
      timeout:
        description: Seconds for the whole request.
        type: float
        default: 1.0
  ipvs:
    description: The IPVS table.
    type: bool
    default: false
  keepalived:
    description: What Keepalived says of itself, as M(vipstack.lvs.keepalived_info) returns it.
    type: bool
    default: false
  transitions:
    description: How many of the last VRRP transitions to read from C(/var/log/vipstack-lvs/transitions.log).
    type: int
    default: 0
  drained:
    description: Real servers that were drained by hand.
    type: bool
    default: false
  handover:
    description: Whether Keepalived was told that it is about to stop.
    type: bool
    default: false
  clock:
    description: The time, and whether the clock is synchronised.
    type: bool
    default: false
  firewall:
    description: Whether firewalls drop what nobody lets in, as RV(firewall).
    type: bool
    default: false
  marks:
    description: The firewall marks that our table of nftables sets, as RV(marks).
    type: bool
    default: false
  arp_probes:
    description:
      - Ask on an interface who has an address, by ARP or IPv6 neighbour discovery. The ARP requests name no sender
        address, so they change nobody's cache.
    type: list
    elements: dict
    default: []
    suboptions:
      interface:
        description: Interface to ask on.
        type: str
        required: true
      addresses:
        description: Addresses to ask for.
        type: list
        elements: str
        required: true
      seconds:
        description: Seconds to wait for answers.
        type: float
        default: 0.5
  vrrp_listen:
    description: Listen to the VRRP adverts on an interface, before any packet filter of the host.
    type: dict
    suboptions:
      interface:
        description: Interface to listen on.
        type: str
        required: true
      seconds:
        description: How long to listen.
        type: float
        default: 2.0
  keepalived_test:
    description: Let Keepalived check its configuration file.
    type: bool
    default: false
  nginx_test:
    description: Let Nginx check its configuration.
    type: bool
    default: false
  sides:
    description: Names of files in C(/var/log/nginx); count what their ends say of the sides of canaries.
    type: list
    elements: str
    default: []
  traffic:
    description: Likewise; count what they say of TLS, caches and limits of sites.
    type: list
    elements: str
    default: []
  streams:
    description: Likewise; count the connections of streams.
    type: list
    elements: str
    default: []
seealso:
  - module: vipstack.lvs.keepalived_info
  - module: vipstack.lvs.ipvs_info
"""

EXAMPLES = r"""
- name: Look at a director
  vipstack.lvs.inspect:
    addresses: true
    units: [keepalived.service, nginx.service]
    ipvs: true
    keepalived: true
    transitions: 5
    arp_probes:
      - {interface: eth0, addresses: [198.51.100.200]}
    probes:
      - {name: web1, address: 198.51.100.102, port: 80, path: /lvs-health}
  register: host
"""

RETURN = r"""
links:
  description: Interfaces with their addresses.
  type: list
  elements: dict
  returned: when O(addresses=true)
  sample:
    - name: eth0
      index: 2
      kind: veth
      mac: 02:42:c6:33:64:64
      mtu: 1500
      operstate: up
      up: true
      loopback: false
      addresses:
        - address: 198.51.100.100
          family: inet
          prefix: 24
          label: eth0
          scope: global
          tentative: false
          dad_failed: false
vips:
  description: Each address of O(vips) with the places where this host has it, an empty list where it has it nowhere.
  type: dict
  returned: when O(vips) is not empty
  sample:
    198.51.100.200:
      - {interface: lo, prefix: 32, label: "lo:0"}
ways:
  description: Each of O(ways), with the gateway that such an answer goes through; null where there is none.
  type: list
  elements: dict
  returned: when O(ways) is not empty
  sample: [{address: 198.51.100.102, protocol: tcp, port: 80, gateway: 198.51.100.200}]
sysctls:
  description: Values by name, null for one that is not there.
  type: dict
  returned: when O(sysctls) is not empty
  sample: {net.ipv4.conf.all.arp_ignore: "1"}
units:
  description:
    - State of each unit. C(load) is V(not-found) for one that is not there; C(since) is an epoch;
      C(log) is what a unit that failed has last written to the journal, and null of any other; C(outdated) lists
      programs and libraries that were replaced since its main process started.
  type: dict
  returned: when O(units) is not empty
  sample:
    nginx.service:
      load: loaded
      active: active
      sub: running
      enabled: enabled
      restarts: 0
      since: 1795532028.5
      pid: 412
      result: success
      log: null
      outdated: []
files:
  description:
    - Facts of each path; C(target) is where a symbolic link leads. C(sha256) is that of the content without lines that
      begin with C(# before:), in which M(vipstack.lvs.real_server_vip) records what a host had before.
  type: dict
  returned: when O(files) is not empty
  sample:
    /etc/keepalived/keepalived.conf:
      {exists: true, mode: "0640", owner: root, group: root, size: 1234, sha256: 9f86d0…, target: null}
probes:
  description:
    - Answers in the order of O(probes). C(error) is null for an answer in HTTP of whatever C(status), and else the
      reason; C(served_by) is the header X-Served-By; C(body) is the start of the body. C(expires)
      is when the certificate that the server showed expires, as an epoch, and C(issuer) the common name of who issued
      it; both are null without TLS.
  type: list
  elements: dict
  returned: when O(probes) is not empty
  sample:
    - name: web1
      address: 198.51.100.102
      port: 80
      path: /lvs-health
      connected: true
      status: 200
      served_by: web1
      body: ok
      seconds: 0.004
      error: null
      expires: null
      issuer: null
ipvs:
  description:
    - The IPVS table as M(vipstack.lvs.ipvs) takes it, and the connections of each destination.
  type: dict
  returned: when O(ipvs=true)
  sample:
    version: 1.2.1
    connection_table_size: 4096
    services: []
    timeouts: {tcp: 900, tcp_fin: 120, udp: 300}
    daemons: []
    connections:
      - service: {family: inet, protocol: tcp, address: 198.51.100.200, port: 80, fwmark: 0}
        destination: {address: 198.51.100.102, port: 80}
        active: 3
        inactive: 1
        persistent: 0
keepalived:
  description: See M(vipstack.lvs.keepalived_info).
  type: dict
  returned: when O(keepalived=true)
transitions:
  description: The last VRRP transitions, the newest last.
  type: list
  elements: dict
  returned: when O(transitions) is not 0
  sample: [{epoch: 1795532028, instance: web, state: MASTER}]
drained:
  description: Real servers that were drained by hand, and since when.
  type: list
  elements: dict
  returned: when O(drained=true)
  sample: [{service: web, host: web1, since: "2026-11-26T02:20:00Z"}]
handover:
  description: V(1) while Keepalived of the host stops, else V(0).
  type: int
  returned: when O(handover=true)
clock:
  description: Time of the host, and whether its clock is synchronised; null where the kernel does not say.
  type: dict
  returned: when O(clock=true)
  sample: {epoch: 1795532028.563, synchronised: true}
firewall:
  description:
    - C(firewalld), whether it runs. C(policies), those of ours that it has, null before firewalld 0.9. C(closed), the
      chains of nftables and iptables that drop what nobody lets in. C(opened) of such a chain tells which openings of
      ours are in it.
  type: dict
  returned: when O(firewall=true)
  sample: {firewalld: false, policies: [], closed: [{place: nft inet filter input, hook: input, opened: null}]}
marks:
  description: The marks, in ascending order; an empty list where the table is not there.
  type: list
  elements: int
  returned: when O(marks=true)
  sample: [1819043144]
arp:
  description:
    - Who answers for each address on the interface. A host does not hear itself; C(own) tells that it has the
      address on this very interface.
  type: list
  elements: dict
  returned: when O(arp_probes) is given
  sample: [{address: 198.51.100.200, macs: ["02:42:c6:33:64:64"], own: false}]
adverts:
  description: The VRRP adverts that were heard, each kind once; never their authentication data.
  type: list
  elements: dict
  returned: when O(vrrp_listen) is given
  sample:
    - source: 198.51.100.100
      destination: 198.51.100.101
      version: 3
      vrid: 51
      priority: 254
      auth: none
      interval: 0.25
      addresses: [198.51.100.200]
      outgoing: false
      count: 8
foreign:
  description: What other people have set up, as M(vipstack.lvs.host_facts) returns it.
  type: dict
  returned: when O(foreign) is given
  sample:
    noted: false
    findings: [{kind: unread, path: /etc/nginx/sites-enabled/shop, words: "it stays, and is no longer read"}]
keepalived_test:
  description:
    - The daemon's verdict on its file; C(ok) only where it ended with 0 and reported nothing. Passwords are masked.
  type: dict
  returned: when O(keepalived_test=true)
  sample: {ok: true, status: 0, output: ""}
nginx_test:
  description: The daemon's verdict on its files.
  type: dict
  returned: when O(nginx_test=true)
  sample: {ok: true, status: 0, output: "nginx: configuration file /etc/nginx/nginx.conf test is successful"}
sides:
  description:
    - Requests of each side of each canary, of the last 10,000 lines and 5 MB of each log. C(errors) are those with a
      status from 500 on; C(since) is the time of the first one, as the log has it.
  type: list
  elements: dict
  returned: when O(sides) is not empty
  sample:
    - {site: www, route: rest, side: canary, requests: 250, errors: 1, since: "2026-11-26T02:20:00+00:00"}
    - {site: www, route: rest, side: stable, requests: 750, errors: 0, since: "2026-11-26T02:20:00+00:00"}
traffic:
  description: Requests of each site, of the last 10,000 lines and 5 MB of each log, by what the log has.
  type: list
  elements: dict
  returned: when O(traffic) is not empty
  sample:
    - site: www
      requests: 1000
      since: "2026-11-26T02:20:00+00:00"
      tls: {TLSv1.3: 990, TLSv1.2: 10}
      cache: {HIT: 400, MISS: 100}
      limits: {REJECTED: 3}
streams:
  description: Connections of each stream, likewise.
  type: list
  elements: dict
  returned: when O(streams) is not empty
  sample:
    - stream: database
      connections: 120
      since: "2026-11-26T02:20:00+00:00"
      statuses: {"200": 118, "502": 2}
      tls: {}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._foreign.look import QUESTION
from ..module_utils._inspect.parts import gather, parts_of

PROBE = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "path": {"type": "str"},
    "host": {"type": "str"},
    "tls": {"type": "bool", "default": False},
    "proxy": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 1.0},
}
WAY = {
    "address": {"type": "str", "required": True},
    "protocol": {"type": "str", "choices": ["tcp", "udp"], "required": True},
    "port": {"type": "int", "required": True},
}
ARP_PROBE = {
    "interface": {"type": "str", "required": True},
    "addresses": {"type": "list", "elements": "str", "required": True},
    "seconds": {"type": "float", "default": 0.5},
}
VRRP_LISTEN = {
    "interface": {"type": "str", "required": True},
    "seconds": {"type": "float", "default": 2.0},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "addresses": {"type": "bool", "default": False},
            "vips": {"type": "list", "elements": "str", "default": []},
            "ways": {"type": "list", "elements": "dict", "default": [], "options": WAY},
            "sysctls": {"type": "list", "elements": "str", "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "files": {"type": "list", "elements": "path", "default": []},
            "probes": {"type": "list", "elements": "dict", "default": [], "options": PROBE},
            "ipvs": {"type": "bool", "default": False},
            "keepalived": {"type": "bool", "default": False},
            "transitions": {"type": "int", "default": 0},
            "drained": {"type": "bool", "default": False},
            "handover": {"type": "bool", "default": False},
            "clock": {"type": "bool", "default": False},
            "firewall": {"type": "bool", "default": False},
            "marks": {"type": "bool", "default": False},
            "arp_probes": {"type": "list", "elements": "dict", "default": [], "options": ARP_PROBE},
            "vrrp_listen": {"type": "dict", "options": VRRP_LISTEN},
            "foreign": {"type": "dict", "options": QUESTION},
            "keepalived_test": {"type": "bool", "default": False},
            "nginx_test": {"type": "bool", "default": False},
            "sides": {"type": "list", "elements": "str", "default": []},
            "traffic": {"type": "list", "elements": "str", "default": []},
            "streams": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, **gather(parts_of(module.params)))


if __name__ == "__main__":
    main()
