# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model's part of TLS."""

from __future__ import annotations

from typing import Annotated, TypedDict


class Hsts(TypedDict):
    """The header Strict-Transport-Security."""

    max_age: Annotated[int, "seconds"]
    subdomains: bool
    preload: bool


class ClientCertificates(TypedDict):
    """Who has issued the certificates of clients."""

    authority: str
    mode: str
    depth: int


class SiteTls(TypedDict):
    """How a site speaks TLS."""

    ports: list[int]
    certificates: Annotated[list[str], "keys of lvs_certificates"]
    default: Annotated[bool, "for names that no site has; else a handshake for them fails"]
    redirect: Annotated[bool, "plain HTTP is sent to HTTPS"]
    hsts: Hsts | None
    client_certificates: ClientCertificates | None


class Acme(TypedDict):
    """How a directory is asked."""

    directory: str
    contact: list[str]
    kind: Annotated[str, "of the key: ecdsa or rsa"]


class Asked(TypedDict):
    """A certificate that one node gets for all. One of acme and command is null."""

    names: Annotated[list[str], "that it has to be for"]
    acme: Acme | None
    command: list[str] | None
    renew_days: Annotated[int | None, "before its end; null: a third of its time"]


class Challenges(TypedDict):
    """Where answers to a directory are: on one of the nodes."""

    port: int
    nodes: Annotated[list[str], "addresses"]


class Certificate(TypedDict):
    """Files of a certificate on a node."""

    name: Annotated[str, "key of lvs_certificates"]
    certificate: str
    key: Annotated[str | None, "null: of an authority"]
    on_node: Annotated[bool, "somebody else brings them"]
    asked: Annotated[Asked | None, "null: it is there"]


class Tls(TypedDict):
    """What the sites of a host have in common."""

    profile: str
    http2: bool
    tickets: Annotated[int, "how many secrets of session tickets; 0: no tickets"]
    ticket_days: Annotated[int | None, "days for which a key makes tickets; null: always"]
    certificates: list[Certificate]
