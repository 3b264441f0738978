# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Nginx names its directives for a protocol of upstreams."""

from __future__ import annotations

# Protocols of upstreams, those whose connections are or may be TLS among them.
PROTOCOLS = ("http", "https", "grpc", "grpcs", "fastcgi", "uwsgi", "stream")
SECURED = ("https", "grpcs", "stream")
GRPC = ("grpc", "grpcs")
# Protocol -> the front of the names, of those whose answers Nginx can keep.
CACHED = {"http": "proxy", "https": "proxy", "fastcgi": "fastcgi", "uwsgi": "uwsgi"}
