# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write about TLS, as data: certificates, sites with TLS, and what all of them have in common."""

from __future__ import annotations

from .fields import REQUIRED, Field, choice, many, switch, table, text, whole

PROFILES = ("intermediate", "modern", "old")

# A certificate authority that takes everybody.
LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"

ACME = table(
    "A directory of ACME is asked for it, by HTTP-01; `certificates.yml` renews it.",
    None,
    names=many(
        "Names that it is for.",
        None,
        text("", REQUIRED, "acme_name"),
        1,
        otherwise="`server_names` and `aliases` of the sites that have it",
    ),
    directory=text("Where the directory is.", LETS_ENCRYPT, "https_url"),
    contact=Field(
        "list",
        "Who is told by mail before it expires.",
        [],
        of=text("", REQUIRED, "mail"),
        short="item",
    ),
    terms_agreed=Field("switch", "You agree to the terms of the directory; it has to be true."),
    trusted=Field(
        "pem",
        "Certificates of the authorities of the directory's own certificate: a file on the controller, or PEM.",
        None,
        otherwise="those that the node's system trusts",
    ),
    kind=choice("The kind of its key.", "ecdsa", "ecdsa", "rsa"),
)

CERTIFICATE = table(
    "A certificate. A single word sets `certificate`.",
    REQUIRED,
    "certificate",
    certificate=Field(
        "pem",
        "The certificate, its chain behind it: a file on the controller, or the PEM text itself.",
        None,
        otherwise="`acme` or `command` brings it",
    ),
    key=Field("pem", "The private key, likewise, without a passphrase.", None, otherwise="what `certificate` has"),
    chain=Field("pem", "Certificates between it and a root, likewise.", None, otherwise="what `certificate` has"),
    on_node=switch("`certificate` and `key` are files that the nodes have already; they are not read here.", False),
    acme=ACME,
    command=many(
        "A program on a node, and its arguments, that prints certificate, chain and key in PEM. One node runs it.",
        None,
        text("", REQUIRED, "program_word"),
        1,
        otherwise="none",
    ),
    renew_days=whole(
        "Days before its end at which `acme` or `command` brings a new one.",
        None,
        1,
        366,
        otherwise="a third of the time that it is valid",
    ),
)

HSTS = table(
    "Header `Strict-Transport-Security`: browsers use HTTPS only. A single number sets `max_age`.",
    None,
    "max_age",
    max_age=whole("How long a browser remembers it.", REQUIRED, 0, 10 * 365 * 86400, "s"),
    subdomains=switch("For all names below the site's, too.", False),
    preload=switch("Browsers may have it built in.", False),
)

CLIENT_CERTIFICATES = table(
    "Clients show certificates of their own. A single word sets `authority`.",
    None,
    "authority",
    authority=text("A name in `lvs_certificates`: who has issued them.", REQUIRED, "name"),
    mode=choice(
        "`required`: 403 without one, where a route does not say otherwise.", "required", "required", "optional"
    ),
    depth=whole("Authorities between a client's certificate and `authority`.", 1, 1, 10),
)

SITE_TLS = table(
    "HTTPS. A single word sets `certificate`.",
    None,
    "certificate",
    certificate=Field(
        "list",
        "Names in `lvs_certificates`: one, or one for each kind of key.",
        of=text("", REQUIRED, "name"),
        least=1,
        short="item",
    ),
    ports=many("Ports of HTTPS, where a TCP service brings them.", [443], whole("", REQUIRED, 1, 65535), 1),
    redirect=switch("What comes to `ports` of the site is sent to HTTPS.", True),
    hsts=HSTS,
    client_certificates=CLIENT_CERTIFICATES,
)

CLIENT_CERTIFICATE = choice(
    "Whether a client has to show a certificate, instead of `client_certificates.mode` of the site.",
    None,
    "required",
    "optional",
)

TLS = table(
    "What all sites with TLS have in common.",
    {},
    profile=choice("Protocols and ciphers, by Mozilla's names.", "intermediate", *PROFILES),
    http2=switch("HTTP/2 for clients that speak it.", True),
    http3=switch("Not in this version.", False),
    ticket_secret=Field(
        "ticket_secret",
        "The keys of session tickets are made of it, the same on all nodes; keep it in a vault. Of a list the first "
        "one makes tickets, and all are accepted.",
        None,
        otherwise="no session tickets",
        low=32,
        high=512,
    ),
    ticket_days=whole(
        "Days for which a key makes tickets. A run of `site.yml` or `certificates.yml` brings the next one; the one "
        "before it is accepted for as long again.",
        None,
        1,
        30,
        otherwise="the same keys as long as the secret is the same",
    ),
)
