"""What PyTorch has no module for. A class here imports torch only: it is copied into folders."""

from __future__ import annotations

import torch
from torch import nn


class Scale(nn.Module):
    """(x − center) / scale of each column."""

    center: torch.Tensor
    scale: torch.Tensor

    def __init__(self, columns: int, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.register_buffer("center", torch.zeros(columns, dtype=dtype))
        self.register_buffer("scale", torch.ones(columns, dtype=dtype))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The scaled rows."""
        return (x - self.center) / self.scale


class Restore(nn.Module):
    """a · scale + mean: back to the units of the target."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, outputs: int, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(outputs, dtype=dtype))
        self.register_buffer("scale", torch.ones(outputs, dtype=dtype))

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        """The outputs in units of the target."""
        return a * self.scale + self.mean


class Limit(nn.Module):
    """The outputs, held between low and high."""

    low: torch.Tensor
    high: torch.Tensor

    def __init__(self, outputs: int, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.register_buffer("low", torch.zeros(outputs, dtype=dtype))
        self.register_buffer("high", torch.ones(outputs, dtype=dtype))

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        """The outputs within their ranges."""
        return torch.minimum(torch.maximum(a, self.low), self.high)


class Ordered(nn.Module):
    """Each group of neighbouring outputs, sorted."""

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        """The outputs in order."""
        apart = a.reshape(len(a), -1, self.group)
        return torch.sort(apart, dim=2).values.reshape(a.shape)


class Tempered(nn.Module):
    """Probabilities at a temperature: of classes that exclude each other, or each by itself."""

    def __init__(self, temperature: float, joint: bool) -> None:
        super().__init__()
        self.temperature = temperature
        self.joint = joint

    def forward(self, p: torch.Tensor) -> torch.Tensor:
        """The probabilities, sharper or flatter."""
        numbers = torch.finfo(torch.float32)
        p = torch.clamp(p, numbers.tiny, 1.0 if self.joint else 1 - numbers.eps / 2)
        if self.joint:
            return torch.softmax(torch.log(p) / self.temperature, dim=1)
        return torch.sigmoid(torch.log(p / (1 - p)) / self.temperature)


class Average(nn.Module):
    """The mean of what several networks answer to the same rows, in float64."""

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The mean."""
        return torch.stack([member(x).double() for member in self.members]).mean(dim=0)


class Exp(nn.Module):
    """exp z, stopped below the largest number."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """φ(z)."""
        limit = torch.log(torch.tensor(torch.finfo(z.dtype).max, dtype=z.dtype)) * (1 - 1e-6)
        return torch.exp(torch.minimum(z, limit.to(z.device)))


class Sin(nn.Module):
    """sin z."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """φ(z)."""
        return torch.sin(z)


class Cos(nn.Module):
    """cos z."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """φ(z)."""
        return torch.cos(z)


class Square(nn.Module):
    """z², stopped below the largest number."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """φ(z)."""
        limit = torch.finfo(z.dtype).max ** 0.5 * (1 - 1e-6)
        near = torch.clamp(z, -limit, limit)
        return near * near


class Share(nn.Module):
    """z + κ (φ(z) − z), with a κ for each unit."""

    def __init__(
        self, units: int, activation: nn.Module, dtype: torch.dtype = torch.float64
    ) -> None:
        super().__init__()
        self.activation = activation
        self.kappa = nn.Parameter(torch.ones(units, dtype=dtype))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """The activations."""
        return z + self.kappa * (self.activation(z) - z)


class Residual(nn.Module):
    """x and what a chain of modules makes of it, added up."""

    def __init__(self, made: nn.Module) -> None:
        super().__init__()
        self.made = made

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The sum."""
        return x + self.made(x)


class Heads(nn.Module):
    """An activation for each group of neighbouring outputs."""

    def __init__(self, units: list[int], activations: list[nn.Module]) -> None:
        super().__init__()
        self.units = units
        self.activations = nn.ModuleList(activations)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """The outputs of all heads, side by side."""
        pieces = torch.split(z, self.units, dim=1)
        return torch.cat([phi(piece) for phi, piece in zip(self.activations, pieces)], dim=1)  # noqa: B905 # older Pythons read the copy too
