"""Mutants of model files: each must be refused by a typed error, or be the same model.

Every golden file of the tests and a network of 784-32-10 is changed in five ways:

flip       1 to 8 bits, anywhere
cut        to a shorter length
splice     bytes put in, taken out, doubled or turned round
edit       the header's text changed as a person would, its length made right, its hashes left
hostile    values of the header that mean harm, with right hashes: such a file is another file, and
           must be refused or load as a model that predicts

Beside them every single bit of every payload is flipped once (of the large one, every 64th). All
run in one child process, which must live to the end; its memory at its peak is measured above what
it had before the load, or before the last hundred loads of a way that asks for little.

    python bench/files/mutants.py [--mutants 100000] [--seed 0] [--json FILE]

To reach: no crash, no other error, no other model, each load below 100 MB. Linux only.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import glassnet as gn
from glassnet.errors import BadFile

HERE = Path(__file__).resolve()
RESULTS = HERE.parent.parent / "results" / "mutants.json"
GOLDEN = HERE.parent.parent.parent / "tests" / "golden"
LIMIT_MB = 100.0
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # 100,000 files wear a disk


class Wrong(AssertionError):
    """A mutant loaded as a model that was never saved."""


def sources(folder: Path) -> dict[str, bytes]:
    """Model files by name: the golden ones, and a network of 784-32-10 written now."""
    found = {
        f"{path.parent.name}/{path.stem}": path.read_bytes()
        for path in sorted(GOLDEN.glob("*/*.glassnet"))
    }
    layers = [gn.Dense(32, "relu"), gn.Dense(10, "softmax")]
    net = gn.Network(784, layers, loss="cross_entropy", dtype="float32", seed=1)
    gn.save(net, folder / "large")
    return {**found, "784-32-10": (folder / "large").read_bytes()}


def split(data: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """The header's fields, the table of arrays and the payload of a file."""
    (size,) = struct.unpack("<Q", data[:8])
    table = json.loads(data[8 : 8 + size])
    fields = json.loads(table.pop("__metadata__")["glassnet"])
    return fields, table, data[8 + size :]


def joined(fields: dict[str, Any], table: dict[str, Any], payload: bytes) -> bytes:
    """A file of these parts, with right hashes."""
    fields = {name: value for name, value in fields.items() if name != "header_sha256"}
    fields["payload_sha256"] = hashlib.sha256(payload).hexdigest()
    signed = dump({"header": fields, "tensors": table}).encode("utf-8", "surrogatepass")
    fields["header_sha256"] = hashlib.sha256(signed).hexdigest()
    head = dump({"__metadata__": {"glassnet": dump(fields)}, **table})
    return with_header(head.encode("utf-8", "surrogatepass"), payload)


def with_header(head: bytes, payload: bytes) -> bytes:
    """A file of this header text, padded and with its length before it."""
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + payload


def dump(value: Any) -> str:
    """Canonical JSON, of anything that the json module takes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def flip(data: bytes, rng: Random) -> bytes:
    """Some bits are others."""
    mutant = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        mutant[rng.randrange(len(mutant))] ^= 1 << rng.randrange(8)
    return bytes(mutant)


def cut(data: bytes, rng: Random) -> bytes:
    """The end is gone."""
    return data[: rng.randrange(len(data))]


def splice(data: bytes, rng: Random) -> bytes:
    """A piece is put in, taken out, doubled or turned round."""
    first = rng.randrange(len(data))
    last = min(len(data), first + rng.choice((1, 2, 8, 64, 1000)))
    piece = data[first:last]
    ways = (
        lambda: data[:first] + rng.randbytes(len(piece)) + data[first:],
        lambda: data[:first] + data[last:],
        lambda: data[:last] + piece + data[last:],
        lambda: data[:first] + piece[::-1] + data[last:],
        lambda: data[:first] + bytes(len(piece)) + data[last:],
    )
    return rng.choice(ways)()


_EDITS: tuple[tuple[bytes, bytes], ...] = (
    (b":0", b":1"), (b":1", b":2"), (b"true", b"false"), (b"null", b"0"), (b",", b", "),
    (b"relu", b"tanh"), (b"float64", b"float32"), (b"F64", b"F32"), (b"[", b"[["),
    (b"}", b',"x":1}'), (b'"model"', b'"Model"'), (b"e", "é".encode()), (b"a", b"\\\\u0061"),
    (b".", b".0"), (b"0", b"00"), (b"1", b"1e0"), (b"units", b"unit"), (b"0.1.0", b"9.9.9"),
)  # fmt: skip


def edit(data: bytes, rng: Random) -> bytes:
    """The header's text is another, and its length is right."""
    (size,) = struct.unpack("<Q", data[:8])
    head, payload = data[8 : 8 + size].rstrip(b" "), data[8 + size :]
    old, new = rng.choice(_EDITS)
    places = head.count(old)
    if not places:
        return flip(data, rng)
    before = old.join(head.split(old)[: rng.randrange(places) + 1])
    return with_header(before + new + head[len(before) + len(old) :], payload)


