#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_files
short_description: What is in the files of certificates on a node
version_added: 0.2.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Reads certificates that a directory of ACME or a program brings, in C(/etc/nginx/lvs-certificates), and what became
    of earlier questions for them.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.info
  - vipstack.lvs.attributes.platform
options:
  names:
    description: Keys of C(lvs_certificates).
    type: list
    elements: str
    required: true
  with_keys:
    description: Whether private keys are returned. Such a task needs C(no_log).
    type: bool
    default: false
seealso:
  - module: vipstack.lvs.certificate_order
"""

EXAMPLES = r"""
- name: Look at the certificate of the shop
  vipstack.lvs.certificate_files:
    names: [shop]
  register: seen
"""

RETURN = r"""
certificates:
  description: By name.
  type: dict
  returned: always
  contains:
    chain: {description: "Certificates in PEM, empty without a file.", type: str}
    source: {description: "Where they come from, empty where that is not known.", type: str}
    fits: {description: Whether the private key is that of the certificate., type: bool}
    key: {description: "The private key, with O(with_keys) only.", type: str}
    tried:
      description: Questions of the last week.
      type: list
      elements: dict
      contains:
        age: {description: Seconds ago., type: float}
        what: {description: "What was asked for, in a word.", type: str}
        issued: {description: Whether a certificate came., type: bool}
        words: {description: What was said instead., type: str}
client:
  description: Whether the client of ACME is installed.
  type: bool
  returned: always
"""

import shutil

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._certificates.files import look
from ..module_utils._certificates.order import CLIENT
from ..module_utils._errors import LvsError
from ..module_utils._host.files import HostFiles


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "required": True},
            "with_keys": {"type": "bool", "default": False, "no_log": False},
        },
        supports_check_mode=True,
    )
    files = HostFiles()
    try:
        found = {name: look(name, module.params["with_keys"], files) for name in module.params["names"]}
    except LvsError as error:
        module.fail_json(msg=error.message)
    module.exit_json(changed=False, certificates=found, client=shutil.which(CLIENT) is not None)


if __name__ == "__main__":
    main()
