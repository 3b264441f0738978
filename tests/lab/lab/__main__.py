"""The command line: `python3 -m lab COMMAND`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules are read nothing has begun: just end

from lab import hosts
from lab.lab import Lab
from lab.probe import Outcome
from lab.processes import Interrupted, interruptible
from lab.state import LabError


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="lab", description="Two directors, two Nginx nodes, two applications, a client.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="bring the lab up; what is up already stays")
    up.add_argument("--fresh", action="store_true", help="recreate every host")
    down = commands.add_parser("down", help="end everything that up started")
    down.add_argument("--purge", action="store_true", help="remove the cached trees and images too")
    commands.add_parser("status", help="what is up")
    commands.add_parser("env", help='print DOCKER_HOST, for eval "$(lab env)"')
    shell = commands.add_parser("shell", help="a shell on a host")
    shell.add_argument("host")
    execute = commands.add_parser("exec", help="a command on a host: lab exec d1 -- ip addr")
    execute.add_argument("host")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    reset = commands.add_parser("reset", help="recreate these hosts")
    reset.add_argument("hosts", nargs="+", metavar="HOST")
    reboot = commands.add_parser("reboot", help="stop and start a host")
    reboot.add_argument("host")
    wires = commands.add_parser("wire", help="what happens to a host's cable")
    actions = wires.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action, text in (("cut", "cut it"), ("join", "connect it again"), ("delay", "MS or off: every packet later"),
                         ("block-vrrp", "drop VRRP both ways; off: let it pass")):  # fmt: skip
        one = actions.add_parser(action, help=text)
        one.add_argument("host")
        if action == "delay":
            one.add_argument("ms", type=lambda word: 0.0 if word == "off" else float(word), metavar="MS|off")
        if action == "block-vrrp":
            one.add_argument("off", nargs="?", choices=["off"])
    asks = commands.add_parser("probe", help="ask through the VIP every 20 ms; a summary as JSON")
    asks.add_argument("seconds", type=float)
    asks.add_argument("--records", help="write every request there, as JSON lines")
    load = commands.add_parser("load", help="ask so many times; how the answers spread, as JSON")
    load.add_argument("requests", type=int)
    load.add_argument("threads", type=int, nargs="?", default=1)
    for command in (asks, load):
        command.add_argument("--url", default=f"http://{hosts.VIP}/")
    return top


def wire(lab: Lab, options: argparse.Namespace) -> None:
    if options.action == "delay":
        lab.wire.delay(options.host, options.ms)
    elif options.action == "block-vrrp":
        lab.wire.block_vrrp(options.host, not options.off)
    else:
        (lab.wire.cut if options.action == "cut" else lab.wire.join)(options.host)


def report(outcome: Outcome, records: str | None = None) -> int:
    """Print the summary; 1 where nothing was answered at all."""
    if records:
        Path(records).write_text("".join(json.dumps(record) + "\n" for record in outcome.records))
    print(json.dumps(outcome.summary))
    return 0 if outcome.summary["failed"] < outcome.summary["requests"] else 1


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
        lab.make([hosts.named(name).name for name in options.hosts])
    elif options.command == "reboot":
        lab.containers.reboot(hosts.named(options.host).name)
    elif options.command == "wire":
        wire(lab, options)
    else:
        return measure(lab, options)
    return 0


def measure(lab: Lab, options: argparse.Namespace) -> int:
    if options.command == "probe":
        return report(lab.probe.start(options.seconds, options.url).result(), options.records)
    return report(lab.probe.load(options.requests, options.threads, options.url))


def entry() -> int:
    try:
        interruptible()
        return main()
    except (KeyboardInterrupt, Interrupted):
        print("lab: interrupted; `lab up` goes on from here, `lab down` removes it", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `lab status | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (LabError, OSError) as error:  # OSError: a full disk, a folder that may not be written
        print(f"lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(entry())
