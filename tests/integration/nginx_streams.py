# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of streams have in common."""

from __future__ import annotations

from certificates import pair
from nginx_served import Served

UDP = """
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(30)
client.bind((sys.argv[1], 0))
client.connect(("198.51.100.200", int(sys.argv[2])))
for question in sys.argv[3:]:
    client.send(bytes.fromhex(question))
    print(client.recv(4096).hex())
"""
# To a name server, for the address of db.example; the number is in front.
QUESTION = "%s01000001000000000000" + "02" + b"db".hex() + "07" + b"example".hex() + "0000010001"


def ask_dns(nginx: Served, *numbers: str, source: str = "192.0.2.7", port: int = 5300) -> list[str]:
    """The answers to questions of UDP at the VIP, each asked when the one before is answered."""
    return nginx.host("python3", "-c", UDP, source, str(port), *(QUESTION % one for one in numbers)).split()


def write(nginx: Served, text: str) -> str:
    """The path of a file with a text, for programs beside Nginx."""
    path = nginx.host("mktemp").strip()
    nginx.host("sh", "-c", 'printf "%s" "$1" > "$2"', "sh", text, path)
    return path


def start_tls(nginx: Served, port: int, name: str) -> None:
    """An application that speaks TLS, with a certificate for a name."""
    nginx.start(port, tls={"certificate": write(nginx, pair(name).certificate), "key": write(nginx, pair(name).key)})


def subject(nginx: Served, port: int, name: str, *options: str) -> str:
    """The name in the certificate that is shown to who asks for a name; else what openssl says last."""
    script = 'timeout 60 openssl s_client "$@" 2>&1 </dev/null | sed -n "s/^subject=CN *= *//p"'
    asked = ["-servername", name] if name else ["-noservername"]
    said = nginx.host("sh", "-c", script, "sh", "-connect", "127.0.0.1:%d" % port, *asked, *options)
    return said.strip()
