"""PyTorch, eager or through ``torch.compile``: its fused optimizers, batches gathered by index."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

from glassnet.bench.contract import Entry, Turn
from glassnet.bench.workloads import Prediction, Shape, Training, rows, targets


def train(work: Training, entry: Entry) -> Turn:
    """A turn of training."""
    torch = _torch(entry)
    x, y = rows(work, entry.storage)
    net, features = _network(torch, work.shape, entry), torch.from_numpy(x)
    if work.shape.output == "softmax":
        goals, loss = torch.from_numpy(y), torch.nn.CrossEntropyLoss()
    else:
        goals = torch.from_numpy(targets(work.shape, y, entry.storage))
        loss = torch.nn.BCEWithLogitsLoss()
    kind = torch.optim.Adam if work.optimizer == "adam" else torch.optim.SGD
    method = kind(net.parameters(), lr=work.rate, fused=True)

    def cost(taken: Any) -> Any:
        with _products(torch, entry):
            return loss(net(features[taken]), goals[taken])

    run = _made_ready(torch, cost, entry)

    def turn() -> None:
        for _ in range(work.steps):
            method.zero_grad(set_to_none=True)
            run(torch.randint(0, work.rows, (work.batch,))).backward()
            method.step()

    return turn


def predict(work: Prediction, entry: Entry) -> Turn:
    """A turn of prediction: a resident tensor in, a tensor out."""
    torch = _torch(entry)
    x = torch.from_numpy(rows(work, entry.storage)[0])
    net = _network(torch, work.shape, entry)
    ending = torch.nn.Softmax(dim=1) if work.shape.output == "softmax" else torch.nn.Sigmoid()

    def outputs(x: Any) -> Any:
        with _products(torch, entry):
            return ending(net(x))

    run = _made_ready(torch, outputs, entry)

    def turn() -> None:
        with torch.inference_mode():
            for _ in range(work.steps):
                run(x)

    return turn


def _torch(entry: Entry) -> Any:
    # By name: the peers are not there where the annotations are checked.
    torch: Any = import_module("torch")
    torch.set_num_threads(entry.threads)
    torch.manual_seed(0)
    return torch


def _network(torch: Any, shape: Shape, entry: Entry) -> Any:
    kinds = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "logistic": torch.nn.Sigmoid}
    parts: list[Any] = []
    for below, n in zip(shape.units, shape.units[1:], strict=False):
        parts += [torch.nn.Linear(below, n), kinds[shape.hidden]()]
    return torch.nn.Sequential(*parts[:-1]).to(getattr(torch, entry.storage))


def _products(torch: Any, entry: Entry) -> AbstractContextManager[object]:
    if entry.dtype == "bf16":
        return torch.autocast("cpu", dtype=torch.bfloat16)
    return nullcontext()


def _made_ready(torch: Any, function: Any, entry: Entry) -> Any:
    return torch.compile(function) if entry.engine == "torch.compile" else function
