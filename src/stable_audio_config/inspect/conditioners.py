"""The weights of conditioners, as far as a config tells them."""

from __future__ import annotations

from ..validation.conditions import has_projection, inner_width, pretransform_of
from ..validation.geometry import conditioner_width, encoded_channels
from ..validation.view import Absent, Node
from .tensors import Shapes, conv, embedding, linear

_FREQUENCIES = 256
"""Features that describe a number before they are brought to its width."""

HIDDEN = {
    "clap_audio": "engine 0.0.20 cannot build it",
    "phoneme": "its table has a row for each phoneme that the package g2p_en knows",
    "lut": "its table has a row for each token of a tokenizer from a hub",
    "sat_clap_text": "its CLAP model holds a RoBERTa from a hub",
    "sat_clap_audio": "its CLAP model comes from a checkpoint",
}
"""Type -> why its weights cannot be told from a config."""

_TRAINED = {"t5": "enable_grad", "t5gemma": "enable_grad", "causal_lm": "enable_grad", "clap_text": "finetune"}
"""Type of a text encoder -> the key that makes its weights part of the model."""


class Hidden(Exception):
    """The weights of a part cannot be told from a config."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def conditioner(node: Node) -> Shapes:
    """The weights of a conditioner that are part of the model: a frozen text encoder is kept apart from it.

    Raises:
        Hidden: the config does not tell them.
        Absent: something needed is missing, or it is a plugin's.
    """
    kind = node("type")
    if kind in HIDDEN:
        raise Hidden(HIDDEN[kind])
    if kind in ("int", "number", "list"):
        return _simple(node, conditioner_width(node).value)
    if kind in ("pretransform", "source_mix"):
        return _signal(node)
    if kind not in _TRAINED:
        raise Absent(node.path)
    if node(f"config.{_TRAINED[kind]}"):
        raise Hidden("its text encoder is trained too, whose weights come from a hub")
    return _text(node)


def note(node: Node) -> str:
    """What is worth saying beside the number: which network is kept apart from the model."""
    apart = {"t5": "t5_model_name", "t5gemma": "model_name", "causal_lm": "model_name", "clap_text": "audio_model_type"}
    key = apart.get(node("type"))
    if key is None:
        return ""
    name = "CLAP" if node("type") == "clap_text" else node(f"config.{key}")
    return f"without {name}, which is frozen and kept apart from the model"


def _simple(node: Node, width: int) -> Shapes:
    kind = node("type")
    if kind == "int":
        return embedding(node("config.max_val") - node("config.min_val") + 1, width)
    if kind == "list":
        return embedding(len(node("config.options")) + 1, width)
    if node("config.fourier_features_type") == "expo":
        return linear(_FREQUENCIES, width)
    return [(_FREQUENCIES // 2,), *linear(_FREQUENCIES + 1, width)]


def _text(node: Node) -> Shapes:
    width, inner = conditioner_width(node).value, inner_width(node)
    assert inner is not None
    shapes = linear(inner, width) if has_projection(node) else []
    shapes += [(width,)] if node("config.padding_mode") == "learned" else []
    if node("type") == "causal_lm":
        shapes += [(inner,), *([()] if node("config.learned_scale") else [])]
    return shapes


def _signal(node: Node) -> Shapes:
    """Its pretransform is counted apart."""
    width, encoded = conditioner_width(node).value, encoded_channels(pretransform_of(node)).value
    shapes = [] if encoded == width else linear(encoded, width)
    if node("type") == "source_mix":
        shapes += conv(encoded, width, 1) * len(node("config.source_keys"))
        shapes += [(width, 1)] if node("config.allow_null_source") else []
    return shapes
