#!/usr/bin/python
# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_tree
short_description: Keep the configuration files of a daemon as one unit, validated before and seen to serve after
version_added: 0.1.0
description:
  - Takes all files that a daemon reads below one directory as one set. The daemon checks the new set as if it were in
    place; then it replaces the old one in one step; the daemon reloads, and has to serve. Otherwise the old set comes
    back.
  - The check runs in a mount namespace of its own, so it sees the final absolute paths while everybody else sees the
    old files. Where that is not allowed, as in a container without rights, the set is swapped first, checked, and
    swapped back before the daemon is told.
  - Several files change in one system call, by exchanging their directory for a copy that shares all other files by
    hard links. Where a directory cannot be exchanged (it is a mount point, lies on the lower layer of overlayfs, or is
    one of the directories directly below the root) the files are renamed one after the other.
  - A run that is killed leaves the old set or the new one, and a journal. The next run finishes or undoes it first.
  - A manifest remembers which files the set made. Files that are no longer wanted go, files that it never made stay.
author: vipstack.lvs contributors (@vipstack)
extends_documentation_fragment:
  - vipstack.lvs.attributes
  - vipstack.lvs.attributes.platform
attributes:
  check_mode:
    support: full
    details:
      - The set is checked by the daemon in check mode, too, without a trace in the file system.
      - What the daemon's own check writes (Nginx makes the log files that it finds missing) is gone afterwards where
        O(validate_scratch) names the directory.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  path: &path
    description:
      - Absolute path of the directory that the set lives under. It is created where it is absent, for root with
        O(directory_mode).
      - Needed where there is no O(sets).
    type: path
  name: &name
    description:
      - Identity of the set, the name of its manifest in O(state_dir). The last part of O(path) by default.
      - Two sets in one directory, or in two of the same name, need names of their own.
    type: str
  files: &files
    description:
      - The files of the set. An empty list removes all that the set made.
      - Needed where there is no O(sets).
    type: list
    elements: dict
    suboptions:
      path:
        description: Path relative to O(path). Directories on the way are created with O(directory_mode).
        type: str
        required: true
      content:
        description: The whole text of the file. Needed unless O(files[].state=absent).
        type: str
      mode:
        description: Permissions as octal digits in quotes.
        type: raw
        default: "0644"
      owner:
        description: Name of the owner.
        type: str
        default: root
      group:
        description: Name of the group.
        type: str
        default: root
      state:
        description:
          - Whether the file is to be there. V(absent) removes a file or link whoever made it.
          - V(kept) is V(present) where there is no file yet. One that is there stays as it is, whoever made it.
        type: str
        choices: [present, absent, kept]
        default: present
      beside:
        description:
          - Path of another file of the set. A V(kept) file stays only where this one is there, too, as a key with its
            certificate.
        type: str
  secrets: &secrets
    description:
      - Strings that no output may show. They are hidden in the diff, in errors and in what the daemon says.
      - The secret that is being replaced is hidden too, since the place of a secret in its line is remembered.
      - A file in which a secret is a whole line is not shown at all.
    type: list
    elements: str
    default: []
  validate: &validate
    description: Command that checks the set at its final paths. It is not run where nothing differs.
    type: list
    elements: str
    default: []
  validate_stderr: &validate_stderr
    description:
      - V(empty) takes anything on standard error as a refusal, as Keepalived needs it. V(any) goes by the exit status.
    type: str
    choices: [any, empty]
    default: any
  validate_requires: &validate_requires
    description: Files that O(validate) needs. Where one is absent, check mode leaves the check out and says so.
    type: list
    elements: path
    default: []
  validate_scratch: &validate_scratch
    description:
      - Directories into which O(validate) itself writes, such as those of logs and process ids. It gets copies of the
        files directly in them, so what it writes there is gone afterwards, in check mode and otherwise.
    type: list
    elements: path
    default: []
  service: &service
    description:
      - Unit of systemd that is reloaded after a change where it is active. It has to be active afterwards.
      - A service that is not active is left alone.
    type: str
  reload: &reload
    description: Command that makes the daemon read its files again, where systemd does not manage it.
    type: list
    elements: str
    default: []
  daemon_reload: &daemon_reload
    description: Make systemd read its units again after a change, for sets of drop-ins.
    type: bool
    default: false
  confirm: &confirm
    description:
      - Command that exits with 0 when the new configuration serves. It is run after a reload and tried again until
        O(confirm_timeout). It should ask for what the old configuration does not answer.
      - Its environment has E(CONFIG_TREE_LOADED_AT). That is when the reload began, in seconds since the boot, as
        C(/proc/uptime) has it.
    type: list
    elements: str
    default: []
  confirm_timeout: &confirm_timeout
    description: Seconds that O(confirm) has.
    type: float
    default: 5
  log: &log
    description: File that the daemon writes its errors to, besides the journal. New lines in it are part of the error.
    type: path
  purge: &purge
    description: Whether files that the set made and that are no longer wanted go.
    type: bool
    default: true
  directory_mode: &directory_mode
    description: Permissions of directories that are created, as octal digits in quotes.
    type: raw
    default: "0755"
  state_dir: &state_dir
    description: Directory of manifests, journals and locks.
    type: path
    default: /var/lib/vipstack-lvs
  sets:
    description:
      - Several sets in one run, one after the other; each is a unit by itself and takes what a task with one set takes.
      - Where one fails, those before it stay, those after it are not begun, and the error names it.
    type: list
    elements: dict
    suboptions:
      path: *path
      name: *name
      files: *files
      secrets: *secrets
      validate: *validate
      validate_stderr: *validate_stderr
      validate_requires: *validate_requires
      validate_scratch: *validate_scratch
      service: *service
      reload: *reload
      daemon_reload: *daemon_reload
      confirm: *confirm
      confirm_timeout: *confirm_timeout
      log: *log
      purge: *purge
      directory_mode: *directory_mode
      state_dir: *state_dir
