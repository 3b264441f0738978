"""`make lab`: start the lab, run site.yml twice, check it with traffic. Figures go to build/lab.json."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.faults import other
from lab.hosts import VIP
from lab.lab import Lab
from lab.processes import interruptible, step
from lab.stack import REAL_SERVERS, ROOT, Stack, spread
from lab.state import LabError

REQUESTS = 1000
APPLICATIONS = ("app1", "app2")


def build(name: str) -> Path:
    path = ROOT / "build" / name
    path.parent.mkdir(exist_ok=True)
    return path


def merge(path: Path, figures: dict[str, Any]) -> None:
    """Add figures to those in the file."""
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, **figures}, indent=2, sort_keys=True) + "\n")


@contextmanager
def check(what: str) -> Iterator[list[str]]:
    """A progress line for a check. It fails if its body appends reasons to the list."""
    wrong: list[str] = []
    with step(what):
        yield wrong
    if wrong:
        raise LabError(f"check failed: {what}: {'; '.join(wrong)}")


def crash(stack: Stack) -> tuple[dict[str, Any], dict[str, Any]]:
    """Cut the master's cable while the client sends a request every 20 ms, and connect it again.

    Returns the results of the client, and those of 100 requests after the other director is the master.
    """
    before = stack.settled()
    after = other(before)
    client = stack.lab.probe.until_told(timeout=0.3)
    try:
        stack.lab.wire.cut(before)
        stack.wait(f"{after} as the master", lambda: stack.looks([after])[after].holds)
        outcome = client.end()
        late = stack.lab.probe.load(100).summary
    finally:
        stack.lab.wire.join(before)
    stack.settled()
    return {**outcome.summary, "master_before": before, "master_after": after}, late


def converge(stack: Stack, what: str) -> float:
    """Run site.yml once, with its log in build/; returns its seconds."""
    with step(f"site.yml, {what}"):
        play = stack.play("site", check=False)
        build(f"site-{what.replace(' ', '-')}.log").write_text(play.output)
    if play.status:
        raise LabError(f"site.yml failed ({play.status}); all of it in build/:\n{play.error}")
    if what == "again" and play.total("changed"):
        raise LabError(f"site.yml changed {play.total('changed')} things where nothing was to change")
    merge(build("lab.json"), {"tasks_per_host": play.tasks_per_host})
    return play.seconds


def report(master: str, table: str, load: dict[str, Any], crashed: dict[str, Any]) -> None:
    print(f"\n  master    {master} holds {VIP}; only {master} answers ARP for it")
    for line in table.splitlines():
        print(f"            {line}")
    for title, key in (("nodes", "by_server"), ("apps", "by_app")):
        shares = "  ".join(f"{name} {count}" for name, count in load[key].items())
        print(f"  {title:9} {shares}   of {load['requests']} requests, {load['failed']} failed")
    print(
        f"  crash     {crashed['master_before']} lost its cable; {crashed['master_after']} took over, "
        f"outage of {crashed['longest_gap_s']:.2f} s, {crashed['failed']} of {crashed['requests']} requests failed\n"
    )


def prove(lab: Lab) -> None:
    begin = float(os.environ.get("VIPSTACK_BEGIN") or time.time())
    engine = lab.recorded()
    warm = engine is not None and engine.is_up()
    lab.up()
    stack = Stack(lab)
    figures: dict[str, Any] = {}
    if not warm:
        figures["first_converge_s"] = converge(stack, "first run")
    figures["second_run_s"] = converge(stack, "again" if not warm else "on a lab that is up")
    with check("one master, silent real servers, the same whole table on both directors") as wrong:
        master = stack.settled()
        answering = stack.answers_arp()
        if answering != {master}:
            wrong.append(f"ARP for {VIP} is answered by {sorted(answering)}")
    with check(f"{REQUESTS} requests through the VIP spread over nodes and applications, none fails") as wrong:
        load = lab.probe.load(REQUESTS, 4).summary
        if load["failed"]:
            wrong.append(f"{load['failed']} failed: {load['errors']}")
        table = stack.table(master)
        if not spread(load["by_server"], REAL_SERVERS) or not spread(load["by_app"], APPLICATIONS):
            wrong.append(f"{load['by_server']}, {load['by_app']}")
    with check("the service goes on after the crash of the master") as wrong:
        crashed, late = crash(stack)
        if late["failed"]:
            wrong.append(f"{late['failed']} of 100 requests to {crashed['master_after']} failed: {late['errors']}")
    figures["warm_s" if warm else "cold_s"] = round(time.time() - begin, 1)
    figures = {key: round(value, 1) for key, value in figures.items()}
    if warm:
        figures = {"warm_s": figures["warm_s"]}
    merge(build("lab.json"), {**figures, "load": load, "crash": crashed})
    report(master, table, load, crashed)
    print(f"passed in {time.time() - begin:.0f} s; figures in build/lab.json; make lab-shell HOST=d1 opens a shell")


def main() -> int:
    interruptible()
    try:
        prove(Lab())
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; `make lab` goes on from here, `make lab-down` removes it", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
