"""The lab as a whole: picks an engine, brings hosts up and down."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from lab import hosts, image, tools
from lab.containers import WIRE, Containers
from lab.debian import locked
from lab.docker import Docker, DockerEngine
from lab.probe import Probe
from lab.processes import Interrupted, step
from lab.state import BASE, LabError, Settings, State
from lab.uml import Uml, guests
from lab.wire import Wire

DEFAULT_SOCKET = "unix:///var/run/docker.sock"
Engine = DockerEngine | Uml


class Lab:
    """One lab, by its settings; `Lab()` takes them from the environment."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.settings = Settings.of(os.environ if environ is None else environ)

    # -- the engine

    def state(self) -> State:
        """Raises LabError where `up` never ran."""
        state = State.load(self.settings)
        if state is None:
            raise LabError(f"lab {self.settings.name} is not up; run: lab up")
        return state

    def recorded(self) -> Engine | None:
        """The engine that `up` chose, if it ran."""
        state = State.load(self.settings)
        if state is None:
            return None
        if state.engine == "docker":
            return DockerEngine(self.settings, state.docker_host)
        return Uml(self.settings, state.cpu, state.suite)

    def engine(self) -> Engine:
        """The engine of a lab that is up. Raises LabError where none is."""
        engine = self.recorded()
        if engine is None or not engine.is_up():
            raise LabError(f"lab {self.settings.name} is not up; run: lab up")
        return engine

    @property
    def docker(self) -> Docker:
        return self.engine().docker

    @property
    def containers(self) -> Containers:
        return Containers(self.docker, self.settings.name)

    @property
    def wire(self) -> Wire:
        return Wire(self.docker)

    @property
    def probe(self) -> Probe:
        return Probe(self.docker)

    def _choose(self) -> Engine:
        """A daemon that answers and has ip_vs, else a guest of our own."""
        settings = self.settings
        wanted = settings.docker_host or DEFAULT_SOCKET
        if wanted == settings.own_docker_host:  # `eval $(lab env)` of this very lab
            wanted = DEFAULT_SOCKET
        if settings.engine == "docker":
            return DockerEngine(settings, wanted)
        docker = Docker(wanted)
        if settings.engine == "auto" and docker.answers() and docker.carries(settings):
            return DockerEngine(settings, wanted)
        return Uml(settings)

    # -- up and down

    def up(self, fresh: bool = False) -> None:
        """Raises LabError. Whatever is up already is used as it is."""
        tools.require_root()
        engine = recorded = self.recorded()
        if recorded is not None and self.settings.engine not in ("auto", recorded.name):
            raise LabError(
                f"lab {self.settings.name} has engine {recorded.name}; for LAB_ENGINE={self.settings.engine} run first:"
                " lab down"
            )
        if engine is None or not engine.is_up():
            tools.install()
            engine = engine or self._choose()
            if isinstance(engine, Uml):
                tools.require_room(self.settings)
                self._prepare(engine)
            self._record(engine)  # before anything runs: `down` has to find what a cut `up` began
            try:
                engine.up()
            except LabError as error:
                if recorded is None and isinstance(engine, DockerEngine) and not isinstance(error, Interrupted):
                    _remove(self.settings.dir)  # that daemon is the wrong one: the next `up` may choose another
                raise
            self._record(engine)
        containers = Containers(engine.docker, self.settings.name)
        known = [*hosts.BY_NAME, WIRE]
        unready = {*containers.absent(), *self.state().unready}
        names = known if fresh else [name for name in known if name in unready]
        if names:
            self._furnish(engine, empty=not containers.states())
            self.make(names)

    def _record(self, engine: Engine) -> None:
        unready = (State.load(self.settings) or State("", "")).unready
        cpu, suite = (engine.cpu, engine.suite) if isinstance(engine, Uml) else (None, None)
        State(engine.name, engine.docker_host, cpu, suite, unready).save(self.settings)

    def make(self, names: list[str]) -> None:
        """Fresh hosts in place of these, ready for work. An interrupt is remembered: the next `up` makes them again."""
        state = self.state()
        replace(state, unready=tuple(names)).save(self.settings)
        self.docker.load_image(self.settings)  # a recipe that changed since `up`
        with step("hosts"):
            self.containers.up(names)
        replace(state, unready=()).save(self.settings)

    def _furnish(self, engine: Engine, empty: bool) -> None:
        """The hosts' image is in the daemon; a guest that has nothing else yet becomes what later labs start from."""
        if engine.docker.load_image(self.settings) and empty and isinstance(engine, Uml):
            with step("guest disk kept for later labs"):
                engine.keep_disk()

    def _prepare(self, engine: Uml) -> None:
        """What takes long once: the guest's tree and the hosts' image, side by side."""

        def guest() -> None:
            with step("guest tree"):
                engine.prepare()

        def node() -> None:
            with step("hosts' image"):
                image.tarball(self.settings)

        with ThreadPoolExecutor(2) as pool:
            for job in [pool.submit(guest), pool.submit(node)]:
                job.result()

    def down(self, purge: bool = False) -> None:
        """No process, namespace, mount or state stays; the cache does, unless purged."""
        tools.require_root()
        with self._cache_to_purge() if purge else contextlib.nullcontext():
            engine = self._to_end()
            if isinstance(engine, DockerEngine):
                if not engine.is_up():
                    raise LabError(
                        f"no Docker daemon answers at {engine.docker_host}, which has the hosts: start it, or"
                        f" forget them by rm -r {self.settings.dir}"
                    )
                Containers(engine.docker, self.settings.name).down()
                if purge:
                    engine.docker("image", "rm", "-f", image.TAG, check=False)
            engine.down()
            for folder in [self.settings.dir, self.settings.cache] if purge else [self.settings.dir]:
                _remove(folder)
        with contextlib.suppress(OSError):
            BASE.rmdir()  # where nothing is in it

    def _to_end(self) -> Engine:
        """What `up` recorded; without a record, or with one that is broken, what there may be of it."""
        with contextlib.suppress(LabError):
            recorded = self.recorded()
            if recorded is not None:
                return recorded
        if self.settings.engine == "docker":
            return self._choose()
        return Uml(self.settings)

    @contextlib.contextmanager
    def _cache_to_purge(self) -> Iterator[None]:
        """The cache, if no other lab uses it. Raises LabError that names the other lab."""
        cache = self.settings.cache.resolve()
        others = sorted(guest.umid for guest in guests() if cache in guest.root.parents)
        others = [umid for umid in others if umid != self.settings.unique]
        if others:
            raise LabError(f"{cache} is in use by {', '.join(others)}: take down that first, or leave out --purge")
        try:
            with locked(cache, "uml", wait=False), locked(cache, "node", wait=False):
                yield
        except BlockingIOError:
            raise LabError(f"another lab is being made in {cache}: wait for it, or leave out --purge") from None


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
