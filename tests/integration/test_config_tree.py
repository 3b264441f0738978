# Copyright: (c) 2026, vipstack.lvs contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""config_tree with real daemons, real mounts and a real full disk.

Runs as root on any Linux with Nginx and Keepalived installed; neither has to run. The Nginx of these tests is their
own, in a temporary directory, and listens on unix sockets only. Nothing is sent anywhere.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.plan import File, Loading
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.request import Outcome, Request
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.run import Run
from ansible_collections.vipstack.lvs.plugins.module_utils._config_tree.validation import NoPrivateMounts, validate
from ansible_collections.vipstack.lvs.plugins.module_utils._errors import LvsError


def lacking() -> str:
    """Why these tests cannot run here, "" where they can."""
    if os.geteuid() != 0:
        return "needs root"
    missing = [name for name in ("nginx", "keepalived", "mount") if shutil.which(name) is None]
    if missing:
        return "not installed: %s" % ", ".join(missing)
    try:
        validate(["true"], "/etc", {}, 0o755)
    except NoPrivateMounts as reason:
        return "no private mounts: %s" % reason
    return ""


pytestmark = pytest.mark.skipif(bool(lacking()), reason=lacking())


class Set:
    """A set in a directory of its own."""

    def __init__(self, root: Path, path: Path | None = None) -> None:
        self.root = root
        self.path = path or root / "etc" / "set"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.options: dict[str, Any] = {}

    def request(self, files: dict[str, str | None], **more: Any) -> Request:
        wanted = {path: None if text is None else File(text.encode(), 0o644, 0, 0) for path, text in files.items()}
        options = {"path": str(self.path), "name": "set", "state_dir": str(self.root / "state"), "wanted": wanted}
        return Request(**{**options, **self.options, **more})

    def run(self, files: dict[str, str | None], **more: Any) -> Outcome:
        return Run(self.request(files, **more)).carry_out()

    def preview(self, files: dict[str, str | None], **more: Any) -> Outcome:
        return Run(self.request(files, **more)).preview()

    def texts(self) -> dict[str, str]:
        found = sorted(path for path in self.path.rglob("*") if path.is_file())
        return {str(path.relative_to(self.path)): path.read_text() for path in found}

    def refused(self, files: dict[str, str | None], **more: Any) -> LvsError:
        with pytest.raises(LvsError) as caught:
            self.run(files, **more)
        return caught.value


