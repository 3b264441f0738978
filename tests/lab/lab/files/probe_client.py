"""Asks for a URL from the client's side of the network; goes there by standard input, standard library only.

probe_client.py probe URL SECONDS EVERY_MS TIMEOUT   JSON lines: {"ready": true}, then one record a request
probe_client.py load URL REQUESTS THREADS TIMEOUT    the same, as fast as the threads can
A record: {"t": seconds since the start at which the answer was there, "ok": bool, "ms": float,
"status": int, "server": X-Served-By, "app": X-App} or, without an answer, "error" in place of the last three.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

Record = dict[str, Any]


def ask(url: SplitResult, begin: float, timeout: float) -> Record:
    """One request over a connection of its own; the whole of it has `timeout` seconds."""
    sent = time.monotonic()
    connection = http.client.HTTPConnection(str(url.hostname), url.port or 80, timeout=timeout)
    record: Record = {"ok": False}
    try:
        connection.connect()
        connection.sock.settimeout(max(0.001, timeout - (time.monotonic() - sent)))
        connection.request("GET", url.path or "/", headers={"Host": url.netloc, "Connection": "close"})
        answer = connection.getresponse()
        answer.read()
        record = {
            "ok": answer.status == 200,
            "status": answer.status,
            "server": answer.headers.get("X-Served-By"),
            "app": answer.headers.get("X-App"),
        }
    except (OSError, http.client.HTTPException) as error:
        record["error"] = type(error).__name__
    finally:
        connection.close()
    now = time.monotonic()
    return {"t": round(now - begin, 4), "ms": round((now - sent) * 1000, 2), **record}


def probe(url: SplitResult, seconds: float, every: float, timeout: float) -> tuple[list[Record], float]:
    """One request every so often, never two at a time."""
    begin = time.monotonic()
    records: list[Record] = []
    due = begin
    while due < begin + seconds:
        time.sleep(max(0.0, due - time.monotonic()))
        records.append(ask(url, begin, timeout))
        due = max(due + every, time.monotonic())
    return records, time.monotonic() - begin


def load(url: SplitResult, requests: int, threads: int, timeout: float) -> tuple[list[Record], float]:
    begin = time.monotonic()
    records: list[Record] = []

    def work(share: int) -> None:
        records.extend([ask(url, begin, timeout) for _ in range(share)])

    shares = [requests // threads + (number < requests % threads) for number in range(threads)]
    workers = [threading.Thread(target=work, args=(share,)) for share in shares]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sorted(records, key=lambda record: record["t"]), time.monotonic() - begin


def main(mode: str, url: str, amount: str, pace: str, timeout: str) -> None:
    print(json.dumps({"ready": True}), flush=True)
    if mode == "probe":
        records, seconds = probe(urlsplit(url), float(amount), float(pace) / 1000, float(timeout))
    else:
        records, seconds = load(urlsplit(url), int(amount), int(pace), float(timeout))
    for record in records:  # only now: printing on the way would cost the guest's one CPU
        print(json.dumps(record))
    print(json.dumps({"seconds": round(seconds, 4)}), flush=True)


main(*sys.argv[1:])
