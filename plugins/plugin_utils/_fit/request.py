# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to ask a host, so that its part of the model can be fitted and the roles know what is there already."""

from __future__ import annotations

from typing import Any

from ...module_utils._host.places import STACK
from .._model.shape import HostSlice
from . import programs
from .kernel import tunnel_modules
from .system import SENDMAIL, ports

# Where it is, the Keepalived of the host is ours.
OUR_KEEPALIVED = "/etc/systemd/system/keepalived.service.d/vipstack-lvs.conf"
NGINX, KEEPALIVED = "/usr/sbin/nginx", "/usr/sbin/keepalived"
PROGRAMS = ("/usr/sbin/ipvsadm", "/usr/sbin/nft", KEEPALIVED, NGINX, "/usr/sbin/visudo", SENDMAIL)
# The module of Nginx for streams: of Debian, of EL.
STREAM_MODULES = ["/usr/%s/nginx/modules/ngx_stream_module.so" % folder for folder in ("lib", "lib64")]
BROTLI_MODULES = ["/usr/lib/nginx/modules/ngx_http_brotli_%s_module.so" % kind for kind in ("filter", "static")]
UNITS = ["/etc/systemd/system/" + unit for unit in (STACK.table_unit, STACK.forward_unit, STACK.marks_unit)]


def of_files(mine: HostSlice) -> dict[str, Any]:
    """The options of host_facts for what the host's files depend on, beside the model: with TLS, Nginx's version."""
    return {"versions": [NGINX]} if mine["nginx"] and mine["nginx"]["tls"] else {}


def questions(mine: HostSlice) -> dict[str, Any]:
    """The options of the module host_facts."""
    director = mine["director"]
    return {
        "paths": [
            *PROGRAMS,
            *(STREAM_MODULES if mine["nginx"] and mine["nginx"]["streams"] else ()),
            *(BROTLI_MODULES if mine["nginx"] and mine["nginx"]["brotli"] else ()),
            STACK.log,
            *UNITS,
            OUR_KEEPALIVED,
            STACK.firewall,
            *programs.paths(director),
            *programs.folders(director),
        ],
        "units": ["keepalived.service", "nginx.service"],
        "users": [STACK.script_user, *programs.users(director)],
        "modules": [*(director["kernel"]["modules"] if director else []), *tunnel_modules(mine)],
        "ports": ports(mine),
        "marks": bool(director and any(one["fwmark"] for one in director["services"])),
        "versions": [*([KEEPALIVED] if director else []), *([NGINX] if mine["nginx"] else [])],
    }
