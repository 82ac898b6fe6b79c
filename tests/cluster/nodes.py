"""Two Ray nodes on this machine, on the loopback interface only, for those with the token.

Ray turns 127.0.0.1 into the address of the network card wherever it reads one, and would then
listen to everybody. It leaves it alone on systems where it supports no clusters: that is what the
variable says below, and for ``ray start --address`` it has to be said in the code.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LONG = 300  # seconds that a node may take to come or go on a machine with other work
SOURCES = Path(__file__).parents[2] / "src"
START = """
import sys
from ray._private import services
services.resolve_ip_for_localhost = lambda host: host
from ray.scripts.scripts import main
sys.argv = ["ray", "start", *sys.argv[1:]]
main()
"""
EACH = (
    "--node-ip-address=127.0.0.1",
    "--num-cpus=1",
    "--num-gpus=0",
    "--object-store-memory=100000000",
    "--include-log-monitor=false",
    "--disable-usage-stats",
    "--block",
)


@dataclass
class Nodes:
    """The cluster as a test sees it."""

    address: str
    folder: Path
    environment: dict[str, str]
    commands: list[subprocess.Popen]

    def run(self, *arguments, code=None, timeout=300, **environment):
        """Run Python, or a command of glassnet, as somebody with the token."""
        call = ["-c", code] if code else ["-m", "glassnet.cli"]
        return subprocess.run(
            [sys.executable, *call, *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def value(self, code, *arguments, **options):
        """What a piece of Python prints as its last line of JSON."""
        done = self.run(*arguments, code=code, **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def add(self, *options, **environment):
        """Start another node."""
        with (self.folder / f"node-{len(self.commands)}.log").open("w") as log:
            command = subprocess.Popen(
                [sys.executable, "-c", START, *options, *EACH],
                env=self.environment | environment,
                start_new_session=True,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.commands.append(command)
        return command

    def processes(self, beginning=""):
        """The processes of the cluster: id -> what they are called.

        They are known by the files that they hold open: the title that Ray writes over the
        arguments of a process covers its environment too.
        """
        found = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                said = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                if not said.startswith(beginning):
                    continue
                held = (os.readlink(link) for link in (place / "fd").iterdir())
                if any(name.startswith(f"{self.folder}/") for name in held):
                    found[int(place.name)] = said
            except (OSError, UnicodeDecodeError):
                continue
        return found

    def busy(self):
        """Ids of the processes that compute an order or a rank now."""
        return list(self.processes("ray::_"))

    def kill_busy(self):
        """Kill one of them without a warning to it; its id, or None where none computes.

        It is halted first: one that has meanwhile done its order goes on, since nobody would miss
        it.
        """
        for pid in self.busy():
            with suppress(OSError):
                os.kill(pid, signal.SIGSTOP)
                if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::_"):
                    os.kill(pid, signal.SIGKILL)
                    return pid
                os.kill(pid, signal.SIGCONT)
        return None

    def end(self):
        """End everything by its id."""
        for command in self.commands:
            if command.poll() is None:
                command.send_signal(signal.SIGTERM)
        for command in self.commands:
            with suppress(subprocess.TimeoutExpired):
                command.wait(60)
            with suppress(ProcessLookupError):
                os.killpg(command.pid, signal.SIGKILL)
            command.wait(60)
        until = time.monotonic() + LONG
        while self.processes() and time.monotonic() < until:
            time.sleep(0.1)
        assert self.processes() == {}


@contextmanager
def two_nodes(**second):
    """A head and another node, a CPU and 100 MB of shared memory each.

    ``second``: variables of the second one's environment.
    """
    # A short name: the paths of Ray's sockets have 70 more characters, of at most 107.
    folder = Path(tempfile.mkdtemp(prefix="gn-ray-"))
    token = folder / "token"
    token.write_text(secrets.token_hex(32))
    token.chmod(0o600)
    kept = ("PATH", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONPATH": str(SOURCES),
        "OMP_NUM_THREADS": "1",
        "RAY_TMPDIR": str(folder),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    }
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
    nodes = Nodes(f"127.0.0.1:{port}", folder, environment, [])
    try:
        nodes.add("--head", f"--port={port}", "--include-dashboard=false")
        _wait_for(port)
        nodes.add(f"--address={nodes.address}", RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="1", **second)
        _wait_for_both(nodes)
        yield nodes
    finally:
        nodes.end()
        shutil.rmtree(folder)


def _wait_for(port):
    until = time.monotonic() + LONG
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < until, f"the head did not start within {LONG} s"
            time.sleep(0.1)


def _wait_for_both(nodes):
    """A raylet that runs has an agent beside it, which it starts last."""
    until = time.monotonic() + LONG
    while True:
        said = list(nodes.processes().values())
        if sum("RuntimeEnv" in each for each in said) == 2:
            return
        assert time.monotonic() < until, f"two nodes did not start within {LONG} s: {said}"
        time.sleep(0.1)
