"""``gn.doctor.watch``: the doctor beside a PyTorch training loop; torch is imported when called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.errors import Unsupported

if TYPE_CHECKING:
    from glassnet.doctor.visits.pytorch import Watch


def watch(module: Any, loss: Any, optimizer: Any, *, epochs: int | None = None) -> Watch:
    """Watch a PyTorch training loop, and say by the same rules why the network does not learn.

    The loop stays as it is. Hooks keep each row once (up to 4,096), the cost of each step and the
    first numbers of the module, which is translated into a glassnet network: Linear, activations,
    BatchNorm1d, Dropout, Flatten and Identity, in an ``nn.Sequential`` or a module of one's own
    whose forward is a chain. Passes without a gradient count as validation. Habits of the loop are
    judged too: no ``zero_grad``, parameters that the optimizer does not hold, a module left in
    ``eval()``, shapes that broadcast, a softmax before a loss that has its own.

    Parameters
    ----------
    module : torch.nn.Module
        What the loss is given the output of (or an activation of it).
    loss : torch.nn.Module
        Such as ``torch.nn.CrossEntropyLoss()``: the object that the loop calls.
    optimizer : torch.optim.Optimizer
    epochs : int, optional
        How many are planned; by default those that were seen.

    Returns
    -------
    Watch
        A context manager, with ``diagnosis``, ``network``, ``modules`` and ``close()``.

    Raises
    ------
    Unsupported
        If torch is not installed, or module or loss have parts without a twin; these are named.
    InvalidValue
        If one of the three is another kind of thing.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> _ = torch.manual_seed(0)
    >>> module = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    >>> loss, optimizer = nn.MSELoss(), torch.optim.SGD(module.parameters(), 0.1)
    >>> x = torch.linspace(-1, 1, 32)[:, None]
    >>> with watch(module, loss, optimizer) as watching:
    ...     for _ in range(5):
    ...         loss(module(x), torch.sin(x)).backward()
    ...         optimizer.step()
    >>> print(watching.diagnosis.findings[0].change)
    Call optimizer.zero_grad() before each loss.backward().
    """
    try:
        from glassnet.doctor.visits.pytorch import Watch
    except ModuleNotFoundError as missing:
        raise Unsupported(
            'watching a PyTorch loop needs torch, which is not installed: pip install "glassnet['
            'torch]".'
        ) from missing
    return Watch(module, loss, optimizer, epochs=epochs)
