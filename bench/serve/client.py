"""A load of its own process: requests over connections that stay open, and how long each took."""

from __future__ import annotations

import asyncio
import json
import sys
from time import perf_counter

import numpy as np


class Connection(asyncio.Protocol):
    """One connection: a request at a time, answers told apart by their length."""

    def connection_made(self, transport):
        self.transport, self.kept, self.answer = transport, b"", None

    def data_received(self, data):
        self.kept += data
        end = self.kept.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.kept[:end].lower()
        size = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self.kept) >= end + 4 + size:
            body, self.kept = self.kept[end + 4 : end + 4 + size], self.kept[end + 4 + size :]
            self.answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc):
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionError("the server closed the connection"))

    async def ask(self, request):
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answer


def requests(path, bodies):
    """Each body as a whole request."""
    return [
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        for body in bodies
    ]


async def load(port, calls, connections, seconds, rate=None):
    """Ask for some seconds, as fast as it goes or at a rate; say how long the answers took."""
    loop = asyncio.get_running_loop()
    took, wrong = [], 0
    begun = perf_counter()

    async def one(first):
        nonlocal wrong
        _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        number = 0
        while perf_counter() - begun < seconds:
            due = perf_counter()
            if rate is not None:
                due = begun + (number * connections + first) / rate
                await asyncio.sleep(max(0.0, due - perf_counter()))
            status, _ = await connection.ask(calls[(number * connections + first) % len(calls)])
            took.append(perf_counter() - due)
            wrong += status != 200
            number += 1
        connection.transport.close()

    await asyncio.gather(*(one(first) for first in range(connections)))
    elapsed = perf_counter() - begun
    times = np.sort(took) * 1e3
    return {
        "requests_per_s": len(times) / elapsed,
        "p50_ms": float(np.quantile(times, 0.5)),
        "p99_ms": float(np.quantile(times, 0.99)),
        "wrong": wrong,
    }


if __name__ == "__main__":
    told = json.loads(sys.stdin.read())
    calls = requests(told["path"], [body.encode() for body in told["bodies"]])
    found = load(told["port"], calls, told["connections"], told["seconds"], told.get("rate"))
    print(json.dumps(asyncio.run(found)))