"""

EXAMPLES = r"""
- name: The Keepalived configuration is validated, in place and loaded
  vipstack.lvs.config_tree:
    path: /etc/keepalived
    name: keepalived
    files:
      - path: keepalived.conf
        content: "{{ lookup('ansible.builtin.template', 'keepalived.conf.j2') }}"
        mode: "0640"
    secrets: ["{{ auth_pass }}"]
    validate: [keepalived, -t, -f, /etc/keepalived/keepalived.conf]
    validate_stderr: empty
    validate_requires: [/usr/sbin/keepalived]
    service: keepalived.service

- name: Two sites are served, and the packaged one is gone
  vipstack.lvs.config_tree:
    path: /etc/nginx
    files:
      - path: conf.d/www.conf
        content: "{{ lookup('ansible.builtin.template', 'www.conf.j2') }}"
      - path: conf.d/api.conf
        content: "{{ lookup('ansible.builtin.template', 'api.conf.j2') }}"
      - path: sites-enabled/default
        state: absent
    validate: [nginx, -t]
    validate_scratch: [/run, /var/log/nginx, /var/lib/nginx]
    service: nginx.service
    confirm: [curl, --fail, --silent, --output, /dev/null, "http://127.0.0.1:8081/health"]
    log: /var/log/nginx/error.log

- name: A drop-in and the daemon's own file in one run, the drop-in first
  vipstack.lvs.config_tree:
    sets:
      - path: /etc/systemd/system/keepalived.service.d
        files: [{path: restart.conf, content: "[Service]\nRestart=on-failure\n"}]
        daemon_reload: true
      - path: /etc/keepalived
        files: [{path: keepalived.conf, content: "{{ text }}", mode: "0640"}]
        validate: [keepalived, -t, -f, /etc/keepalived/keepalived.conf]
        service: keepalived.service

- name: A drop-in is known to systemd
  vipstack.lvs.config_tree:
    path: /etc/systemd/system/keepalived.service.d
    files:
      - path: restart.conf
        content: |
          [Service]
          Restart=on-failure
    daemon_reload: true
"""

RETURN = r"""
files:
  description: Every file that was looked at, in the order given, then those that purging looked at.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Path relative to the directory of the set, or the whole path with O(sets).
      type: str
    state:
      description: What happened to it, or would in check mode. One of C(created), C(changed), C(removed), C(unchanged).
      type: str
  sample: [{"path": "keepalived.conf", "state": "changed"}]
