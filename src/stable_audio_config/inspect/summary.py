"""Everything that `sat inspect` tells about one model, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..validation.geometry import model_ratio
from ..validation.setup import Setup
from .flow import Signal, Step, Wire, flow, told, wires
from .memory import METHOD, Row, memory
from .parts import Part, parts


@dataclass(frozen=True)
class Summary:
    """One model."""

    model_type: str
    sample_rate: int | None
    sample_size: int | None
    """Samples of one training example."""
    downsampling: int | None
    """Audio samples per latent frame, as the config says."""
    flow: list[Signal | Step]
    wires: list[Wire]
    parts: list[Part]
    memory: list[Row]

    @property
    def seconds(self) -> float | None:
        """Length of one training example."""
        return self.sample_size / self.sample_rate if self.sample_size and self.sample_rate else None

    @property
    def trained(self) -> int:
        """Parameters that take gradients, of all parts that can be counted."""
        return sum(part.tensors.trained_count for part in self.parts if part.tensors is not None)

    @property
    def frozen(self) -> int:
        """Parameters that take none."""
        return sum(part.tensors.frozen_count for part in self.parts if part.tensors is not None)

    @property
    def uncounted(self) -> list[Part]:
        """Parts whose weights the config does not tell."""
        return [part for part in self.parts if part.tensors is None]


def summary(setup: Setup) -> Summary:
    """What is told about the model.

    Raises:
        Absent: there is none, or it does not say what it is.
    """
    config, found = setup.model, parts(setup.model)
    return Summary(
        model_type=setup.model_type,
        sample_rate=told(lambda: int(config.given("sample_rate"))),
        sample_size=told(lambda: int(config.given("sample_size"))),
        downsampling=told(lambda: model_ratio(config.part("model"))),
        flow=flow(setup),
        wires=wires(setup),
        parts=found,
        memory=memory(setup, found),
    )


def as_tree(of: Summary) -> dict[str, Any]:
    """The same for `--json`."""
    return {
        "model_type": of.model_type,
        "sample_rate": of.sample_rate,
        "sample_size": of.sample_size,
        "seconds": of.seconds,
        "downsampling_ratio": of.downsampling,
        "flow": [{"is": type(item).__name__.lower(), **asdict(item)} for item in of.flow],
        "conditions": [asdict(wire) for wire in of.wires],
        "parts": [_part(part) for part in of.parts],
        "parameters": {"trained": of.trained, "frozen": of.frozen, "not_counted": [part.name for part in of.uncounted]},
        "memory": {"method": METHOD, "bytes": sum(row.bytes for row in of.memory), "rows": [asdict(row) for row in of.memory]},
    }


def _part(part: Part) -> dict[str, Any]:
    counts = (None, None) if part.tensors is None else (part.tensors.trained_count, part.tensors.frozen_count)
    return {
        "name": part.name,
        "key": list(part.path),
        "type": part.kind,
        "trained": counts[0],
        "frozen": counts[1],
        "note": part.note,
    }
