# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of the IPVS messages: commands, attributes and values (linux/ip_vs.h, version 1)."""

from __future__ import annotations

import socket
import struct
from functools import lru_cache

from .table import INET, INET6

FAMILY, VERSION = "IPVS", 1

NEW_SERVICE, SET_SERVICE, DEL_SERVICE, GET_SERVICE = 1, 2, 3, 4
NEW_DEST, SET_DEST, DEL_DEST, GET_DEST = 5, 6, 7, 8
NEW_DAEMON, DEL_DAEMON, GET_DAEMON = 9, 10, 11
SET_CONFIG, GET_CONFIG, GET_INFO = 12, 13, 15

# Attributes of a message ...
TOP_SERVICE, TOP_DEST, TOP_DAEMON, TOP_TCP, TOP_TCP_FIN, TOP_UDP = range(1, 7)
# ... of a service ...
(
    SVC_AF,
    SVC_PROTOCOL,
    SVC_ADDR,
    SVC_PORT,
    SVC_FWMARK,
    SVC_SCHED_NAME,
    SVC_FLAGS,
    SVC_TIMEOUT,
    SVC_NETMASK,
    SVC_STATS,
    SVC_PE_NAME,
    SVC_STATS64,
) = range(1, 13)
# ... of a destination ...
(
    DEST_ADDR,
    DEST_PORT,
    DEST_FWD_METHOD,
    DEST_WEIGHT,
    DEST_U_THRESH,
    DEST_L_THRESH,
    DEST_ACTIVE_CONNS,
    DEST_INACT_CONNS,
    DEST_PERSIST_CONNS,
    DEST_STATS,
    DEST_ADDR_FAMILY,
    DEST_STATS64,
    DEST_TUN_TYPE,
    DEST_TUN_PORT,
    DEST_TUN_FLAGS,
) = range(1, 16)
# ... of a daemon, ...
(
    DAEMON_STATE,
    DAEMON_MCAST_IFN,
    DAEMON_SYNC_ID,
    DAEMON_SYNC_MAXLEN,
    DAEMON_MCAST_GROUP,
    DAEMON_MCAST_GROUP6,
    DAEMON_MCAST_PORT,
    DAEMON_MCAST_TTL,
) = range(1, 9)
# ... and of the kernel's own description.
INFO_VERSION, INFO_CONN_TAB_SIZE = 1, 2

AF_INET, AF_INET6 = int(socket.AF_INET), int(socket.AF_INET6)
FAMILIES = {INET: AF_INET, INET6: AF_INET6}
FAMILY_NAMES = {number: name for name, number in FAMILIES.items()}
PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}
FORWARDS = {"nat": 0, "local": 1, "tunnel": 2, "dr": 3, "bypass": 4}
FORWARD_NAMES = {number: name for name, number in FORWARDS.items()}
PLAIN_FORWARDS = frozenset(number for name, number in FORWARDS.items() if name != "tunnel")
TUNNELS = {"ipip": 0, "gue": 1, "gre": 2}
TUNNEL_NAMES = {number: name for name, number in TUNNELS.items()}
CHECKSUMS = {"none": 0, "csum": 1, "remcsum": 2}
CHECKSUM_NAMES = {number: name for name, number in CHECKSUMS.items()}
ROLES = {"master": 1, "backup": 2}
ROLE_NAMES = {number: name for name, number in ROLES.items()}
FLAGS = struct.Struct("=II")  # value, mask

HEADER_BYTES = 4  # struct genlmsghdr


@lru_cache(maxsize=32)
def header(command: int) -> bytes:
    """A generic netlink header."""
    return struct.pack("=BBH", command, VERSION, 0)
