"""A PyTorch module is judged as the equal glassnet network is, and its loop by what it does."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.engine.reference import forward

torch = pytest.importorskip("torch", reason="torch is not installed: pip install torch")
nn = torch.nn

RNG = np.random.default_rng(3)
X = RNG.normal(size=(120, 4))
CODES = (X[:, 0] + X[:, 1] ** 2 > 0.7).astype(np.int64)


class OfOnesOwn(nn.Module):
    """A module whose forward calls functions."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.drop = nn.Linear(4, 6), nn.Dropout(0.2)
        self.middle = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU())
        self.last = nn.Linear(5, 3)

    def forward(self, x: Any) -> Any:
        x = x.view(x.size(0), -1)
        x = nn.functional.dropout(self.first(x).relu(), 0.1, training=self.training)
        return nn.functional.elu(self.last(torch.tanh(self.middle(self.drop(x)))), alpha=0.7)


def _tensors(*arrays: Any) -> Any:
    return [torch.from_numpy(np.asarray(array)) for array in arrays]


def _watched(
    module: Any, loss: Any, y: Any, *, epochs: int = 5, batch: int = 40, **kind: Any
) -> Any:
    """The watch of a plain loop over the rows."""
    optimizer = kind.pop("optimizer", None) or torch.optim.SGD(module.parameters(), 0.05)
    x, y = _tensors(X, y)
    with gn.doctor.watch(module, loss, optimizer, **kind) as watching:
        for _ in range(epochs):
            for rows in torch.arange(len(x)).split(batch):
                optimizer.zero_grad()
                loss(module(x[rows]), y[rows]).backward()
                optimizer.step()
    return watching


def _mlp(*end: Any, outputs: int = 2, hidden: Any = None, units: int = 12) -> Any:
    torch.manual_seed(0)
    hidden = hidden or nn.ReLU()
    return nn.Sequential(nn.Linear(4, units), hidden, nn.Linear(units, outputs), *end).double()


@pytest.mark.parametrize(
    "hidden",
    [
        nn.ReLU(), nn.LeakyReLU(0.2), nn.PReLU(), nn.ELU(0.5), nn.SELU(), nn.GELU(),
        nn.GELU("tanh"), nn.SiLU(), nn.Mish(), nn.Sigmoid(), nn.Tanh(), nn.Softsign(),
        nn.Softplus(), nn.Softplus(3.0), nn.Hardtanh(), nn.ReLU6(), nn.Hardswish(),
        nn.Softshrink(), nn.LogSigmoid(), nn.CELU(0.3), nn.Identity(), nn.Softmax(dim=1),
    ],
    ids=str,
)  # fmt: skip
def test_the_translated_network_gives_the_modules_outputs(hidden: Any) -> None:
    module = _mlp(outputs=3, hidden=hidden)

    _same_outputs(module)


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4), nn.Linear(4, 5, bias=False), nn.Tanh()),
        nn.Sequential(
            nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.BatchNorm1d(5, affine=False)),
            nn.Dropout(0.5),
            nn.Linear(5, 2),
            nn.Tanh(),
            nn.ReLU(),
        ),
        OfOnesOwn(),
    ],
    ids=["norm first", "norm after activation", "functions"],
)
def test_nested_modules_functions_and_batch_norm_wherever_it_stands_are_translated(
    module: Any,
) -> None:
    module = module.double()
    module.train()
    module(_tensors(3 * X + 1)[0])

    _same_outputs(module)


def _same_outputs(module: Any) -> None:
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    net = gn.doctor.watch(module, nn.MSELoss(), optimizer).network
    module.eval()
    expected = module(_tensors(X)[0]).detach().numpy()

    found = forward(net.specification, net.state.theta, net.state.buffers, X).a[net.depth]

    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