validated:
  description: Whether the daemon checked the new set. False where nothing differs or there is no O(validate).
  returned: always
  type: bool
  sample: true
reloaded:
  description:
    - Whether the daemon (or systemd, for its drop-ins) loaded the new set, or would in check mode. Where the old set is
      back, whether that was loaded.
  returned: always
  type: bool
  sample: true
confirmed:
  description: Whether the daemon was seen to serve after the reload.
  returned: always
  type: bool
  sample: true
rolled_back:
  description: Whether the new set was in place and the old one is back. Such a task fails.
  returned: always
  type: bool
  sample: false
recovered:
  description: What became of an earlier run that was killed. One of C(nothing), C(finished), C(undone).
  returned: success
  type: str
  sample: nothing
notes:
  description: What check mode could not do, and what an interrupted run left. Each is a warning, too.
  returned: success
  type: list
  elements: str
  sample: []
kept:
  description:
    - Files of somebody else that were replaced or removed, or would be in check mode. Their first version is kept, with
      its rights, in C(foreign) in O(state_dir).
  returned: success
  type: list
  elements: str
  sample: [/etc/keepalived/keepalived.conf]
daemon:
  description: The daemon's lines, each followed by the line of the file that it names.
  returned: when the daemon refuses the set or does not serve it
  type: list
  elements: str
  sample:
    - "(Line 3) Unknown keyword 'vrrp_instnace'"
    - "    /etc/keepalived/keepalived.conf:3: vrrp_instnace web {"
