#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: status
short_description: Show who holds each VIP, and each service's pool, on one screen
version_added: 0.1.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Shows what M(vipstack.lvs.observe) saw of the hosts of the play. For each VIP the holder, since when and why; for
    each service its pool with weights, connections and what takes a real server out; for each canary its share and its
    errors; the last VRRP transitions.
  - It is an action that runs once, on the controller; no connection is made.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
options:
  observed:
    description: Name of the variable in which the observations were registered.
    type: str
    default: status_seen
  output:
    description: What to show.
    type: str
    choices: [text, json, none]
    default: text
  result:
    description: A file on the controller that the status is written to, as JSON.
    type: path
notes:
  - Use the playbook C(vipstack.lvs.status).
seealso:
  - module: vipstack.lvs.observe
"""

EXAMPLES = r"""
- name: Look at the host
  vipstack.lvs.observe:
    purpose: status
  register: status_seen

- name: Show who holds what, and how it does
  vipstack.lvs.status:
  run_once: true
"""

RETURN = r"""
clusters:
  description: For each cluster its VIPs, its services and its last transitions.
  type: dict
  returned: always
  sample:
    default:
      vips:
        - vip: web
          instance: web
          address: 198.51.100.200
          holders: [d1]
          since: 1795532028.5
          seconds: 3600
          why: d2 stopped its Keepalived
          directors: {d1: {state: MASTER, priority: 254}, d2: {state: BACKUP, priority: 250}}
      services:
        - name: web-80
          service: web
          protocol: tcp
          address: 198.51.100.200
          port: 80
          scheduler: wrr
          forward: dr
          table_of: d1
          in_table: true
          up: 1
          sorry_server: false
          destinations:
            - host: web1
              address: 198.51.100.102
              port: 80
              wanted_weight: 1
              weight: 1
              active: 3
              inactive: 1
              state: up
              why: null
      nodes:
        - {host: web1, connections: 12, idle: 9, requests: 4711, dropped: 0}
      canaries:
        - site: www
          route: null
          upstream: next
          percent: 25
          share: 24.8
          since: "2026-11-26T02:20:00+00:00"
          log: access.log
          nodes: [web1, web2]
          sides: {canary: {requests: 992, errors: 1}, stable: {requests: 3008, errors: 0}}
      traffic:
        - site: www
          requests: 4000
          since: "2026-11-26T02:20:00+00:00"
          nodes: [web1, web2]
          tls: {TLSv1.3: 3990, TLSv1.2: 10}
          cache: {HIT: 1600, MISS: 400}
          limits: {REJECTED: 12}
      streams:
        - stream: database
          connections: 240
          since: "2026-11-26T02:20:00+00:00"
          nodes: [web1, web2]
          statuses: {"200": 236, "502": 4}
          tls: {}
      certificates:
        - {kind: site, name: www, expires: 1798210428, days: 31.0, stand_in: false, nodes: [web1, web2]}
      transitions:
        - {epoch: 1795532028, host: d1, instance: web, state: MASTER}
hosts:
  description: For each host of the model V(seen), V(unreachable), V(failed) or V(unseen).
  type: dict
  returned: always
messages:
  description: Why a host was not seen.
  type: dict
  returned: always
deviations:
  description: The codes of what M(vipstack.lvs.verify) would find in what was seen.
  type: list
  elements: str
  returned: always
"""
