# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VIP tracks besides the director's own check, as an operator writes it."""

from __future__ import annotations

from .fields import REQUIRED, Field, many, table, text, whole

TRACK_SCRIPT = table(
    "A program of yours, root's own, by which a director tells whether it is fit to hold a VIP: status 0 says so. "
    "VIPs name it in `track_scripts`.",
    script=text("Path of the program on directors; Keepalived starts it without a shell.", REQUIRED, "file_path"),
    arguments=many("Its arguments.", [], text("", REQUIRED, "plain_argument")),
    user=text("User that it runs as.", None, "unix_user", "that of the collection's own scripts, without rights"),
    interval=whole("Time between two runs.", 2, 1, 3600, "s"),
    timeout=whole("Time limit of a run.", 2, 1, 3600, "s"),
    fall=whole("Consecutive failures until it counts as failed.", 2, 1, 1000),
    rise=whole("Consecutive successes until it counts as passed again.", 2, 1, 1000),
    weight=whole(
        "0: a failure is FAULT. Otherwise it changes the priority by this value, of VIPs with one family.", 0, -253, 253
    ),
)
TRACK_SCRIPTS = Field(
    "list", "Names in `lvs_track_scripts` that have to pass.", [], of=text("", REQUIRED, "name"), short="item"
)
TRACK_INTERFACES = Field(
    "list",
    "Further interfaces that have to be up for a director to hold the VIP.",
    [],
    of=text("", REQUIRED, "interface"),
    short="item",
)
