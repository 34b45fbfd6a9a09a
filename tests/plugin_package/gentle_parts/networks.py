"""The networks, for the engine."""

from __future__ import annotations

from typing import Any

import torch
from stable_audio_tools.models.bottleneck import Bottleneck
from stable_audio_tools.models.conditioners import Conditioner


class Leaky(Bottleneck):
    """(batch, dim, frames) to the same shape."""

    def __init__(self, dim: int, leak: float = 0.1) -> None:
        super().__init__(is_discrete=False)
        self.leak = leak
        self.limit = torch.nn.Parameter(torch.ones(1, dim, 1))

    def encode(self, x: torch.Tensor, return_info: bool = False, **_options: Any) -> Any:
        within = self.limit * torch.tanh(x / self.limit)
        latents = within + self.leak * (x - within)
        return (latents, {}) if return_info else latents

    def decode(self, x: torch.Tensor) -> torch.Tensor:
        return x


class Tempo(Conditioner):
    """A list of beats per minute to one token each: (batch, 1, output_dim)."""

    def __init__(self, output_dim: int, slowest: float = 40.0, fastest: float = 240.0) -> None:
        super().__init__(output_dim, output_dim)
        self.slowest, self.fastest = slowest, fastest
        self.embedding = torch.nn.Sequential(
            torch.nn.Linear(1, output_dim), torch.nn.SiLU(), torch.nn.Linear(output_dim, output_dim)
        )

    def forward(self, x: list[float], device: Any = None) -> list[torch.Tensor]:
        tempo = torch.tensor([float(value) for value in x]).clamp(self.slowest, self.fastest)
        octaves = torch.log2(tempo / self.slowest) / torch.log2(torch.tensor(self.fastest / self.slowest))
        tokens = self.embedding(octaves.to(device)[:, None])[:, None]
        return [tokens, torch.ones(len(tokens), 1, device=tokens.device)]


def build_leaky(config: dict[str, Any]) -> Leaky:
    return Leaky(**config["config"])


def build_tempo(entry: dict[str, Any], _pretransform: Any) -> Tempo:
    return Tempo(**entry["config"])
