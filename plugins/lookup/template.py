# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A template as text, without a copy of every variable."""

from __future__ import annotations

DOCUMENTATION = r"""
name: template
short_description: The text of a template, without a copy of every variable
version_added: 0.2.0
author:
  - The vipstack.lvs maintainers (@vipstack)
description:
  - Renders a template of a role as P(ansible.builtin.template#lookup) does. That one copies all variables of the host
    before, the model of the whole inventory among them, for each template; this one does not.
options:
  _terms:
    description: Names of templates.
    required: true
seealso:
  - plugin: ansible.builtin.template
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: The configuration of Keepalived
  ansible.builtin.debug:
    msg: "{{ lookup('vipstack.lvs.template', 'keepalived.conf.j2') }}"
"""

RETURN = r"""
_raw:
  description: The text of each template.
  type: list
  elements: str
"""

import json
import os
from typing import Any, Mapping, Sequence

from ansible import constants
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.template import trust_as_template

# A template that begins so has delimiters of its own, which do not reach what it includes.
_OWN_SYNTAX = "#jinja2:"
# Path of a template, folders of what it includes -> the templar that has compiled them.
_COMPILED: dict[tuple[str, ...], Any] = {}


class LookupModule(LookupBase):  # type: ignore[misc]
    """Template -> text."""

    def run(self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        return [self._text(str(term), variables or {}) for term in terms]

    def _text(self, name: str, variables: Mapping[str, Any]) -> Any:
        path = self.find_file_in_search_path(variables, "templates", name)
        if not path:
            raise AnsibleLookupError("there is no template %s" % name)
        # What a template includes is beside it, or with the templates of the role.
        folders = [os.path.dirname(path)]
        for folder in variables.get("ansible_search_path", ()):
            folders += [os.path.join(folder, "templates"), folder]
        known = {"ansible_managed": constants.DEFAULT_MANAGED_STR, **variables}
        text = str(self._loader.get_text_file_contents(path))
        if text.startswith(_OWN_SYNTAX):
            templar = self._templar.copy_with_new_env(available_variables=known, searchpath=folders)
            return templar.template(trust_as_template(text), escape_backslashes=False)
        # What is included stays compiled, for the next host.
        place = (path, *folders)
        if place not in _COMPILED:
            _COMPILED[place] = self._templar.copy_with_new_env(searchpath=folders)
        _COMPILED[place].available_variables = known
        found = _COMPILED[place].template(trust_as_template("{%% include %s %%}" % json.dumps(os.path.basename(path))))
        return found + "\n" * (_newlines(text) - _newlines(found)) if isinstance(found, str) else found


def _newlines(text: str) -> int:
    """At the end. Jinja takes one of them away."""
    return len(text) - len(text.rstrip("\n"))