LOSSES = [
    (nn.MSELoss(), 2, RNG.normal(size=(120, 2)), ()),
    (nn.MSELoss(reduction="sum"), 1, RNG.normal(size=(120, 1)), ()),
    (nn.L1Loss(), 2, RNG.normal(size=(120, 2)), ()),
    (nn.SmoothL1Loss(beta=0.5), 2, RNG.normal(size=(120, 2)), ()),
    (nn.HuberLoss(delta=0.7), 3, RNG.normal(size=(120, 3)), ()),
    (nn.CrossEntropyLoss(), 3, RNG.integers(0, 3, 120), ()),
    (nn.CrossEntropyLoss(label_smoothing=0.1), 3, RNG.integers(0, 3, 120), ()),
    (nn.CrossEntropyLoss(), 3, RNG.dirichlet(np.ones(3), 120), ()),
    (nn.CrossEntropyLoss(), 3, RNG.integers(0, 3, 120), (nn.Softmax(dim=1),)),
    (nn.CrossEntropyLoss(), 3, RNG.integers(0, 3, 120), (nn.LogSoftmax(dim=1),)),
    (nn.NLLLoss(), 3, RNG.integers(0, 3, 120), (nn.LogSoftmax(dim=1),)),
    (nn.NLLLoss(), 3, RNG.integers(0, 3, 120), (nn.Softmax(dim=1),)),
    (nn.BCEWithLogitsLoss(), 2, RNG.integers(0, 2, (120, 2)).astype(float), ()),
    (nn.BCEWithLogitsLoss(), 1, RNG.integers(0, 2, (120, 1)).astype(float), (nn.Sigmoid(),)),
    (nn.BCELoss(), 1, RNG.integers(0, 2, (120, 1)).astype(float), (nn.Sigmoid(),)),
]


@pytest.mark.parametrize(("loss", "outputs", "y", "end"), LOSSES, ids=lambda value: str(value)[:40])
def test_cost_and_gradient_are_those_of_the_torch_loss(
    loss: Any, outputs: int, y: Any, end: Any
) -> None:
    module = _mlp(*end, outputs=outputs)
    before = {name: p.detach().numpy().copy() for name, p in module.named_parameters()}
    watching = _watched(module, loss, y, epochs=1, batch=120)
    module.load_state_dict({name: torch.from_numpy(p) for name, p in before.items()})
    module.zero_grad()
    x, targets = _tensors(X, y)
    value = loss(module(x), targets)
    value.backward()

    seen = gn.trace(watching._start, X, watching._targets())

    assert seen.J == pytest.approx(value.item(), rel=1e-9)
    np.testing.assert_allclose(seen.dW[1], module[0].weight.grad.numpy(), rtol=1e-7, atol=1e-12)


