"""Asks for a URL from the client's side of the network; standard library only.

probe_client.py probe URL SECONDS EVERY_MS TIMEOUT   JSON lines: {"ready": true}, then one record a request
probe_client.py load URL REQUESTS WORKERS TIMEOUT    the same, as fast as the workers can
A record: {"t": seconds since the start at which the answer was there, "ok": bool, "ms": float,
"status": int, "server": X-Served-By, "app": X-App} or, without an answer, "error" in place of the last three.

A probe is ready when its first request has come back. A line with a number on its standard input ends it early: so many
requests more, each with "late": true, then the end.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

Record = dict[str, Any]
READY = json.dumps({"ready": True})


async def fetch(url: SplitResult) -> Record:
    """One request over a connection of its own. Raises OSError and EOFError."""
    reader, writer = await asyncio.open_connection(url.hostname, url.port or 80)
    try:
        writer.write(f"GET {url.path or '/'} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n".encode())
        head, _sep, _sep = (await reader.read(-1)).partition(b"\r\n\r\n")
    finally:
        writer.close()
    first, *lines = head.decode("latin-1").split("\r\n")
    if not first.startswith("HTTP/1."):
        raise EOFError("no answer")
    headers = {name.lower(): value.strip() for name, _sep, value in (line.partition(":") for line in lines)}
    status = int(first.split()[1])
    return {"ok": status == 200, "status": status, "server": headers.get("x-served-by"), "app": headers.get("x-app")}


async def ask(url: SplitResult, begin: float, timeout: float) -> Record:
    """A request that has `timeout` seconds for all of it, as a record."""
    sent = time.monotonic()
    try:
        record = await asyncio.wait_for(fetch(url), timeout)
    except asyncio.TimeoutError:
        record = {"ok": False, "error": "TimeoutError"}
    except (OSError, EOFError) as error:
        record = {"ok": False, "error": type(error).__name__}
    now = time.monotonic()
    return {"t": round(now - begin, 4), "ms": round((now - sent) * 1000, 2), **record}


async def probe(url: SplitResult, seconds: float, every: float, timeout: float) -> tuple[list[Record], float]:
    """A request every so often, whatever became of those before it: one that hangs hides no answer."""
    begin = time.monotonic()
    asked: list[asyncio.Future[Record]] = []
    end: list[int] = []  # the number of the first late request, and the one that is not asked any more
    loop = asyncio.get_running_loop()

    def told() -> None:
        loop.remove_reader(0)
        word = sys.stdin.readline()
        if word.strip():
            end[:] = len(asked), len(asked) + int(word)

    loop.add_reader(0, told)
    while (due := begin + len(asked) * every) < begin + seconds and len(asked) not in end[1:]:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        asked.append(asyncio.ensure_future(ask(url, begin, timeout)))
        if len(asked) == 1:
            asked[0].add_done_callback(lambda _first: print(READY, flush=True))
    took = time.monotonic() - begin
    records = list(await asyncio.gather(*asked))
    for record in records[end[0] :] if end else ():
        record["late"] = True
    return records, took


async def load(url: SplitResult, requests: int, workers: int, timeout: float) -> tuple[list[Record], float]:
    print(READY, flush=True)
    begin = time.monotonic()
    records: list[Record] = []

    async def work(share: int) -> None:
        for _turn in range(share):
            records.append(await ask(url, begin, timeout))

    await asyncio.gather(*(work(requests // workers + (number < requests % workers)) for number in range(workers)))
    return records, time.monotonic() - begin


def main(mode: str, url: str, amount: str, pace: str, timeout: str) -> None:
    if mode == "probe":
        job = probe(urlsplit(url), float(amount), float(pace) / 1000, float(timeout))
    else:
        job = load(urlsplit(url), int(amount), int(pace), float(timeout))
    records, seconds = asyncio.run(job)
    for record in sorted(records, key=lambda one: one["t"]):  # only now: printing would cost the guest's one CPU
        print(json.dumps(record))
    print(json.dumps({"seconds": round(seconds, 4)}), flush=True)


main(*sys.argv[1:])
