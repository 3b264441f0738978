#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_order
short_description: Ask for a certificate
version_added: 0.2.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Asks a directory of ACME by HTTP-01, or runs a program that prints a certificate.
  - The action of the same name makes the private key on the controller and looks at what comes. With a directory the
    key is never on this node before the certificate is.
  - What is refused is no failure of the task, whose result is secret, but C(trouble) in it.
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.inner
  - vipstack.lvs.attributes.platform
attributes:
  check_mode:
    support: full
    details: [Nobody is asked.]
  diff_mode:
    support: none
  idempotent:
    support: none
options:
  name:
    description: Key of C(lvs_certificates).
    type: str
    required: true
  names:
    description: Names that the certificate has to be for.
    type: list
    elements: str
    default: []
  kind:
    description: Kind of the key that is made.
    type: str
    choices: [ecdsa, rsa]
    default: ecdsa
  source:
    description: Where the certificate comes from, in a line.
    type: str
    default: ""
  what:
    description: What is asked for, in a word, by which failures are counted.
    type: str
    default: ""
  directory:
    description: Where the directory is.
    type: str
  contact:
    description: Mail addresses of the account.
    type: list
    elements: str
    default: []
  trusted:
    description: Certificates of authorities in PEM that the directory's own one is trusted by.
    type: str
    default: ""
  command:
    description: Program and arguments, instead of O(directory).
    type: list
    elements: str
    default: []
  request:
    description: The request for a certificate in PEM, which the action makes.
    type: str
    default: ""
seealso:
  - module: vipstack.lvs.certificate_files
"""

EXAMPLES = r"""
- name: Ask for the certificate of the shop
  vipstack.lvs.certificate_order:
    name: shop
    names: [shop.example.com]
    directory: https://ca.example.com/directory
  register: ordered
  no_log: true
"""

RETURN = r"""
pair:
  description: The certificate that came, as it is brought to nodes. Of the action.
  type: dict
  returned: when it came
  contains:
    name: {description: Key of C(lvs_certificates)., type: str}
    chain: {description: Certificates in PEM., type: str}
    key: {description: The private key., type: str}
    source: {description: "O(source).", type: str}
text:
  description: What came, in PEM. Of the module.
  type: str
  returned: always
trouble:
  description: Why none came.
  type: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._certificates.files import note
from ..module_utils._certificates.order import ARGUMENTS, Order, by_directory, by_program
from ..module_utils._errors import LvsError
from ..module_utils._host.files import HostFiles


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        mutually_exclusive=[("directory", "command")],
        supports_check_mode=True,
    )
    given = module.params
    if module.check_mode:
        module.exit_json(changed=True, text="", trouble="")
    try:
        if given["command"]:
            answer = by_program(given["command"])
        else:
            order = Order(given["name"], given["request"], given["directory"], given["contact"], given["trusted"])
            answer = by_directory(order)
        note(given["name"], given["what"], bool(answer.text), answer.words, HostFiles())
    except (LvsError, OSError) as error:
        module.exit_json(changed=False, text="", trouble=str(error))
    module.exit_json(changed=bool(answer.text), text=answer.text, trouble=answer.words)


if __name__ == "__main__":
    main()