_HOSTILE: tuple[Callable[[], Any], ...] = (
    lambda: None, lambda: True, lambda: -1, lambda: 0, lambda: 10**18, lambda: 10**300,
    lambda: 2**63, lambda: 1.5, lambda: 1e308, lambda: "",
    lambda: "__import__('os')", lambda: "\0", lambda: "\ud800", list, dict,
    lambda: [[]],
    lambda: _deep(900), lambda: _deep(100),
    lambda: float("nan"), lambda: float("inf"), lambda: {"object": "os.system", "fields": {}},
    lambda: {"tuple": {"tuple": []}}, lambda: {"array": [1], "dtype": "O"},
    lambda: {"random_state": [1] * 624, "position": 10**6, "gauss": [0, 0.0]},
)  # fmt: skip

_LARGE: tuple[Callable[[], Any], ...] = (
    lambda: "x" * 3_000_000, lambda: "\U0001f600" * 500_000, lambda: [0] * 150_000,
    lambda: [{"a": []} for _ in range(60_000)], lambda: {str(k): 0 for k in range(150_000)},
    lambda: [k / 7 for k in range(150_000)], lambda: ["x"] * 2_000_000,
)  # fmt: skip


def _deep(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def hostile(data: bytes, rng: Random) -> bytes:
    """A value of the header, or of the table of arrays, means harm; the hashes are right."""
    fields, table, payload = split(data)
    fields, table = copy.deepcopy(fields), copy.deepcopy(table)
    places = list(_places(rng.choice((fields["body"], fields["body"], table))))
    holder, key = rng.choice(places)
    ways = ("replace", "replace", "replace", "remove", "rename")
    way = rng.choice(ways)
    if way == "rename" and isinstance(holder, dict):
        holder[rng.choice(("__class__", "x", ""))] = holder.pop(key)
    elif way == "remove":
        del holder[key]
    else:
        holder[key] = rng.choice(_LARGE if rng.random() < 0.05 else _HOSTILE)()
    return joined(fields, table, payload)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where the values of a header stand: the object or list, and the key."""
    pairs = enumerate(value) if isinstance(value, list) else value.items()
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, list | dict):
            yield from _places(inner)


WAYS: dict[str, Callable[[bytes, Random], bytes]] = {
    "flip": flip, "cut": cut, "splice": splice, "edit": edit, "hostile": hostile,
}  # fmt: skip


def judge(mutant: bytes, path: Path, saved: bytes | None) -> str:
    """Load a mutant: "refused", "identical", or "another file" where ``saved`` is None.

    Parameters
    ----------
    mutant : bytes
    path : Path
        Where it is written; it lies in a folder of its own.
    saved : bytes or None
        What the model of the file it was made of is when it is saved again.

    Raises
    ------
    Wrong
        If it loads as another model than the one that was saved.
    """
    path.write_bytes(mutant)
    try:
        model = gn.load(path)
    except BadFile as error:
        if "\n" in str(error) or not str(error).startswith(str(path)):
            raise Wrong(f"the message is not one line about the file: {error}") from error
        return "refused"
    if saved is None:
        gn.save(model, path, training=True)  # it must be a whole model: nothing in it is missing
        return "another file"
    if again(model, path) != saved:
        raise Wrong("it loaded as another model")
    return "identical"


def again(model: Any, path: Path) -> bytes:
    """The bytes of a model that is saved with all it has."""
    gn.save(model, path, training=True)
    return path.read_bytes()


class Memory:
    """What the process takes at its peak beyond what it had, in MB; begun anew when it is asked."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget the peak. It takes milliseconds, so not every load begins with it."""
        Path("/proc/self/clear_refs").write_text("5", "utf-8")
        self._before = _memory("VmRSS")

    def taken(self) -> float:
        """MB."""
        return _memory("VmHWM") - self._before


def _memory(which: str) -> float:
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(which)).split()[1]) * 1024 / 1e6


