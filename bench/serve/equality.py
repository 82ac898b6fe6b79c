"""Is every answer of the server the offline prediction, to the bit, however many ask at once?

64 clients ask for single rows over connections of their own; the model's file is written anew now
and then meanwhile, with the same numbers, so that reloads happen under load.

    python bench/serve/equality.py [--clients 64] [--requests 10000] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from client import Connection, requests
from throughput import listening, model

import glassnet as gn

PORT = 8913


async def asked(calls, expected, clients, each, path, held):
    """How many answers came, and how many were others than expected or failed."""
    counts = {"answers": 0, "other": 0, "failed": 0}
    loop = asyncio.get_running_loop()

    async def one(first):
        _, connection = await loop.create_connection(Connection, "127.0.0.1", PORT)
        for number in range(each):
            row = (first * 7919 + number) % len(calls)
            status, body = await connection.ask(calls[row])
            counts["answers"] += 1
            if status != 200:
                counts["failed"] += 1
            elif (
                list(json.loads(body)["predictions"][0]["probabilities"].values()) != expected[row]
            ):
                counts["other"] += 1
        connection.transport.close()

    async def again():
        while True:
            await asyncio.sleep(2)
            await loop.run_in_executor(None, gn.save, held, path)

    writing = asyncio.create_task(again())
    await asyncio.gather(*(one(first) for first in range(clients)))
    writing.cancel()
    return counts


def main():
    """Serve, ask, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--requests", type=int, default=10_000, help="of each client")
    parser.add_argument("--json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "w2.glassnet"
        rows = model(Path(name))
        held = gn.load(path)
        expected = held.predict_proba(rows).tolist()
        assert np.ptp(expected) > 0, "the rows must have different answers"
        calls = requests("/predict", [json.dumps([row.tolist()]).encode() for row in rows])
        command = [sys.executable, "-m", "glassnet.cli", "serve", path, "--port", str(PORT)]
        process = subprocess.Popen([*command, "--reload", "0.5"], stderr=subprocess.DEVNULL)
        try:
            listening(PORT)
            begun = time.perf_counter()
            found = asyncio.run(
                asked(calls, expected, options.clients, options.requests, path, held)
            )
            found["seconds"] = time.perf_counter() - begun
        finally:
            process.terminate()
            process.wait(30)
    print(json.dumps(found))
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=1) + "\n")
    raise SystemExit(found["other"] + found["failed"] > 0)


if __name__ == "__main__":
    main()
