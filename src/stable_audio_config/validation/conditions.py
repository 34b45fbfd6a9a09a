"""What conditioners give, worked out from a config alone: for rules and for `sat inspect`.

The functions take nodes of the view and raise `Absent` where something that they need is missing or broken, or comes from a plugin.
"""

from __future__ import annotations

from dataclasses import dataclass

from .geometry import Shape, conditioner_shape, conditioner_width, encoded_channels, pretransform_ratio
from .setup import Setup
from .view import Absent, Node, Path

TEXT_WIDTHS = {
    "t5-small": 512,
    "t5-base": 768,
    "t5-large": 1024,
    "t5-3b": 1024,
    "t5-11b": 1024,
    "google/flan-t5-small": 512,
    "google/flan-t5-base": 768,
    "google/flan-t5-large": 1024,
    "google/flan-t5-xl": 2048,
    "google/flan-t5-xxl": 4096,
    "google/t5-v1_1-xl": 2048,
    "google/t5-v1_1-xxl": 4096,
}
"""Inner widths of the T5 encoders."""

ROBERTA = 768
"""Inner width of the text branch of the engine's own CLAP models."""


@dataclass(frozen=True)
class Output:
    """What a conditioner gives for one item of a batch."""

    shape: Shape
    tokens: int | None
    """How many tokens; None where that depends on the text, and for signals."""
    width: int
    """Width of a token, or channels of a signal."""
    at: Path
    """The key that says so."""

    @property
    def channels(self) -> int:
        """How many channels it is taken for where a signal is expected.

        Raises:
            Absent: that depends on the text.
        """
        if self.shape == "signal":
            return self.width
        if self.tokens is None:
            raise Absent(self.at)
        return self.tokens


def output_of(conditioner: Node) -> Output:
    """What a conditioner gives."""
    kind, shape = conditioner("type"), conditioner_shape(conditioner)
    width = conditioner_width(conditioner)
    if kind == "pretransform":
        own = encoded_channels(pretransform_of(conditioner))
        if own.value != width.value:  # It fails by itself.
            raise Absent(width.at)
        return Output(shape, None, own.value, conditioner.path)
    if kind == "sat_clap_text" and not conditioner("config.use_text_features"):
        joint = conditioner.given("config.model.joint_embed_dim")
        if joint != ROBERTA and has_projection(conditioner):  # It fails by itself.
            raise Absent(width.at)
        if not has_projection(conditioner):
            return Output(shape, 1, joint, conditioner.at("config.model.joint_embed_dim"))
    return Output(shape, _tokens(conditioner, shape), width.value, width.at)


def _tokens(conditioner: Node, shape: Shape) -> int | None:
    kind = conditioner("type")
    if shape == "token":
        return 1
    if kind in ("t5", "t5gemma", "causal_lm", "lut"):
        return int(conditioner("config.max_length"))
    if kind == "clap_text":
        return 77
    if kind == "sat_clap_text":
        return int(conditioner("config.model.text.context_length"))
    return None


def pretransform_of(conditioner: Node) -> Node:
    """The pretransform that a conditioner for audio encodes with."""
    if not conditioner("config.use_model_pretransform"):
        return conditioner.part("config.pretransform_config")
    try:
        return conditioner.above("DiffusionCondModel").part("pretransform")
    except Absent:
        return conditioner.above("LMModel").part("pretransform")


def inner_width(conditioner: Node) -> int | None:
    """Width before the projection to `output_dim`, for conditioners that have one; None for all others."""
    kind = conditioner("type")
    if kind == "t5":
        return TEXT_WIDTHS[conditioner("config.t5_model_name")]
    if kind == "clap_text":
        return 768 if conditioner("config.use_text_features") else 512
    if kind == "sat_clap_audio":
        return int(conditioner.given("config.model.joint_embed_dim"))
    return {"t5gemma": 768, "causal_lm": 2304, "sat_clap_text": ROBERTA, "clap_audio": 512}.get(kind)


def has_projection(conditioner: Node) -> bool:
    """Whether a trained linear layer stands at the end of a conditioner with an inner width."""
    projects: bool = conditioner("config.project_out")
    return projects or inner_width(conditioner) != conditioner_width(conditioner).value


def learns(conditioner: Node) -> bool:
    """Whether a conditioner has weights that training changes. Where that cannot be told, it is taken to have some."""
    try:
        return _learns(conditioner)
    except (Absent, KeyError):
        return True


def _learns(conditioner: Node) -> bool:
    kind = conditioner("type")
    if kind == "pretransform":
        return False
    if kind in ("t5", "t5gemma", "clap_text", "sat_clap_text", "sat_clap_audio"):
        trained = {"t5": "config.enable_grad", "clap_text": "config.finetune"}.get(kind)  # T5Gemma always runs without gradients.
        learned = conditioner.part("config").tree.get("padding_mode") == "learned"
        return has_projection(conditioner) or learned or (trained is not None and conditioner(trained) is True)
    return True


def frames(setup: Setup) -> int:
    """Latent frames (or samples) that a diffusion model works on, as the engine counts them for demos."""
    model = setup.model.part("model")
    unit = pretransform_ratio(model.part("pretransform")) if model.has("pretransform") else 1
    return int(setup.model.given("sample_size")) // unit
