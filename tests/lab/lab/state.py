"""What a lab is called and where its things lie. Pure but for `State.load` and `State.save`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

BASE = Path("/var/tmp/vipstack-lab")
ENGINES = ("auto", "uml", "docker")
MIN_MEM, MIN_DISK = 1 << 30, 3 << 30
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class LabError(Exception):
    """An error that the user can fix. The text is one line: the error, then what to do."""


def size(text: str, name: str = "size") -> int:
    """Bytes of "512M" or "4G"."""
    match = re.fullmatch(r"([1-9][0-9]*)([KMG])", text)
    if not match:
        raise LabError(f"{name} is {text!r}; must be a number and K, M or G, such as 4G")
    return int(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True)
class Settings:
    """One lab, from the environment. Paths are absolute; mem and disk are texts such as 4G."""

    name: str
    dir: Path
    cache: Path
    engine: str
    suite: str | None  # None: the first that has a kernel for guests
    mem: str
    disk: str
    cpu: int | None
    docker_host: str | None

    @property
    def socket(self) -> Path:
        """Where users find the Docker API."""
        return self.dir / "docker.sock"

    @property
    def own_docker_host(self) -> str:
        return f"unix://{self.socket}"

    @property
    def unique(self) -> str:
        """The name of the network namespace and of the guest: two labs never share it, not even by LAB_DIR only."""
        name = f"vipstack-{self.name}"
        return name if self.dir == BASE / self.name else f"{name}-{hashlib.sha256(bytes(self.dir)).hexdigest()[:6]}"

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Settings:
        """Raises LabError for a value that cannot be."""
        name = environ.get("LAB_NAME") or "lab"
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,15}", name):
            raise LabError(f"LAB_NAME is {name!r}; must be 1-16 of a-z, 0-9 and -")
        if name == "cache":
            raise LabError("LAB_NAME is 'cache'; that folder is what all labs share: take another name")
        engine = environ.get("LAB_ENGINE") or "auto"
        if engine not in ENGINES:
            raise LabError(f"LAB_ENGINE is {engine!r}; must be one of {', '.join(ENGINES)}")
        cpu = environ.get("LAB_CPU") or ""
        if cpu and not cpu.isdigit():
            raise LabError(f"LAB_CPU is {cpu!r}; must be the number of a CPU")
        settings = cls(
            name=name,
            dir=Path(environ.get("LAB_DIR") or BASE / name).absolute(),
            cache=Path(environ.get("LAB_CACHE") or BASE / "cache").absolute(),
            engine=engine,
            suite=environ.get("LAB_SUITE") or None,
            mem=environ.get("LAB_MEM") or "4G",
            disk=environ.get("LAB_DISK") or "16G",
            cpu=int(cpu) if cpu else None,
            docker_host=environ.get("DOCKER_HOST") or None,
        )
        if size(settings.mem, "LAB_MEM") < MIN_MEM:
            raise LabError(f"LAB_MEM is {settings.mem}; seven hosts need {MIN_MEM >> 30}G at least")
        if size(settings.disk, "LAB_DISK") < MIN_DISK:
            raise LabError(f"LAB_DISK is {settings.disk}; seven hosts need {MIN_DISK >> 30}G at least")
        if len(str(settings.socket)) > 100:  # sun_path holds 108 bytes
            raise LabError(f"LAB_DIR is {settings.dir}; a unix socket in it would have too long a path")
        return settings


@dataclass(frozen=True)
class State:
    """What `up` decided and later commands must not decide again."""

    engine: str
    docker_host: str
    cpu: int | None = None
    suite: str | None = None
    unready: tuple[str, ...] = ()  # hosts whose making began and did not end

    @classmethod
    def load(cls, settings: Settings) -> State | None:
        try:
            words = json.loads((settings.dir / "state.json").read_text())
            return cls(**{**words, "unready": tuple(words.get("unready", ()))})
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, TypeError, AttributeError) as error:
            raise LabError(f"{settings.dir}/state.json cannot be read ({error}); run: lab down") from error

    def save(self, settings: Settings) -> None:
        settings.dir.mkdir(parents=True, exist_ok=True)
        new = settings.dir / "state.json.new"
        new.write_text(json.dumps(asdict(self)) + "\n")
        new.replace(settings.dir / "state.json")