"""

import os
import re
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._config_tree.plan import UNKNOWN_ID, Loading, from_options, parse_mode
from ..module_utils._config_tree.request import Outcome, Request
from ..module_utils._config_tree.run import Run
from ..module_utils._config_tree.text import secret_values
from ..module_utils._errors import InvalidInput, LvsError
from ..module_utils._host import places
from ..module_utils._host.accounts import group_name, group_number, user_name, user_number


def _new_or(name_of: Callable[[int], str]) -> Callable[[int], str]:
    return lambda number: "(new)" if number == UNKNOWN_ID else name_of(number)


def _request(params: dict[str, Any], lenient: bool) -> Request:
    path = os.path.normpath(params["path"])
    name = params["name"] or os.path.basename(path)
    mode = parse_mode(params["directory_mode"])
    problems = []
    if not os.path.isabs(path) or path == "/":
        problems.append("path is %s; must be absolute and not /" % params["path"])
    if not re.match(r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*$", name):
        problems.append("name is %r; must be letters, digits and _.@-" % name)
    if mode is None:
        problems.append(
            'directory_mode is %r; must be octal digits in quotes, such as "0755"' % params["directory_mode"]
        )
    if problems or mode is None:
        raise InvalidInput(problems)
    return Request(
        path=path,
        name=name,
        wanted=from_options(params["files"], user_number, group_number, lenient),
        state_dir=params["state_dir"],
        directory_mode=mode,
        purge=params["purge"],
        secrets=tuple(params["secrets"]),
        validate=tuple(params["validate"]),
        validate_stderr_empty=params["validate_stderr"] == "empty",
        validate_requires=tuple(params["validate_requires"]),
        validate_scratch=tuple(params["validate_scratch"]),
        loading=Loading(
            daemon_reload=params["daemon_reload"],
            service=params["service"] or "",
            reload=tuple(params["reload"]),
            confirm=tuple(params["confirm"]),
            confirm_timeout=params["confirm_timeout"],
            log=params["log"] or "",
        ),
    )


def _label(module: AnsibleModule) -> Callable[[str], str | None]:
    def label(path: str) -> str | None:
        context = module.selinux_default_context(path) if module.selinux_enabled() else []
        return ":".join(context) if context and all(context) else None

    return label


def _result(outcomes: list[tuple[Request, Outcome]], whole_paths: bool, with_diff: bool) -> dict[str, Any]:
    """The answer of a run of one set or several; paths are whole ones where there are several."""

    def named(request: Request, files: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{**file, "path": os.path.join(request.path, file["path"])} if whole_paths else file for file in files]

    each = [outcome for _request, outcome in outcomes]
    recovered = [outcome.recovered for outcome in each if outcome.recovered != "nothing"]
    result: dict[str, Any] = {
        "changed": any(outcome.changed for outcome in each),
        "files": [file for request, outcome in outcomes for file in named(request, outcome.files)],
        "validated": any(outcome.validated for outcome in each),
        "reloaded": any(outcome.reloaded for outcome in each),
        "confirmed": any(outcome.confirmed for outcome in each),
        "rolled_back": False,
        "recovered": recovered[0] if recovered else "nothing",
        "notes": [note for outcome in each for note in outcome.notes],
        "kept": [path for outcome in each for path in outcome.kept],
    }
    return {**result, "diff": [one for outcome in each for one in outcome.diff]} if with_diff else result


SET: dict[str, Any] = {
    "path": {"type": "path"},
    "name": {"type": "str"},
    "files": {
        "type": "list",
        "elements": "dict",
        "options": {
            "path": {"type": "str", "required": True},
            "content": {"type": "str"},
            "mode": {"type": "raw", "default": "0644"},
            "owner": {"type": "str", "default": "root"},
            "group": {"type": "str", "default": "root"},
            "state": {"type": "str", "choices": ["present", "absent", "kept"], "default": "present"},
            "beside": {"type": "str"},
        },
    },
    "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
    "validate": {"type": "list", "elements": "str", "default": []},
    "validate_stderr": {"type": "str", "choices": ["any", "empty"], "default": "any"},
    "validate_requires": {"type": "list", "elements": "path", "default": []},
    "validate_scratch": {"type": "list", "elements": "path", "default": []},
    "service": {"type": "str"},
    "reload": {"type": "list", "elements": "str", "default": []},
    "daemon_reload": {"type": "bool", "default": False},
    "confirm": {"type": "list", "elements": "str", "default": []},
    "confirm_timeout": {"type": "float", "default": 5},
    "log": {"type": "path"},
    "purge": {"type": "bool", "default": True},
    "directory_mode": {"type": "raw", "default": "0755"},
    "state_dir": {"type": "path", "default": places.STATE},
}


_NEEDED = {"mutually_exclusive": [("service", "reload")], "required_together": [("path", "files")]}


def _carry_out(module: AnsibleModule, params: dict[str, Any], which: str = "") -> tuple[Request, Outcome]:
    """One set. Ends the module where it fails; ``which`` begins the error."""
    nothing = {"validated": False, "reloaded": False, "confirmed": False, "rolled_back": False}
    module.no_log_values.update(secret_values(params["secrets"]))
    run = None
    try:
        request = _request(params, module.check_mode)
        run = Run(request, (_new_or(user_name), _new_or(group_name)), _label(module))
        outcome = run.preview() if module.check_mode else run.carry_out()
    except LvsError as error:
        if run is not None:
            module.no_log_values.update(run.outcome.hidden)
        module.fail_json(msg=which + error.message, **{**nothing, **error.details})
    module.no_log_values.update(outcome.hidden)
    for note in outcome.notes:
        module.warn("%s: %s" % (request.path, note))
    return request, outcome


def main() -> None:
    sets = {"type": "list", "elements": "dict", "options": SET, "required_one_of": [("path", "files")], **_NEEDED}
    module = AnsibleModule(
        argument_spec={**SET, "sets": sets},
        mutually_exclusive=[*_NEEDED["mutually_exclusive"], ("path", "sets")],
        required_together=_NEEDED["required_together"],
        required_one_of=[("path", "sets")],
        supports_check_mode=True,
    )
    several = module.params["sets"]
    if several is None:
        outcomes = [_carry_out(module, module.params)]
    else:
        outcomes = [
            _carry_out(module, params, "sets[%d] (%s): " % (index, params["name"] or params["path"]))
            for index, params in enumerate(several)
        ]
    module.exit_json(**_result(outcomes, whole_paths=several is not None, with_diff=module._diff))


if __name__ == "__main__":
    main()
