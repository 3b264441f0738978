# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and places that several parts of the stack share: roles, templates, modules and what looks at hosts.

The module topology returns them, and the roles have them as ``lvs_stack``.
"""

from __future__ import annotations

from typing import NamedTuple

STATE = "/var/lib/vipstack-lvs"


class Stack(NamedTuple):
    """Absolute paths without a trailing slash; units with their suffix, where they have one."""

    script_user: str = "keepalived_script"
    """Runs the check and notify scripts."""
    scripts: str = "/usr/libexec/keepalived"
    """SELinux lets Keepalived run what lies here."""
    log: str = "/var/log/vipstack-lvs"
    weights: str = STATE + "/weights"
    """Keepalived watches the files in it: another weight needs no reload."""
    handover: str = "/run/vipstack-lvs.handover"
    """Keepalived's unit writes here that it is about to stop. Directly in /run: Keepalived 2.3 refuses a file whose
    directory does not exist yet."""
    vips_unit: str = "vipstack-lvs-vips.service"
    """Brings the VIPs of a real server back at boot."""
    forward_unit: str = "vipstack-lvs-forward.service"
    """Makes what a real server needs for tunnels and NAT, now and at boot."""
    forward_scripts: str = "/usr/libexec/vipstack-lvs"
    """What `forward_unit` runs."""
    table_unit: str = "vipstack-lvs-table.service"
    """Restores a static IPVS table at boot."""
    firewall: str = "/usr/libexec/vipstack-lvs/lvs-firewall"
    """Opens the host's firewall for the stack."""
    firewall_unit: str = "vipstack-lvs-firewall.service"
    """Opens it at boot, and again when the firewall itself is reloaded."""
    marks: str = "/etc/vipstack-lvs/marks.nft"
    """The firewall marks of a director."""
    marks_unit: str = "vipstack-lvs-marks.service"
    """Sets them at boot."""
    repair_unit: str = "vipstack-lvs-repair"
    """Makes the IPVS table anew where it lost services: a .path that the check script triggers, and its .service."""


STACK = Stack()
WEIGHTS = STACK.weights
FOREIGN = "foreign"
"""In `STATE`: what a host had before the first run."""
TRANSITION_LOG = STACK.log + "/transitions.log"
NGINX_CACHES = "/var/lib/nginx"
"""Below it are the caches of Nginx."""