def everything(root: Path) -> dict[str, tuple[Any, ...]]:
    """The metadata of all entries below a directory, except access times."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in [root, *sorted(root.rglob("*"))]:
        info = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        found[str(path)] = (info.st_mode, info.st_ino, info.st_nlink, info.st_mtime_ns, info.st_ctime_ns, data)
    return found


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text()


@pytest.fixture
def mounted() -> Iterator[Any]:
    """Mounts for one test, gone after it."""
    made: list[Path] = []

    def mount(kind: str, target: Path, options: str = "") -> Path:
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", kind, "-o", options or "rw", kind, str(target)], check=True)
        made.append(target)
        return target

    yield mount
    for target in reversed(made):
        subprocess.run(["umount", "--lazy", str(target)], check=True)


# --- Keepalived -------------------------------------------------------------------------------------------------------

KEEPALIVED = "global_defs {\n  router_id d1\n  dynamic_interfaces\n}\n"
INSTANCE = """vrrp_instance web {
  interface eth0
  virtual_router_id 51
  priority 100
  advert_int 1
  authentication {
    auth_type PASS
    auth_pass %s
  }
  virtual_ipaddress {
    198.51.100.200/24
  }
}
"""


@pytest.fixture
def keepalived(tmp_path: Path) -> Set:
    found = Set(tmp_path)
    found.options = {
        "validate": ("keepalived", "-t", "-f", str(found.path / "keepalived.conf")),
        "validate_stderr_empty": True,
    }
    return found


def test_keepalived_proves_a_set_that_is_not_there_yet(keepalived: Set) -> None:
    files: dict[str, str | None] = {
        "keepalived.conf": "include %s/conf.d/*.conf\n%s" % (keepalived.path, KEEPALIVED),
        "conf.d/web.conf": INSTANCE % "geheim1",
    }
    assert keepalived.preview(files).validated
    assert not keepalived.path.exists()
    assert keepalived.run(files).validated
    assert keepalived.texts() == files


def test_keepalived_refuses_and_its_line_stands_beside_ours(keepalived: Set) -> None:
    keepalived.run({"keepalived.conf": KEEPALIVED})
    before = everything(keepalived.path)
    wrong = KEEPALIVED + (INSTANCE % "geheim1").replace("auth_pass", "auth_word")
    error = keepalived.refused({"keepalived.conf": wrong}, secrets=("geheim1",))
    place = "%s/keepalived.conf" % keepalived.path
    assert "Unknown keyword 'auth_word'" in error.details["daemon"][0]
    assert error.details["daemon"][1] == "    %s:12: auth_word ********" % place
    assert "geheim1" not in error.message
    assert everything(keepalived.path) == before


def test_keepalived_refuses_an_included_file_at_its_final_path(keepalived: Set) -> None:
    main = "include %s/conf.d/*.conf\n%s" % (keepalived.path, KEEPALIVED)
    keepalived.run({"keepalived.conf": main, "conf.d/web.conf": INSTANCE % "x"})
    error = keepalived.refused({"keepalived.conf": main, "conf.d/web.conf": "vrrp_instnace web {\n}\n"})
    assert "    %s/conf.d/web.conf:1: vrrp_instnace web {" % keepalived.path in error.details["daemon"]
    assert keepalived.texts()["conf.d/web.conf"] == INSTANCE % "x"


def test_the_proof_is_of_the_new_set_and_not_of_the_one_in_place(keepalived: Set) -> None:
    """The old set is broken by hand: a new good one must still be accepted, and in check mode too."""
    keepalived.run({"keepalived.conf": KEEPALIVED})
    (keepalived.path / "keepalived.conf").write_text("nonsense {\n")
    assert keepalived.preview({"keepalived.conf": KEEPALIVED}).validated
    assert keepalived.run({"keepalived.conf": KEEPALIVED}).validated


def test_check_mode_refuses_what_a_run_would_refuse(keepalived: Set) -> None:
    keepalived.run({"keepalived.conf": KEEPALIVED})
    before, mounts_before = everything(keepalived.root), mounts()
    with pytest.raises(LvsError, match="keepalived refuses the new set"):
        keepalived.preview({"keepalived.conf": "nonsense\n"})
    assert everything(keepalived.root) == before
    assert mounts() == mounts_before


# --- Nginx ------------------------------------------------------------------------------------------------------------


class Nginx(Set):
    """A running Nginx that reads the set, all in one directory."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        for name in ("run", "log", "lib"):
            (root / name).mkdir()
        self.log = root / "log" / "error.log"
        self.main = self.path / "nginx.conf"
        self.argv = ("nginx", "-e", str(self.log), "-p", str(root), "-c", str(self.main))
        self.options = {
            "validate": (*self.argv, "-t"),
            "validate_scratch": tuple(str(root / name) for name in ("run", "log", "lib")),
            "loading": Loading(),
        }

    def site(self, name: str, answer: str) -> str:
        return 'server { listen unix:%s/run/%s.sock; return 200 "%s"; }\n' % (self.root, name, answer)

    def files(self, **sites: str) -> dict[str, str | None]:
        lib = self.root / "lib"
        temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        main = (
            "pid %s/run/nginx.pid;\nworker_processes 1;\nerror_log %s;\nevents { worker_connections 64; }\nhttp {\n"
            % (
                self.root,
                self.log,
            )
        )
        main += "".join("  %s_temp_path %s/%s;\n" % (name, lib, name) for name in temporary)
        main += "  access_log %s/log/access.log;\n  include %s/conf.d/*.conf;\n}\n" % (self.root, self.path)
        return {"nginx.conf": main, **{"conf.d/%s.conf" % name: text for name, text in sites.items()}}

    def loading(self, name: str, answer: str, seconds: float = 300) -> Loading:
        """Reload, and wait until that site gives that answer, so long at most."""
        ask = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
        ask += "s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n'); t=b''\n"
        ask += "while True:\n d=s.recv(999)\n t+=d\n if not d: break\n"
        ask += "sys.exit(0 if t.endswith(sys.argv[2].encode()) else t.decode())"
        return Loading(
            reload=(*self.argv, "-s", "reload"),
            confirm=(sys.executable, "-c", ask, "%s/run/%s.sock" % (self.root, name), answer),
            confirm_timeout=seconds,
            log=str(self.log),
        )

    def ask(self, name: str) -> str:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect("%s/run/%s.sock" % (self.root, name))
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            text = b""
            while True:
                part = client.recv(999)
                text += part
                if not part:
                    return text.decode().rsplit("\r\n\r\n", 1)[1]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A unix socket's path may have 107 bytes."""
    root = Path(tempfile.mkdtemp(prefix="ct-", dir="/tmp"))
    root.chmod(0o755)
    yield root
    shutil.rmtree(root)


