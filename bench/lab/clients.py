"""Many who watch, one who does not read, tabs that close, a server that is killed.

    python bench/lab/clients.py [--seconds 8] [--clients 50] [--output FILE]

Starts ``glassnet lab`` on a free port of loopback, trains a 2-16-16-1 network at full speed, and
prints for each scene the steps a second, the frames a second that a client gets, and the memory
of the server. At the end it trains the same experiment again with nobody watching and compares the
two histories bit by bit. Everything is bounded: by the seconds of a scene, and by a limit in all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

SETTINGS = {
    "version": 1,
    "data": {"set": "spiral", "rows": 400, "noise": 0.01, "test": 0.25},
    "network": {"layers": [{"units": 16, "activation": "tanh"}] * 2},
    "training": {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 16},
}


class Server:
    """``glassnet lab`` as a process."""

    def __init__(self, port=0):
        command = [sys.executable, "-m", "glassnet.cli", "lab", "--no-browser", "--port", str(port)]
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        line = self.process.stdout.readline()
        self.port, self.token = re.search(r":(\d+)/\?token=(\S+)", line).groups()
        while True:
            try:
                self.ask("GET", "/api/healthz")
                break
            except OSError:
                time.sleep(0.02)
        self.ready = time.monotonic() - self.began

    def ask(self, method, path, told=None):
        body = None if told is None else json.dumps(told).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = Request(
            f"http://127.0.0.1:{self.port}{path}", body, headers=headers, method=method
        )
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def do(self, run, do, **more):
        return self.ask("POST", f"/api/runs/{run}/command", {"do": do, **more})["state"]

    def step(self, run):
        return self.ask("GET", f"/api/runs/{run}")["state"]["step"]

    @property
    def megabytes(self):
        """Resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 2**20

    def end(self, with_=signal.SIGINT):
        self.process.send_signal(with_)
        self.process.wait(30)
        self.process.stdout.close()


class Client:
    """Reads a run's events and counts the frames, or connects and never reads."""

    def __init__(self, server, run, *, reads=True):
        self.server, self.run, self.reads = server, run, reads
        self.frames = self.bytes = 0

    async def open(self):
        raw = socket.socket()
        if not self.reads:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", int(self.server.port)))
        raw.setblocking(False)
        self.reader, self.writer = await asyncio.open_connection(sock=raw, limit=2**22)
        head = (
            f"GET /api/runs/{self.run}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {self.server.token}\r\n\r\n"
        )
        self.writer.write(head.encode())
        if self.reads:
            self.task = asyncio.create_task(self._count())
        else:
            self.writer.transport.pause_reading()
        return self

    async def _count(self):
        while True:
            line = await self.reader.readline()
            if not line:
                return
            self.bytes += len(line)
            self.frames += line.startswith(b"event: frame")

    def close(self):
        if self.reads:
            self.task.cancel()
        self.writer.transport.abort()


async def scene(name, server, run, clients, seconds):
    """So many seconds of a run: what came of it."""
    before, frames = await asyncio.to_thread(server.step, run), [c.frames for c in clients]
    began = time.monotonic()
    await asyncio.sleep(seconds)
    took = time.monotonic() - began
    steps = await asyncio.to_thread(server.step, run) - before
    rates = [(c.frames - f) / took for c, f in zip(clients, frames, strict=True) if c.reads]
    told = {
        "scene": name,
        "steps_per_second": round(steps / took),
        "frames_per_second": [round(min(rates), 1), round(max(rates), 1)] if rates else None,
        "megabytes": round(server.megabytes),
    }
    print(json.dumps(told), flush=True)
    return told


async def scenes(server, clients, seconds):
    run = server.ask("POST", "/api/runs", {"settings": SETTINGS})["run"]
    server.do(run, "play")
    found = [await scene("nobody watches", server, run, [], seconds)]
    watching = [await Client(server, run).open()]
    found.append(await scene("one client", server, run, watching, seconds))
    watching += [await Client(server, run).open() for _ in range(clients - 1)]
    await asyncio.sleep(1)
    found.append(await scene(f"{clients} clients", server, run, watching, seconds))
    stalled = await Client(server, run, reads=False).open()
    both = [*watching, stalled]
    found.append(await scene(f"{clients} clients and a stalled one", server, run, both, seconds))
    found.append(await scene("the same, later", server, run, both, seconds))
    for client in watching[1:]:
        client.close()
    found.append(await scene("all tabs but one closed", server, run, watching[:1], seconds))
    watching[0].close()
    stalled.close()
    found.append(await scene("the last tab closed too", server, run, [], seconds))
    server.do(run, "pause")
    return run, found


def same_history(server, run):
    """Whether the watched run has the history of one that nobody watches; of how many epochs."""
    watched = server.ask("GET", f"/api/runs/{run}/take/history")
    epochs = min(2000, len(watched["J"]))
    quiet = server.ask("POST", "/api/runs", {"settings": SETTINGS})["run"]
    server.do(quiet, "play")
    while server.ask("GET", f"/api/runs/{quiet}")["state"]["epoch"] < epochs:
        time.sleep(0.05)
    server.do(quiet, "pause")
    other = server.ask("GET", f"/api/runs/{quiet}/take/history")
    return {
        "epochs": epochs,
        "same_bits": all(watched[n][:epochs] == other[n][:epochs] for n in ("J", "val_loss")),
    }


def killed(server):
    """A server that is killed, and another in its place: how long nobody answers."""
    run = server.ask("POST", "/api/runs", {"settings": SETTINGS})["run"]
    server.do(run, "play")
    time.sleep(0.5)
    began = time.monotonic()
    server.end(signal.SIGKILL)
    again = Server(int(server.port))
    gone = time.monotonic() - began
    begun = again.ask("POST", "/api/runs", {"settings": SETTINGS})["state"]["step"] == 0
    again.end()
    return {
        "scene": "killed and restarted",
        "seconds_without_answer": round(gone, 2),
        "begun": begun,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    signal.alarm(int(20 * asked.seconds + 120))
    server = Server()
    try:
        run, found = asyncio.run(scenes(server, asked.clients, asked.seconds))
        found.append(same_history(server, run))
        print(json.dumps(found[-1]))
        found.append(killed(server))
        print(json.dumps(found[-1]))
    finally:
        server.process.kill()
    if asked.output:
        asked.output.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
