# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kinds of checks have of their own, as an operator writes it."""

from __future__ import annotations

from .fields import REQUIRED, Field, choice, many, switch, table, text

# The record types that Keepalived asks for.
RECORDS = ("A", "AAAA", "CNAME", "DNSKEY", "MX", "NS", "RRSIG", "SOA", "TXT")


def _statuses(doc: str) -> Field:
    return Field("list", doc, ["200"], of=Field("status"), least=1, short="status")


_DIGEST = "MD5 of what the path answers, in 32 hexadecimal digits."
URLS = many(
    "Further paths of an `http` or `https` check: one after the other is asked, and each has to answer.",
    [],
    table(
        "",
        path=text("The path that is asked.", REQUIRED, "url_path"),
        status=_statuses("Statuses that are good."),
        digest=text(_DIGEST, None, "digest"),
    ),
)

HTTP = {
    "path": text(
        "Path of an `http` or `https` check.", None, "url_path", "`lvs_health_path` on our Nginx, otherwise `/`"
    ),
    "host": text(
        "Host header of an `http` check; of `https` also the name that it asks for in TLS.",
        None,
        "host_name",
        "none; of `https` one of our sites on the port",
    ),
    "status": _statuses("Statuses that are good: numbers, and ranges such as `200-299`."),
    "digest": text(_DIGEST, None, "digest"),
    "urls": URLS,
}
SMTP = {"helo": text("Name that an `smtp` check says it has.", None, "host_name", "`smtpchecker.keepalived.org`")}
DNS = {
    "query": text("Name that a `dns` check asks for; any answer without an error is good.", None, "dns_name", "`.`"),
    "record": choice("Type of the record that it asks for.", "SOA", *RECORDS),
}
UDP = {
    "payload": text("What a `udp` check sends, in pairs of hexadecimal digits.", None, "hex", "nothing"),
    "reply": switch("Whether it needs an answer; else only a port that is closed is seen.", False),
}
SCRIPT = {
    "script": text(
        "Program of a `script` check on directors, root's own: status 0 is good.", None, "file_path", "**required**"
    ),
    "arguments": many(
        "Its arguments. `{address}` and `{port}` are those of the real server.",
        ["{address}", "{port}"],
        text("", REQUIRED, "argument"),
    ),
    "user": text("User that it runs as.", None, "unix_user", "that of the collection's own scripts, without rights"),
}
# All of them, by their names in the input.
SETTINGS: dict[str, Field] = {**HTTP, **SMTP, **DNS, **UDP, **SCRIPT}