@pytest.fixture
def nginx(short_path: Path) -> Iterator[Nginx]:
    found = Nginx(short_path)
    found.run(found.files(www=found.site("www", "one")))
    # In the foreground it is our own child: it is ended by its handle, whatever became of its files.
    master = subprocess.Popen([*found.argv, "-g", "daemon off;"])
    try:
        wait_until(lambda: (short_path / "run" / "nginx.pid").exists() and found.ask("www") == "one")
        yield found
    finally:
        master.terminate()
        master.wait(timeout=120)


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not done():
        assert time.monotonic() < until, "it does not come"
        time.sleep(0.05)


def test_nginx_serves_the_new_set_when_the_task_ends(nginx: Nginx) -> None:
    assert nginx.ask("www") == "one"
    outcome = nginx.run(
        nginx.files(www=nginx.site("www", "two"), api=nginx.site("api", "hello")), loading=nginx.loading("api", "hello")
    )
    assert (outcome.validated, outcome.reloaded, outcome.confirmed) == (True, True, True)
    assert nginx.ask("api") == "hello"
    wait_until(lambda: nginx.ask("www") == "two")  # an old worker may take a request until it has heard of the reload


def test_nginx_refuses_an_included_file_and_goes_on_with_the_old(nginx: Nginx) -> None:
    error = nginx.refused(nginx.files(www="server {\n  foo bar;\n}\n"), loading=nginx.loading("www", "two"))
    assert 'unknown directive "foo" in %s/conf.d/www.conf:2' % nginx.path in error.message
    assert "    %s/conf.d/www.conf:2: foo bar;" % nginx.path in error.details["daemon"]
    assert nginx.texts()["conf.d/www.conf"] == nginx.site("www", "one")
    assert nginx.ask("www") == "one"


def test_nginx_accepts_but_does_not_serve_so_the_old_set_comes_back(nginx: Nginx) -> None:
    """The check does not mind an address that somebody else has; the reload does, in the error log only."""
    taken = nginx.root / "run" / "taken.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(taken))
        other.listen()
        before = nginx.texts()
        files = nginx.files(www=nginx.site("www", "two"), taken=nginx.site("taken", "mine"))
        error = nginx.refused(files, loading=nginx.loading("www", "two", 3))
    assert error.details["validated"]
    assert error.details["rolled_back"]
    assert error.details["reloaded"]
    assert any("Address already in use" in line for line in error.details["daemon"])
    assert nginx.texts() == before
    assert nginx.ask("www") == "one"
    assert nginx.run(nginx.files(www=nginx.site("www", "two")), loading=nginx.loading("www", "two")).confirmed