OPTIMIZERS = [
    (torch.optim.SGD, {"lr": 0.1}),
    (torch.optim.SGD, {"lr": 0.1, "momentum": 0.8}),
    (torch.optim.SGD, {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    (torch.optim.Adam, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-6}),
    (torch.optim.AdamW, {"lr": 0.02, "weight_decay": 0.0}),
    (torch.optim.RMSprop, {"lr": 0.01, "alpha": 0.9}),
]


@pytest.mark.parametrize(("kind", "options"), OPTIMIZERS, ids=lambda value: str(value)[-40:])
def test_the_translated_optimizer_takes_the_same_steps(kind: Any, options: Any) -> None:
    module, y = _mlp(outputs=1), X[:, :1] ** 2
    watching = _watched(
        module, nn.MSELoss(), y, epochs=4, batch=120, optimizer=kind(module.parameters(), **options)
    )
    net = watching._start

    gn.train(
        net, X, y, optimizer=watching._chosen, epochs=4, batch_size=120, shuffle=False,
        engine="reference",
    )  # fmt: skip

    np.testing.assert_allclose(net.state.theta, watching.network.state.theta, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("code", "hidden", "scale", "rate"),
    [
        ("healthy", nn.Tanh(), 1.0, 0.05),
        ("LR_HIGH", nn.ReLU(), 1.0, 60.0),
        ("INPUT_SCALE", nn.Tanh(), 900.0, 1e-3),
        ("TARGET_SCALE", nn.ReLU(), 1.0, 1e-3),
    ],
)
def test_the_diagnosis_is_that_of_the_equal_network(
    code: str, hidden: Any, scale: float, rate: float
) -> None:
    y = (X[:, :1] - X[:, 1:2]) * (3000.0 if code == "TARGET_SCALE" else 1.0)
    module = _mlp(outputs=1, hidden=hidden)
    optimizer = torch.optim.SGD(module.parameters(), rate)
    net = gn.doctor.watch(module, nn.MSELoss(), optimizer).network
    x, targets = _tensors(scale * X, y)
    loss = nn.MSELoss()
    with gn.doctor.watch(module, loss, optimizer) as watching:
        loss(module(x), targets)

    loss(module(x), targets)
    alone = gn.diagnose(net, scale * X, y, optimizer=gn.SGD(rate), epochs=1, batch_size=1)
    seen = watching.diagnosis

    assert [(f.code, f.layer) for f in seen.findings] == [(f.code, f.layer) for f in alone.findings]
    assert code in ([f.code for f in seen.findings] or ["healthy"])


def test_a_healthy_loop_is_healthy_and_its_history_is_kept_by_epochs() -> None:
    module, loss = _mlp(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(module.parameters(), 0.02)
    x, y = _tensors(X, CODES)
    with gn.doctor.watch(module, loss, optimizer) as watching:
        for _ in range(30):
            for rows in torch.randperm(80, generator=torch.manual_seed(1)).split(30):
                optimizer.zero_grad()
                loss(module(x[rows]), y[rows]).backward()
                optimizer.step()
            module.eval()
            with torch.no_grad():
                loss(module(x[80:]), y[80:])
            module.train()

    found = watching.diagnosis

    assert found.findings == []
    assert found.rows == 80
    assert found.moments == ("static", "step 0", "first steps", "after training", "history")
    history = watching._costs.history()
    assert (len(history), history[29]["step"]) == (30, 90.0)
    assert np.isfinite(history.column("val_loss")).all()


def test_of_a_run_that_diverged_the_chart_is_that_of_its_beginning() -> None:
    watching = _watched(
        module := _mlp(outputs=1), nn.MSELoss(), X[:, :1] ** 2, epochs=60,
        optimizer=torch.optim.SGD(module.parameters(), 60.0),
    )  # fmt: skip

    found = watching.diagnosis

    assert found.findings[0].code == "LR_HIGH"
    assert "EXPLODE" in [finding.code for finding in found.consequences]
    assert found.chart.untrained
    assert len(found.case.history) == 60


def _first(watching: Any) -> tuple[str, str]:
    finding = watching.diagnosis.findings[0]
    return finding.code, finding.severity


@pytest.mark.parametrize("end", [nn.Softmax(dim=1), nn.Sigmoid(), nn.ReLU()])
def test_an_activation_before_a_cross_entropy_that_has_its_own_is_found(end: Any) -> None:
    watching = _watched(_mlp(end), nn.CrossEntropyLoss(), CODES)

    assert _first(watching)[0] == "LOSS_PAIR"
    assert watching.diagnosis.findings[0].remedy == {"head": "softmax"}


def test_a_softmax_between_module_and_loss_is_found_as_well() -> None:
    module, loss = _mlp(), nn.CrossEntropyLoss()
    with gn.doctor.watch(module, loss, torch.optim.SGD(module.parameters(), 0.1)) as watching:
        x, y = _tensors(X, CODES)
        loss(torch.softmax(module(x), dim=1), y).backward()

    assert [f.code for f in watching.diagnosis.findings] == ["LOSS_PAIR"]


def test_scores_given_to_a_loss_of_logarithms_are_found() -> None:
    assert _first(_watched(_mlp(), nn.NLLLoss(), CODES)) == ("LOSS_PAIR", "fatal")


def test_one_output_under_cross_entropy_is_found_before_any_row() -> None:
    module = _mlp(outputs=1)

    found = gn.doctor.watch(module, nn.CrossEntropyLoss(), torch.optim.Adam(module.parameters()))

    assert _first(found) == ("SOFTMAX_ONE", "fatal")


def test_targets_that_broadcast_are_found_and_judged_row_by_row() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        watching = _watched(_mlp(outputs=1), nn.MSELoss(), X[:, 0] * X[:, 1])

    assert _first(watching) == ("LABEL_CODE", "fatal")
    assert "(40, 1) and targets of shape (40,)" in watching.diagnosis.findings[0].saw
    np.testing.assert_array_equal(watching._rows.y[:, 0], X[:, 0] * X[:, 1])


def test_gradients_that_are_never_zeroed_are_found_and_accumulation_is_not() -> None:
    x, y = _tensors(X, CODES)
    codes = []
    for each in (1, 3):  # a step after each backward, and after three: both zeroed never or then
        module, loss = _mlp(), nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(module.parameters(), 0.05)
        with gn.doctor.watch(module, loss, optimizer) as watching:
            for k in range(12):
                loss(module(x), y).backward()
                if (k + 1) % each == 0:
                    optimizer.step()
                    if each == 3:
                        optimizer.zero_grad()
        codes.append([f.code for f in watching.diagnosis.findings if f.code == "STEP_BUG"])

    assert codes == [["STEP_BUG"], []]


def test_parameters_that_the_optimizer_does_not_hold_are_named() -> None:
    module = _mlp()
    some = torch.optim.SGD(module[0].parameters(), 0.05)

    whole = _watched(_mlp(), nn.CrossEntropyLoss(), CODES, optimizer=some)
    part = _watched(module, nn.CrossEntropyLoss(), CODES, optimizer=some)

    assert (_first(whole), _first(part)) == (("STEP_BUG", "fatal"), ("STEP_BUG", "harmful"))
    assert "it lacks 2.weight, 2.bias." in part.diagnosis.findings[0].saw


def test_a_loop_without_backward_or_without_steps_is_found() -> None:
    module, loss = _mlp(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(module.parameters(), 0.05)
    x, y = _tensors(X, CODES)
    said = []
    for forgotten in ("backward", "step"):
        with gn.doctor.watch(module, loss, optimizer) as watching:
            for _ in range(3):
                optimizer.zero_grad()
                value = loss(module(x), y)
                value.backward() if forgotten == "step" else optimizer.step()
        said.append(watching.diagnosis.findings[0].change)

    assert said[0].startswith("Call loss.backward()")
    assert said[1].startswith("Call optimizer.step()")


def test_a_module_in_the_wrong_mode_is_found() -> None:
    asleep = OfOnesOwn().double().eval()
    awake, loss = OfOnesOwn().double(), nn.CrossEntropyLoss()
    with gn.doctor.watch(awake, loss, torch.optim.Adam(awake.parameters())) as judged:
        x, y = _tensors(X, CODES)
        with torch.no_grad():
            loss(awake(x), y)
        loss(awake(x), y).backward()

    assert _first(_watched(asleep, nn.CrossEntropyLoss(), CODES)) == ("STEP_BUG", "harmful")
    assert "STEP_BUG" in [f.code for f in judged.diagnosis.findings if f.severity == "advice"]


def test_rows_that_the_loss_refuses_are_diagnosed_all_the_same() -> None:
    module, loss = _mlp(), nn.CrossEntropyLoss()
    watching = gn.doctor.watch(module, loss, torch.optim.SGD(module.parameters(), 0.1))
    x, y = _tensors(X, CODES + 1)

    with watching, pytest.raises(IndexError):
        loss(module(x), y)

    assert _first(watching) == ("LABEL_CODE", "fatal")


def test_watching_changes_no_bit_of_the_training_and_leaves_nothing_behind() -> None:
    watched, alone = _mlp(nn.Dropout(0.0)), _mlp(nn.Dropout(0.0))
    loss = nn.CrossEntropyLoss()
    optimizers = [torch.optim.Adam(module.parameters(), 0.01) for module in (watched, alone)]
    x, y = _tensors(X, CODES)
    with gn.doctor.watch(watched, loss, optimizers[0]):
        for module, optimizer in zip((watched, alone), optimizers, strict=True):
            for _ in range(6):
                optimizer.zero_grad()
                loss(module(x), y).backward()
                optimizer.step()

    for one, other in zip(watched.parameters(), alone.parameters(), strict=True):
        assert torch.equal(one, other)
    assert [*watched._forward_hooks, *loss._forward_hooks] == []
    assert all(module.training for module in watched.modules())


def test_rows_kept_are_bounded() -> None:
    module, loss = nn.Linear(1, 1).double(), nn.MSELoss()
    optimizer = torch.optim.SGD(module.parameters(), 1e-3)
    with gn.doctor.watch(module, loss, optimizer) as watching:
        for k in range(30):
            x = torch.arange(k * 300.0, (k + 1) * 300).double()[:, None] / 1e4
            optimizer.zero_grad()
            loss(module(x), x).backward()
            optimizer.step()

    assert (len(watching._rows.x), watching._rows.count) == (4096, 9000)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        return x + self.inner(x)


@pytest.mark.parametrize(
    ("module", "loss", "named"),
    [
        (nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)), nn.MSELoss(), "LayerNorm '1'"),
        (nn.Sequential(nn.Conv1d(1, 1, 3)), nn.MSELoss(), "Conv1d '0'"),
        (Residual(), nn.MSELoss(), "several places"),
        (nn.Sequential(nn.Linear(4, 4), nn.Softmax(dim=0)), nn.MSELoss(), "dim=0"),
        (nn.Linear(4, 4), nn.KLDivLoss(), "KLDivLoss"),
        (nn.ReLU(), nn.MSELoss(), "at least one Linear"),
    ],
    ids=["norm", "convolution", "branch", "dim", "loss", "no layer"],
)
def test_what_has_no_twin_is_refused_by_its_name(module: Any, loss: Any, named: str) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], 0.1)

    with pytest.raises(gn.errors.Unsupported, match=named):
        gn.doctor.watch(module, loss, optimizer)


def test_a_function_as_the_loss_is_refused_with_the_remedy() -> None:
    module = _mlp()

    with pytest.raises(gn.errors.InvalidValue, match=r"torch\.nn\.CrossEntropyLoss\(\)"):
        gn.doctor.watch(
            module, nn.functional.cross_entropy, torch.optim.SGD(module.parameters(), 0.1)
        )
