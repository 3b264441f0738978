"""The command line: lab up, down, status, shell, exec, env, reset."""

from __future__ import annotations

import argparse
import os
import sys
import time

from lab import hosts
from lab.lab import Lab
from lab.processes import terminate_running
from lab.state import LabError


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="lab", description="Two directors, two Nginx nodes, two applications, a client.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="bring the lab up; what is up already stays")
    up.add_argument("--fresh", action="store_true", help="make every host anew")
    down = commands.add_parser("down", help="end everything that up started")
    down.add_argument("--purge", action="store_true", help="remove the cached trees and images too")
    commands.add_parser("status", help="what is up")
    commands.add_parser("env", help='print DOCKER_HOST, for eval "$(lab env)"')
    shell = commands.add_parser("shell", help="a shell on a host")
    shell.add_argument("host")
    execute = commands.add_parser("exec", help="a command on a host: lab exec d1 -- ip addr")
    execute.add_argument("host")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    reset = commands.add_parser("reset", help="make these hosts anew")
    reset.add_argument("hosts", nargs="+", metavar="HOST")
    return top


def status(lab: Lab) -> int:
    engine = lab.recorded()
    if engine is None or not engine.is_up():
        print(f"lab {lab.settings.name}: down")
        return 1
    states = lab.containers.states()
    print(f"lab {lab.settings.name}: up, engine {engine.name}, {engine.docker_host}")
    for host in hosts.HOSTS:
        print(f"  {host.name:8}{host.address:16}{host.role:13}{states.get(host.name, 'absent')}")
    return 0 if all(states.get(name) == "running" for name in hosts.BY_NAME) else 1


def enter(lab: Lab, host: str, words: list[str]) -> None:
    """Become `docker exec`: its terminal, its signals, its exit code."""
    docker = lab.docker
    terminal = ["-it"] if sys.stdin.isatty() and sys.stdout.isatty() else ["-i"]
    os.execvpe("docker", ["docker", "exec", *terminal, hosts.named(host).name, *words], dict(docker.environ))


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    lab = Lab()
    if options.command == "up":
        begin = time.monotonic()
        lab.up(options.fresh)
        print(f"{time.monotonic() - begin:7.1f} s  lab {lab.settings.name} is up")
        print(f"export DOCKER_HOST={lab.settings.own_docker_host}")
    elif options.command == "down":
        lab.down(options.purge)
    elif options.command == "status":
        return status(lab)
    elif options.command == "env":
        print(f"export DOCKER_HOST={lab.engine().docker_host}")
    elif options.command == "shell":
        enter(lab, options.host, ["bash"])
    elif options.command == "exec":
        words = options.words[1:] if options.words[:1] == ["--"] else options.words
        enter(lab, options.host, words or ["bash"])
    elif options.command == "reset":
        lab.containers.reset([hosts.named(name).name for name in options.hosts])
    return 0


def entry() -> int:
    try:
        return main()
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        terminate_running()
        print("lab: interrupted; `lab up` goes on from here, `lab down` removes it", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(entry())