def mutants(data: dict[str, bytes], count: int, seed: int) -> Iterator[tuple[str, str, bytes]]:
    """Way, name of the file, and mutant; ``count`` of them, of every way alike."""
    rng = Random(seed)
    names, ways = list(data), list(WAYS)
    for k in range(count):
        way = ways[k % len(ways)]
        # A large file takes longer to read, and is like the small ones.
        name = rng.choice(names if k % 10 == 0 else [n for n in names if len(data[n]) < 20_000])
        mutant = WAYS[way](data[name], rng)
        if mutant != data[name]:
            yield way, name, mutant


def payload_flips(data: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Every bit of every payload, flipped alone; of a large file one bit in 64."""
    for name, content in data.items():
        (size,) = struct.unpack("<Q", content[:8])
        step = 1 if len(content) < 20_000 else 64
        for place in range(8 * (8 + size), 8 * len(content), step):
            mutant = bytearray(content)
            mutant[place // 8] ^= 1 << (place % 8)
            yield name, bytes(mutant)


def in_child(count: int, seed: int) -> dict[str, Any]:
    """All mutants, in this process."""
    found: dict[str, Counter[str]] = {way: Counter() for way in WAYS}
    flips, most, slowest = Counter[str](), (0.0, ""), 0.0
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as place:
        path = Path(place) / "m"
        data = sources(Path(place))
        saved: dict[str, bytes] = {}
        for name, content in data.items():
            path.write_bytes(content)
            saved[name] = again(gn.load(path), path)
        memory, after_hostile = Memory(), False
        for k, (way, name, mutant) in enumerate(mutants(data, count, seed)):
            if way == "hostile" or k % 100 == 0 or after_hostile:
                memory.begin()
            after_hostile = way == "hostile"
            start = time.process_time()
            verdict = judge(mutant, path, None if way == "hostile" else saved[name])
            slowest = max(slowest, time.process_time() - start)
            found[way][verdict] += 1
            most = max(most, (memory.taken(), f"{way} of {name}"))
        for name, mutant in payload_flips(data):
            flips[judge(mutant, path, saved[name])] += 1
    return {
        "mutants": {way: dict(counts) for way, counts in found.items()},
        "payload_bits_flipped": dict(flips),
        "largest_memory_mb": round(most[0], 1),
        "largest_memory_of": most[1],
        "slowest_processor_s": round(slowest, 3),
    }


def main() -> None:
    """Run them in a child, and write what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mutants", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=RESULTS, help="file to write")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(in_child(options.mutants, options.seed)))
        return
    start = time.time()
    command = [sys.executable, str(HERE), "--child", "--mutants", str(options.mutants)]
    done = subprocess.run(
        [*command, "--seed", str(options.seed)],
        stdout=subprocess.PIPE,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise SystemExit(f"the process that reads mutants ended with {done.returncode}")
    results = {"seed": options.seed, **json.loads(done.stdout), "seconds": time.time() - start}
    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))
    if results["largest_memory_mb"] >= LIMIT_MB:
        raise SystemExit(f"a mutant took {results['largest_memory_mb']} MB")


if __name__ == "__main__":
    main()
