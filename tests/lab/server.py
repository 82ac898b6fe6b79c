"""A lab to ask, and the few words in which tests ask it."""

import json
import threading
import time
from contextlib import contextmanager

import httpx

from glassnet.lab.hub import Bounds
from glassnet.lab.server import LabServer

LONG = 300  # seconds: a shared machine may be slow, and a wait ends as soon as it can

SMALL = {
    "version": 1,
    "data": {"set": "xor", "rows": 60, "noise": 0.0, "test": 0.25},
    "network": {"layers": [{"units": 4, "activation": "tanh"}]},
    "training": {"batch_size": 10},
}


def changed(**sections):
    """Small settings with some others in them."""
    told = json.loads(json.dumps(SMALL))
    for name, values in sections.items():
        told[name] |= values
    return told


class Asking:
    """A lab that listens, and a client that it knows."""

    def __init__(self, server, lines):
        self.server, self.lines, self.ears = server, lines, []
        # Without TLS, of which a client would read all certificates when it is made.
        same = {"base_url": server.address, "timeout": LONG, "verify": False}
        self.client = httpx.Client(headers={"authorization": f"Bearer {server.token}"}, **same)
        self.stranger = httpx.Client(**same)

    def close(self):
        self.server.stop()
        for ear in self.ears:
            ear.join(LONG)
        self.client.close()
        self.stranger.close()

    def ok(self, method, path, told=None):
        answer = self.client.request(method, path, json=told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def begin(self, settings=None):
        return self.ok("POST", "/api/runs", {"settings": settings or SMALL})["run"]

    def do(self, run, do, **more):
        """The state once a command is done: the answer itself waits a quarter of a second only."""
        state = self.ok("POST", f"/api/runs/{run}/command", {"do": do, **more})["state"]
        if state["playing"]:
            return state
        assert self.server.lab.hub.find(run).pace.settled(LONG)
        return self.state(run)

    def state(self, run):
        return self.ok("GET", f"/api/runs/{run}")["state"]

    def step_to(self, run, step):
        now = self.do(run, "pause")["step"]
        while now < step:
            now = self.do(run, "step", batches=min(100_000, step - now))["step"]
        assert now == step

    def take(self, run, what):
        answer = self.client.get(f"/api/runs/{run}/take/{what}")
        assert answer.status_code == 200, answer.text
        return answer

    def was_refused(self, **fields):
        """Whether the log says so; an answer may be here before its line is."""
        return wait_for(lambda: self.refused(**fields))

    def refused(self, **fields):
        """Lines of the log that say so, with these fields."""
        return [
            line for line in self.lines
            if line["event"] == "refused" and all(line.get(k) == v for k, v in fields.items())
        ]  # fmt: skip


class Ear(threading.Thread):
    """Listens to a run's events until it is told to stop."""

    def __init__(self, asking, run, last=None):
        super().__init__(daemon=True)
        self._path = f"/api/runs/{run}/events"
        self._asking, self.events, self.ids = asking, [], []
        self.enough = threading.Event()
        self._last = {} if last is None else {"last-event-id": str(last)}
        asking.ears.append(self)
        self.start()

    def run(self):
        with self._asking.client.stream(
            "GET", self._path, headers=self._last, timeout=None
        ) as stream:
            event = ""
            for line in stream.iter_lines():
                if line.startswith("id: "):
                    self.ids.append(int(line[4:]))
                elif line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    self.events.append((event, json.loads(line[6:])))
                if self.enough.is_set():
                    return

    def of(self, event):
        return [data for name, data in list(self.events) if name == event]


def wait_for(condition):
    """Whether it comes to hold; who waits on a shared machine waits long, and ends at once."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


@contextmanager
def lab(beginning=None, **bounds):
    """A lab in this process, on a free port."""
    lines = []

    def log(event, **fields):
        lines.append({"event": event, **fields})

    server = LabServer(beginning, Bounds(**bounds), log=log)
    server.begin()
    asking = Asking(server, lines)
    try:
        yield asking
    finally:
        asking.close()
