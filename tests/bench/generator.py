"""`python -m tests.bench.generator`: keep-alive connections that ask for the same kind of thing over and over.

A process of its own, so that its CPU can be told from the server's; it knows just enough HTTP to count answers. Reads
a job as JSON from standard input and writes what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

Make = Callable[[], bytes]
BATCH_ROWS = 1000


class Line(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last one is whole."""

    def __init__(self, make: Make, times: list[float], codes: dict[int, int]) -> None:
        self._make, self._times, self._codes = make, times, codes
        self._buffer = b""
        self._sent_at = 0.0
        self.is_ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "a TCP connection"
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._buffer = b""
        self._times.append(time.perf_counter() - self._sent_at)
        status = int(head[9:12])
        self._codes[status] = self._codes.get(status, 0) + 1
        if self.is_ending:
            self._transport.close()
        else:
            self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._make())


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0])


async def load(job: dict[str, Any]) -> dict[str, Any]:
    """Run a job for its time and say what came of it."""
    make, times, codes = _maker(job), list[float](), dict[int, int]()
    loop = asyncio.get_running_loop()
    lines = [
        (await loop.create_connection(lambda: Line(make, times, codes), "127.0.0.1", job["port"]))[1]
        for _ in range(job["connections"])
    ]
    began = time.perf_counter()
    await asyncio.sleep(job["seconds"])
    while len(times) < job["connections"]:
        await asyncio.sleep(0.1)
    seconds, count = time.perf_counter() - began, len(times)
    for line in lines:
        line.is_ending = True
    await asyncio.sleep(0.5)
    times = sorted(times[:count])
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "answers": count,
        "seconds": seconds,
        "p50": times[count // 2] * 1000 if count else None,
        "p99": times[count * 99 // 100] * 1000 if count else None,
        "codes": codes,
        "cpu": used.ru_utime + used.ru_stime,
    }


def _maker(job: dict[str, Any]) -> Make:
    head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {job['token']}\r\n"
    if job["kind"] == "get":
        paths = itertools.cycle([f"GET {path} HTTP/1.1\r\n{head}\r\n".encode() for path in job["paths"]])
        return lambda: next(paths)
    bodies = _batches(job) if job["kind"] == "batch" else _transfers(job)
    keys = (f"{job['run']}-{number}" for number in itertools.count())
    path = "/v1/transfers/batch" if job["kind"] == "batch" else "/v1/transfers"
    start = f"POST {path} HTTP/1.1\r\n{head}Content-Type: application/json\r\n"

    def make() -> bytes:
        body = next(bodies)
        return f"{start}Idempotency-Key: {next(keys)}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    return make


def _transfers(job: dict[str, Any]) -> Iterator[str]:
    """A cent from one wallet to the next, round and round; or always out of the hot one or into it."""
    wallets, hot = job["wallets"], job.get("hot")
    for number in itertools.count(secrets.randbelow(10**6)):
        source, target = wallets[number % len(wallets)], wallets[(number * 7 + 1) % len(wallets)]
        if hot:
            source, target = (hot, target) if number % 2 else (source, hot)
        if source == target:
            continue
        yield f'{{"from_wallet_id":"{source}","to_wallet_id":"{target}","amount":"0.01","currency":"EUR"}}'


def _batches(job: dict[str, Any]) -> Iterator[str]:
    rows, run = _transfers(job), secrets.token_hex(4)
    for number in itertools.count():
        keyed = (f'{{"idempotency_key":"{run}-{number}-{row}",{next(rows)[1:]}' for row in range(BATCH_ROWS))
        yield f'{{"atomic":false,"transfers":[{",".join(keyed)}]}}'


if __name__ == "__main__":
    json.dump(asyncio.run(load(json.load(sys.stdin))), sys.stdout)