def test_check_mode_proves_and_leaves_no_trace_not_even_the_daemons(nginx: Nginx) -> None:
    """A check of Nginx makes the logs and directories that it does not find; here it does so in scratch."""
    for name in ("log", "lib"):
        shutil.rmtree(nginx.root / name)
        (nginx.root / name).mkdir()
    before, mounts_before = everything(nginx.root), mounts()
    assert nginx.preview(nginx.files(www=nginx.site("www", "two"))).validated
    assert everything(nginx.root) == before
    assert mounts() == mounts_before
    nginx.preview(nginx.files(www=nginx.site("www", "two")), validate_scratch=())
    assert everything(nginx.root) != before


# --- file systems -----------------------------------------------------------------------------------------------------

OLD: dict[str, str | None] = {"main.conf": "old main\n", "conf.d/a.conf": "old a\n", "conf.d/b.conf": "old b\n"}
NEW: dict[str, str | None] = {"main.conf": "new main\n", "conf.d/a.conf": "new a\n", "sites/c.conf": "new c\n"}


def fill(directory: Path) -> None:
    handle = os.open(directory / "filler", os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(handle, b"x" * 4096)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    finally:
        os.close(handle)


def test_a_full_disk_changes_nothing_and_is_named(tmp_path: Path, mounted: Any) -> None:
    disk = mounted("tmpfs", tmp_path / "disk", "size=128k")
    found = Set(tmp_path, disk / "etc" / "set")
    found.run(OLD)
    fill(disk)
    before = everything(found.path)
    error = found.refused({**NEW, "main.conf": "x" * 50000})
    assert "cannot be changed: the disk is full" in error.message
    assert "the old set is in place" in error.message
    assert everything(found.path) == before
    assert os.listdir(disk / "etc") == ["set"]
    (disk / "filler").unlink()
    assert found.run(NEW).changed
    assert found.texts() == NEW


def test_a_full_disk_of_the_state_changes_nothing(tmp_path: Path, mounted: Any) -> None:
    found = Set(tmp_path)
    found.run(OLD)
    state = mounted("tmpfs", tmp_path / "full", "size=64k")
    shutil.copytree(tmp_path / "state", state / "state")
    fill(state)
    assert "the disk is full" in found.refused(NEW, state_dir=str(state / "state")).message
    assert found.texts() == OLD
    assert sorted(path.name for path in (state / "state").iterdir()) == ["set.json", "set.lock"]


def test_the_way_back_needs_no_room(tmp_path: Path, mounted: Any) -> None:
    """The disk fills up between the swap and the reload, which fails."""
    disk = mounted("tmpfs", tmp_path / "disk", "size=256k")
    found = Set(tmp_path, disk / "etc" / "set")
    found.run(OLD)
    reload = "grep -q old %s/main.conf || { cat /dev/zero > %s/filler; exit 1; }" % (found.path, disk)
    error = found.refused(NEW, loading=Loading(reload=("sh", "-c", reload)), state_dir=str(disk / "state"))
    assert error.details["rolled_back"]
    assert found.texts() == OLD


def strangers(path: Path) -> None:
    (path / "conf.d" / "mine").mkdir()
    (path / "conf.d" / "mine" / "x").write_text("x\n")
    (path / "conf.d" / "mine.link").symlink_to("../x")


def changes_as_anywhere(found: Set) -> None:
    """The life of a set that cannot be exchanged as a whole."""
    found.run(OLD)
    strangers(found.path)
    assert found.run(NEW).changed
    mine = {"conf.d/mine/x": "x\n"}
    assert found.texts() == {**NEW, **mine}
    assert (found.path / "conf.d" / "mine.link").is_symlink()
    loading = Loading(reload=("sh", "-c", "grep -q new %s/main.conf" % found.path))
    assert found.refused({**OLD, "more/x": "x"}, loading=loading).details["rolled_back"]
    assert found.texts() == {**NEW, **mine}
    assert sorted(path.name for path in found.path.iterdir()) == ["conf.d", "main.conf", "sites"]
    assert not found.run(NEW).changed


def test_a_set_that_is_a_mount_point(tmp_path: Path, mounted: Any) -> None:
    found = Set(tmp_path, mounted("tmpfs", tmp_path / "etc" / "set"))
    changes_as_anywhere(found)
    assert os.listdir(tmp_path / "etc") == ["set"]


def test_a_set_with_something_mounted_in_it(tmp_path: Path, mounted: Any) -> None:
    found = Set(tmp_path)
    (found.path / "conf.d").mkdir(parents=True)
    mounted("tmpfs", found.path / "conf.d")
    changes_as_anywhere(found)
    assert os.path.ismount(found.path / "conf.d")


def test_a_set_on_the_lower_layer_of_an_overlay(tmp_path: Path, mounted: Any) -> None:
    """As in a container whose image has the files."""
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    seed = Set(tmp_path / "seed", lower / "etc" / "set")
    seed.run(OLD)
    (seed.path / "packaged").write_text("p\n")
    for name in ("up", "work"):
        (upper / name).mkdir(parents=True)
    try:
        root = mounted(
            "overlay", tmp_path / "root", "lowerdir=%s,upperdir=%s/up,workdir=%s/work" % (lower, upper, upper)
        )
    except subprocess.CalledProcessError:
        pytest.skip("this kernel has no overlay")
    found = Set(tmp_path, root / "etc" / "set")
    assert found.run(NEW).changed
    stays = {"conf.d/b.conf": "old b\n", "packaged": "p\n"}
    assert found.texts() == {**NEW, **stays}
    assert found.run(OLD).changed
    assert not found.run(OLD).changed


def test_a_set_below_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    """Only the set's own directory can: the stage has to be in it."""
    found = Set(tmp_path)
    found.path.mkdir()
    if subprocess.run(["chattr", "+i", str(found.path.parent)], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable directories")
    try:
        changes_as_anywhere(found)
    finally:
        subprocess.run(["chattr", "-i", str(found.path.parent)], check=True)


def test_the_proof_stays_private_where_mounts_are_shared(tmp_path: Path, mounted: Any) -> None:
    """As systemd makes them: a mount in one namespace would come up in the others, and stay there."""
    shared = mounted("tmpfs", tmp_path / "shared")
    subprocess.run(["mount", "--make-shared", str(shared)], check=True)
    found = Set(tmp_path, shared / "etc" / "set")
    found.run(OLD)
    before = mounts()
    assert found.preview(NEW, validate=("true",)).validated
    assert mounts() == before


def test_extended_attributes_stay(tmp_path: Path) -> None:
    found = Set(tmp_path)
    found.run(OLD)
    os.setxattr(found.path, "user.set", b"directory")
    os.setxattr(found.path / "main.conf", "user.set", b"file")
    found.run(NEW)
    assert os.getxattr(found.path, "user.set") == b"directory"
    assert os.getxattr(found.path / "main.conf", "user.set") == b"file"


def test_the_proof_sees_what_is_mounted_in_the_set_and_its_pipes_and_links(tmp_path: Path, mounted: Any) -> None:
    found = Set(tmp_path)
    found.run(OLD)
    (mounted("tmpfs", found.path / "keys") / "k").write_text("key\n")
    os.mkfifo(found.path / "pipe")
    (found.path / "link").symlink_to("main.conf")
    look = (
        "cd %s; cat keys/k main.conf link conf.d/a.conf; test -p pipe; ls . conf.d; stat -c '%%a %%u' . conf.d"
        % found.path
    )
    verdict = validate(
        ["sh", "-c", look], str(found.path), {"main.conf": File(b"new\n", 0o600, 0, 0), "conf.d/b.conf": None}, 0o755
    )
    assert verdict.errors == ""
    assert " ".join(verdict.output.split()) == (
        "key new new old a .: conf.d keys link main.conf pipe conf.d: a.conf 755 0 755 0"
    )
    assert found.texts()["main.conf"] == "old main\n"
