# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, keys and session tickets as files of a node."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificates
short_description: Certificates, keys and session tickets as files of a node
version_added: 0.2.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Reads what C(lvs_certificates) names on the controller.
notes:
  - This lookup is an inner part of the collection. Its roles and playbooks use it. It may change in any release.
options:
  _terms:
    description: The part C(tls) of the model of a host's Nginx; nothing where no site speaks TLS.
    required: true
  certificates:
    description: The variable C(lvs_certificates).
    type: dict
    default: {}
  secret:
    description: One or more secrets, of which the keys of session tickets are made.
    type: raw
    default: []
  pairs:
    description:
      - Certificates that nodes got for all, as M(vipstack.lvs.certificate_order) returns them. With it, the files are
        those of these alone, and keys of session tickets that go by age. Without it, those on the node stay, and where
        there are none something stands in for them.
    type: list
    elements: dict
"""

EXAMPLES = r"""
- name: The files of a node
  ansible.builtin.set_fact:
    files: "{{ query('vipstack.lvs.certificates', nginx_model.tls, certificates=lvs_certificates) }}"
  no_log: true
"""

RETURN = r"""
_raw:
  description: Files as O(vipstack.lvs.config_tree#module:files) takes them.
  type: list
  elements: dict
"""

import time
from typing import Any, Iterator, Mapping, Sequence

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ..plugin_utils._plain import plain
from ..plugin_utils._tls.files import asked_files, certificate_files, ticket_files
from ..plugin_utils._tls.pem import PemError, parts
from ..plugin_utils._tls.source import reader


class LookupModule(LookupBase):  # type: ignore[misc]
    """The model's part -> files."""

    def run(self, terms: Sequence[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        self.set_options(var_options=variables, direct=kwargs)
        given, secret = plain(self.get_option("certificates")), plain(self.get_option("secret"))
        pairs = plain(self.get_option("pairs"))
        read = reader(self._loader, variables or {})
        found: list[Any] = []
        for tls in plain(list(terms)):
            if not tls:
                continue
            found += _asked(tls, pairs)
            if tls["tickets"] and (pairs is None or tls["ticket_days"]):
                found += ticket_files([secret] if isinstance(secret, str) else secret, tls["ticket_days"], time.time())
            if pairs is not None:
                continue
            ours = {one["name"]: one["key"] is not None for one in tls["certificates"] if _is_read(one)}
            try:
                pems = {name: parts(given[name], read) for name in ours}
            except (KeyError, PemError) as error:
                raise AnsibleLookupError("lvs_certificates: %s" % " ".join(map(str, error.args))) from None
            found += certificate_files(pems, [name for name, with_key in ours.items() if with_key])
        return found


def _is_read(one: Mapping[str, Any]) -> bool:
    """Whether it is on the controller."""
    return not one["on_node"] and not one["asked"]


def _asked(tls: Mapping[str, Any], pairs: Sequence[Mapping[str, str]] | None) -> Iterator[dict[str, str]]:
    """The files of certificates that nodes get. Of several for a name the last one counts."""
    known = {one["name"]: one for one in pairs or ()}
    for one in tls["certificates"]:
        asked = one["asked"]
        if asked and (pairs is None or one["name"] in known):
            kind = asked["acme"]["kind"] if asked["acme"] else "ecdsa"
            yield from asked_files(one["name"], asked["names"], kind, known.get(one["name"]))
