"""The ledger against per-sample gradients of another library: torch.func."""

import numpy as np
import pytest

import glassnet as gn
from tests.engine.problems import Variant
from tests.inspection.single_rows import drawn

torch = pytest.importorskip("torch")
F = torch.nn.functional

ACTIVATIONS = {
    "tanh": torch.tanh, "relu": torch.relu, "logistic": torch.sigmoid, "gelu": F.gelu,
    "elu": F.elu, "silu": F.silu, "softplus": F.softplus, "sin": torch.sin,
}  # fmt: skip
LOSSES = {
    ("squared_error", "identity"): lambda z, y: 0.5 * ((z - y) ** 2).sum(),
    ("cross_entropy", "softmax"): lambda z, y: -(y * torch.log_softmax(z, -1)).sum(),
    ("binary_cross_entropy", "logistic"): lambda z, y: F.binary_cross_entropy_with_logits(
        z, y, reduction="sum"
    ),
}


def row_gradients(net, found, phi, loss):
    """∂ℓₙ/∂θ, (m, p), by reverse mode of one row, mapped over the rows."""
    spec = net.specification

    def cost(theta, x, y):
        a = x
        for slots in zip(spec.slots[::2], spec.slots[1::2], strict=True):
            W, b = (theta[slot.start : slot.stop].reshape(slot.shape) for slot in slots)
            z = W @ a + b
            a = phi(z)
        return loss(z, y)

    each = torch.func.vmap(torch.func.grad(cost), in_dims=(None, 0, 0))
    given = (torch.tensor(part) for part in (found.theta, found.data.x, found.data.y))
    return each(*given).numpy()


@pytest.mark.parametrize(("loss", "output"), LOSSES)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_it_is_exact(hidden, loss, output):
    found, net = drawn(Variant(loss, output, hidden, 3, depth=3))
    g = row_gradients(net, found, ACTIVATIONS[hidden], LOSSES[loss, output])

    book = gn.ledger(net, found.data.x, found.data.y)

    np.testing.assert_allclose(book.norms, np.linalg.norm(g, axis=1), rtol=1e-10)
    rows = np.arange(len(g))
    gram = g @ g.T
    np.testing.assert_allclose(book.inner(rows, rows), gram, rtol=1e-10, atol=1e-10 * gram.max())
    np.testing.assert_allclose(book.mean_gradient, g.mean(axis=0), atol=1e-12)
