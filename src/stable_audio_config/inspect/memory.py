"""The memory that training takes for weights and what belongs to them, from counts alone; activations are left out, and said so."""

from __future__ import annotations

from dataclasses import dataclass

from ..validation.setup import Setup
from ..validation.view import Absent, Node
from .parts import Part

METHOD = (
    "weights, gradients, optimizer states and moving average on one device; left out: activations, which grow with batch_size and "
    "sample_size, discriminators and loss networks, text encoders that are kept apart, and what the framework itself takes"
)
"""How the estimate is made, in one line."""

STATES = {
    **dict.fromkeys(("AdamW", "Adam", "RAdam", "NAdam", "Adamax", "CAdamW", "FusedAdam", "Adadelta", "MuonAdamW"), 2.0),
    **dict.fromkeys(("CLion", "Lion", "Adagrad", "RMSprop", "Rprop"), 1.0),
    "AdamW8bit": 0.5,
    "Adafactor": 0.0,
}
"""Type of optimizer -> numbers of 32 bit that it keeps for each trained weight; the most that it may be."""

_GROUPS = {"autoencoder": "autoencoder", "lm": "lm", "clap": "model"}
"""Model type -> its group in `optimizer_configs`; all others have `diffusion`."""

_WHOLE = ("autoencoder", "diffusion_autoencoder", "lm")
"""Model types whose moving average is of the whole model; the others average the network alone."""


@dataclass(frozen=True)
class Row:
    """One thing that takes memory."""

    what: str
    bytes: int
    how: str


def memory(setup: Setup, parts: list[Part]) -> list[Row]:
    """What training holds for the weights; only the weights themselves where there is no training section."""
    counted = [part.tensors for part in parts if part.tensors is not None]
    trains, rests = sum(found.trained_count for found in counted), sum(found.frozen_count for found in counted)
    size = _width(setup)
    halved = _halved(setup, parts)
    rows = [
        Row(
            "weights",
            size * (trains + rests - halved) + 2 * halved,
            _said(size, "weight") + (", pretransform in 16 bit" if halved else ""),
        )
    ]
    try:
        training = setup.training
    except Absent:
        return rows
    if training.has("lora_config"):
        return [*rows, Row("adapters", 0, "LoRA trains small adapters, which are not worked out")]
    rows.append(Row("gradients", size * trains, _said(size, "trained weight")))
    rows.append(_optimizer(setup, training, trains))
    average = _average(setup, training, parts)
    return [*rows, Row("moving average", 4 * average, "4 bytes for each of its weights")] if average else rows


def _said(size: int, what: str) -> str:
    return f"{size} bytes for each {what}"


def _width(setup: Setup) -> int:
    """Bytes of one weight. Mixed precision keeps its weights in 32 bit."""
    try:
        precision = str(setup.run("precision"))
    except Absent:
        return 4
    return {"16-true": 2, "bf16-true": 2, "64-true": 8, "64": 8}.get(precision, 4)


def _halved(setup: Setup, parts: list[Part]) -> int:
    """Weights of a pretransform that is kept in 16 bit."""
    try:
        if not setup.model("model.pretransform.model_half"):
            return 0
    except Absent:
        return 0
    return sum(part.tensors.count for part in parts if part.tensors is not None and part.name.startswith("pretransform."))


def _optimizer(setup: Setup, training: Node, trains: int) -> Row:
    kind = "AdamW"  # Without `optimizer_configs` the engine takes Adam or AdamW, which keep the same.
    try:
        group = training.part(f"optimizer_configs.{_GROUPS.get(setup.model_type, 'diffusion')}.optimizer")
        kind = str(group("type"))
        states = 1.0 if kind == "SGD" and group.tree.get("config", {}).get("momentum") else STATES.get(kind)
    except Absent:
        states = STATES[kind]
    if kind == "SGD" and states is None:
        states = 0.0
    if states is None:
        return Row("optimizer", 0, f"{kind}: not known how much it keeps")
    most = "at most " if kind == "MuonAdamW" else ""
    return Row("optimizer", int(4 * states * trains), f"{kind} keeps {most}{4 * states:g} bytes for each trained weight")


def _average(setup: Setup, training: Node, parts: list[Part]) -> int:
    """Weights of the moving average: the network, or the whole model."""
    kind = setup.model_type
    wanted = training("use_ema") if "use_ema" in training.model.fields else kind in ("diffusion_uncond", "diffusion_autoencoder")
    if not wanted:
        return 0
    averaged = parts if kind in _WHOLE else [part for part in parts if part.name == "model"]
    return sum(part.tensors.count for part in averaged if part.tensors is not None)
