# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference deployment as somebody sets it up by hand in the lab: without Ansible, with boot files of all kinds."""

from __future__ import annotations

from typing import Any

from lab.hosts import VIP
from lab.stack import ADDRESSES, DIRECTORS, REAL_SERVERS, Stack

PASSWORD = "h4ndmade"
_NGINX = """
apt-get -qq -y install nginx > /dev/null 2>&1
rm /etc/nginx/sites-enabled/default
cat > /etc/nginx/sites-available/app <<'END'
upstream app { server 198.51.100.201:8080; server 198.51.100.202:8080; }
server {
    listen 80 default_server;
    location / { proxy_pass http://app; proxy_set_header Host $host; add_header X-Served-By $hostname; }
    location = /lvs-health { return 200 "ok\\n"; }
}
END
ln -s /etc/nginx/sites-available/app /etc/nginx/sites-enabled/app
sed -i 's/worker_connections 768/worker_connections 1024/; 1i # by hand' /etc/nginx/nginx.conf
chmod 640 /etc/nginx/nginx.conf
systemctl restart nginx
"""
_BIND_VIP = f"""#!/bin/sh
### BEGIN INIT INFO
# Provides: bind-vip
# Required-Start: $network
# Required-Stop: $network
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
VIP={VIP}
case "$1" in
start)
    echo 1 > /proc/sys/net/ipv4/conf/lo/arp_ignore
    echo 2 > /proc/sys/net/ipv4/conf/lo/arp_announce
    echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore
    echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce
    ip addr add $VIP/32 dev lo label lo:0 || true ;;
stop)
    ip addr del $VIP/32 dev lo || true ;;
esac
"""
_RULES = f"""-A -t {VIP}:80 -s rr
-a -t {VIP}:80 -r 198.51.100.102:80 -g -w 1
-a -t {VIP}:80 -r 198.51.100.103:80 -g -w 1
"""


def _written(path: str, text: str, mode: str = "644") -> str:
    return f"cat > {path} <<'END'\n{text}END\nchmod {mode} {path}\n"


def _keepalived(name: str) -> str:
    peer = next(other for other in DIRECTORS if other != name)
    state, priority = ("MASTER", 100) if name == DIRECTORS[0] else ("BACKUP", 90)
    return f"""global_defs {{
    router_id LVS_{name}
    script_user root
}}
vrrp_script chk_lvs {{
    script "/etc/keepalived/check_lvs.sh"
    interval 2
    weight -20
}}
vrrp_instance VI_1 {{
    state {state}
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    unicast_src_ip {ADDRESSES[name]}
    unicast_peer {{
        {ADDRESSES[peer]}
    }}
    authentication {{
        auth_type PASS
        auth_pass {PASSWORD}
    }}
    virtual_ipaddress {{
        {VIP}/24 dev eth0 label eth0:0
    }}
    track_script {{
        chk_lvs
    }}
}}
"""


def _real_server(name: str) -> str:
    if name == REAL_SERVERS[0]:
        start = _written("/etc/init.d/bind-vip", _BIND_VIP, "755") + "update-rc.d bind-vip defaults\n"
        start += "systemctl daemon-reload\nsystemctl start bind-vip\n"
    else:
        start = _written("/usr/local/sbin/bind_vip.sh", _BIND_VIP, "755")
        start += _written("/etc/rc.local", "#!/bin/sh -e\n/usr/local/sbin/bind_vip.sh start\nexit 0\n", "755")
        start += "systemctl daemon-reload\nsystemctl start rc-local\n"
    return _NGINX + start


def _director(name: str) -> str:
    return "\n".join(
        (
            "apt-get -qq -y install ipvsadm keepalived > /dev/null 2>&1",
            _written("/etc/keepalived/check_lvs.sh", f"#!/bin/sh\nipvsadm -Ln | grep -q {VIP}:80\n", "755"),
            _written("/etc/keepalived/keepalived.conf", _keepalived(name), "600"),
            _written("/etc/sysctl.conf", "# by hand\nnet.ipv4.conf.all.arp_announce = 0\n"),
            f"ipvsadm -R <<'END'\n{_RULES}END",
            "ipvsadm-save -n > /etc/ipvsadm.rules",
            "sed -i 's/^AUTO=.*/AUTO=\"true\"/' /etc/default/ipvsadm",
            "systemctl enable keepalived; systemctl start keepalived",
        )
    )


def set_up(stack: Stack) -> None:
    """On fresh hosts. The client is served through the VIP afterwards."""
    stack.run_all(
        {**{name: _real_server(name) for name in REAL_SERVERS}, **{name: _director(name) for name in DIRECTORS}}
    )


def as_a_model(everything: dict[str, Any]) -> None:
    """The lab's inventory, with what the hosts have: the same VRRP, so that old and new directors hear each other."""
    variables = everything["vars"]
    vip = {**variables["lvs_vips"].pop("web"), "version": 2, "advert_interval": 1, "auth_pass": PASSWORD}
    variables["lvs_vips"]["VI_1"] = vip
    variables["lvs_virtual_services"]["web"].update(vip="VI_1", scheduler="rr")
