"""The weights that are worked out from a config alone are those of the model that the engine builds: part by part, shape for shape.

Presets are built on torch's `meta` device, which holds shapes and no numbers. Only what the engine would download is a stand-in.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from small_configs import (
    AUTOENCODER_DIFFUSION,
    BOTTLENECK,
    COND_DIFFUSION,
    CONDITIONER,
    DECODER,
    ENCODER,
    LM_BACKBONE,
    MODEL,
    NOT_BUILT,
    PRETRANSFORM,
    UNCOND_DIFFUSION,
    Tree,
    autoencoder,
    autoencoder_model,
    cond_model,
    language_model,
    uncond_model,
)

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.compose.places import SHIPPED, preset_names
from stable_audio_config.inspect.parts import Part, parts
from stable_audio_config.inspect.tensors import Tensors
from stable_audio_config.validation.setup import model_setup
from stable_audio_config.validation.view import Broken

pytestmark = pytest.mark.engine

UNBUILDABLE = {
    **{f"dance_diffusion_{size}": "the engine fails at its own example" for size in ("base", "base_16k", "base_44k", "large")},
}
"""Preset -> why the engine cannot build it."""

TOLD_BY_THE_HUB = {"clap_audio", "phoneme", "lut", "sat_clap_text", "sat_clap_audio", "DAU1d", "roberta"}
"""Types whose weights the config does not tell."""


def _autoencoder(**changes: Any) -> Tree:
    return {**copy.deepcopy(MODEL["autoencoder"]), "model": {**autoencoder("tanh"), **changes}}


def _with(tree: Tree, **config: Any) -> Tree:
    return {**tree, "config": {**tree["config"], **config}}


def _conditioned(*conditioners: Tree, model: Tree | None = None) -> Tree:
    tree = copy.deepcopy(model or cond_model(COND_DIFFUSION["dit"]))
    tree["model"]["conditioning"] = {"cond_dim": 16, "configs": [*tree["model"]["conditioning"]["configs"], *conditioners]}
    return tree


def _dit(**config: Any) -> Tree:
    return cond_model(_with(COND_DIFFUSION["dit"], **config))


_RVQ = BOTTLENECK["rvq"]
_SAME = {"sliding_window": [1, 1], "chunk_midpoint_shift": True}
_LOCAL = [{"id": "kind", "dim": 3}, {"id": "tempo", "dim": 5}]

SMALL: dict[str, Tree] = {
    **{f"model {tag}": tree for tag, tree in MODEL.items()},
    **{f"encoder {tag}": _autoencoder(encoder=tree) for tag, tree in ENCODER.items()},
    **{f"decoder {tag}": _autoencoder(decoder=tree) for tag, tree in DECODER.items()},
    **{f"bottleneck {tag}": _autoencoder(bottleneck=tree) for tag, tree in BOTTLENECK.items()},
    **{
        f"pretransform {tag}": uncond_model({**UNCOND_DIFFUSION["dit"], "pretransform": tree}) for tag, tree in PRETRANSFORM.items()
    },
    **{f"uncond_diffusion {tag}": uncond_model(tree) for tag, tree in UNCOND_DIFFUSION.items()},
    **{f"cond_diffusion {tag}": cond_model(tree) for tag, tree in COND_DIFFUSION.items()},
    **{f"autoencoder_diffusion {tag}": autoencoder_model(tree) for tag, tree in AUTOENCODER_DIFFUSION.items()},
    **{f"lm_backbone {tag}": language_model(tree) for tag, tree in LM_BACKBONE.items()},
    **{f"conditioner {tag}": _conditioned({**tree, "id": "another"}) for tag, tree in CONDITIONER.items()},
    "oobleck with snakes": _autoencoder(
        encoder=_with(ENCODER["oobleck"], use_snake=True, antialias_activation=True),
        decoder=_with(DECODER["oobleck"], use_snake=True, antialias_activation=True, use_nearest_upsample=True),
    ),
    "dac without projection": _autoencoder(encoder={"type": "dac", "config": {"d_model": 4, "strides": [2, 3]}}),
    "seanet with every norm": _autoencoder(
        encoder=_with(ENCODER["seanet"], norm="time_group_norm", true_skip=True, n_residual_layers=2, lstm=0),
        decoder=_with(DECODER["seanet"], norm="spectral_norm", compress=1, residual_kernel_size=5),
    ),
    "seanet without norm": _autoencoder(
        encoder=_with(ENCODER["seanet"], norm="layer_norm"), decoder=_with(DECODER["seanet"], norm="none")
    ),
    "taae with convolutions": _autoencoder(
        encoder=_with(ENCODER["taae"], use_snake=True, use_dilated_conv=True, conformer=True, layer_scale=False),
        decoder=_with(DECODER["taae"], use_snake=True, use_dilated_conv=True, mapping_style="linear", strides=[1, 4]),
    ),
    "taae without mapping": _autoencoder(
        encoder=_with(ENCODER["taae"], mapping_style="none"), decoder=_with(DECODER["taae"], mapping_style="none")
    ),
    "same with a frozen backbone": _autoencoder(
        encoder=_with(ENCODER["same"], freeze_backbone=True, conv_mapping=True, mapping_bias=False, cross_attn=True, **_SAME),
        decoder=_with(DECODER["same"], freeze_backbone=True, variable_stride=True, dyt=False, feat_scale=True, differential=False),
    ),
    "same with layer scale": _autoencoder(
        encoder=_with(ENCODER["same"], layer_scale=True, conformer=True, ff_mult=2.5, transformer_depths=[0, 2]),
        decoder=_with(DECODER["same"], layer_scale=True, dim_heads=128),
    ),
    "rvq of another width": _autoencoder(bottleneck=_with(_RVQ, codebook_dim=2, learnable_codebook=True, ema_update=False)),
    "rvq of one codebook for all": _autoencoder(bottleneck=_with(_RVQ, shared_codebook=True)),
    "rvq kept orthogonal": _autoencoder(bottleneck=_with(_RVQ, orthogonal_reg_weight=0.5)),
    "dac_rvq of several widths": _autoencoder(bottleneck=_with(BOTTLENECK["dac_rvq"], codebook_dim=[2, 3])),
    "softnorm that scales itself": _autoencoder(
        bottleneck={"type": "softnorm", "config": {"dim": 4, "noise_augment_dim": 2, "auto_scale": True, "freeze": True}}
    ),
    "autoencoder over an autoencoder": _autoencoder(pretransform={"type": "autoencoder", "config": autoencoder("softnorm")}),
    "dit of one stream": _dit(global_cond_type="adaLN", project_cond_tokens=False, project_global_cond=False, patch_size=2),
    "dit with everything beside": _dit(
        input_concat_dim=3,
        prepend_cond_dim=5,
        timestep_cond_type="input_concat",
        timestep_embed_dim=8,
        timestep_features_type="expo",
    ),
    "dit with tokens of its own": _dit(num_memory_tokens=3, use_abs_pos_emb=True, abs_pos_emb_max_length=7, layer_scale=True),
    "dit with a conformer": _dit(
        conformer=True, use_sinusoidal_emb=True, norm_kwargs={"bias": True, "fix_scale": True}, ff_kwargs={"glu": False}, depth=2
    ),
    "dit that crosses once": _dit(
        depth=3, final_cross_attn_ix=1, attn_kwargs={"differential": True, "qk_norm": "dyt"}, norm_type="dyt"
    ),
    "dit that folds time": _dit(ff_kwargs={"glu": False, "use_conv": True, "no_bias": True}, attn_kwargs={"qk_norm": "rms"}),
    "dit with gains": _dit(
        ff_kwargs={"use_conv": True, "conv_kernel_size": 5, "mult": 1.5}, attn_kwargs={"feat_scale": True}, norm_type="rms_norm"
    ),
    "dit with local conditions": cond_model(
        {**_with(COND_DIFFUSION["dit"], local_add_cond_dim=4), "modular_local_cond_configs": _LOCAL}
    ),
    "unet with all conditions": cond_model(
        _with(COND_DIFFUSION["adp_1d"], context_features=6, context_channels=[2, 8], use_nearest_upsample=True, patch_size=2)
    ),
    "unet without the time": cond_model(_with(COND_DIFFUSION["adp_1d"], use_context_time=False, out_channels=4)),
    "unet told the time twice": cond_model(_with(COND_DIFFUSION["adp_cfg_1d"], use_xattn_time=True, attention_features=16)),
    "unet over a spectrogram": cond_model(
        _with(
            COND_DIFFUSION["adp_1d"], use_stft=True, stft_num_fft=7, context_channels=[1], use_stft_context=True, attentions=[2, 0]
        )
    ),
    "conditioners of several kinds": _conditioned(
        {"id": "a", "type": "t5", "config": {"t5_model_name": "t5-small", "padding_mode": "learned", "output_dim": 512}},
        {"id": "b", "type": "t5", "config": {"t5_model_name": "t5-large", "project_out": True}},
        {"id": "c", "type": "causal_lm", "config": {"learned_scale": False, "output_dim": 2304}},
        {
            "id": "d",
            "type": "source_mix",
            "config": {**CONDITIONER["source_mix"]["config"], "allow_null_source": True, "source_length": 4},
        },
        {"id": "e", "type": "pretransform", "config": {**CONDITIONER["pretransform"]["config"], "save_pretransform": True}},
        {"id": "f", "type": "list", "config": {"options": ["one", "two", "three"], "output_dim": 5}},
    ),
    "lm of plain attention": language_model(
        _with(LM_BACKBONE["continuous_transformer"], cross_attn_cond_dim=0, prepend_cond_dim=6)
    ),
}


class _Words:
    """Stands for a tokenizer of the hub."""

    def __len__(self) -> int:
        return 32


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    import transformers
    from stable_audio_tools.models import clap, conditioners

    def encoder(*_names: object, **_options: object) -> Any:
        return torch.nn.Linear(1, 1)

    for owner in (transformers.T5EncoderModel, transformers.T5GemmaEncoderModel, transformers.AutoModelForCausalLM):
        monkeypatch.setattr(owner, "from_pretrained", encoder)
    monkeypatch.setattr(clap.RobertaModel, "from_pretrained", encoder)
    for owner in (transformers.AutoTokenizer, clap.RobertaTokenizer):
        monkeypatch.setattr(owner, "from_pretrained", lambda *_, **__: _Words())
    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", lambda *_, **__: SimpleNamespace())
    monkeypatch.setattr(conditioners, "CLAPTextConditioner", _laion_clap(conditioners.Conditioner))


def _laion_clap(base: type) -> type:
    class CLAPTextConditioner(base):  # type: ignore[misc]
        """Without the CLAP model, which the engine keeps apart from the module."""

        def __init__(self, output_dim: int, use_text_features: bool = False, project_out: bool = False, **_others: object) -> None:
            super().__init__(768 if use_text_features else 512, output_dim, project_out=project_out)

    return CLAPTextConditioner


@pytest.fixture
def _meta() -> Iterator[None]:
    import torch
    from stable_audio_tools.models import factory  # noqa: F401  Torch cannot be imported while a device is set.

    with torch.device("meta"):
        yield


def built(tree: Tree) -> Any:
    from stable_audio_tools.models.factory import create_model_from_config

    return create_model_from_config(copy.deepcopy(tree))


def worked_out(tree: Tree) -> list[Part]:
    return parts(model_setup(tree, Broken()).model)


def of_the_engine(model: Any, name: str, others: set[str]) -> Tensors:
    """The weights of one part of a built model, without those of parts inside it."""

    def belongs(key: str) -> bool:
        inside = any(key.startswith(f"{other}.") for other in others if other.startswith(f"{name}."))
        return (key == name or key.startswith(f"{name}.")) and not inside

    named = [(key, weight) for key, weight in model.named_parameters() if belongs(key)]
    trained = [tuple(weight.shape) for _, weight in named if weight.requires_grad]
    frozen = [tuple(weight.shape) for _, weight in named if not weight.requires_grad]
    codebooks = [tuple(tensor.shape) for key, tensor in _codebooks(model) if belongs(key)]
    return Tensors(tuple(trained), tuple(frozen), tuple(codebooks))


def _codebooks(model: Any) -> Iterator[tuple[str, Any]]:
    for key, tensor in model.named_buffers():
        if key.rpartition(".")[2] in ("embed", "embed_avg", "cluster_size"):
            yield key, tensor


def in_order(tensors: Tensors) -> tuple[list[Any], list[Any], list[Any]]:
    return sorted(tensors.trained), sorted(tensors.frozen), sorted(tensors.stored)


def agrees(tree: Tree) -> None:
    model, found = built(tree), worked_out(tree)
    names = {part.name for part in found}
    for part in found:
        if part.tensors is None:
            assert part.kind in TOLD_BY_THE_HUB, f"{part.name}: {part.note}"
        else:
            assert in_order(part.tensors) == in_order(of_the_engine(model, part.name, names)), part.name
    counted = {f"{name}." for name in names}
    rest = [key for key, _ in model.named_parameters() if key not in names and not any(key.startswith(start) for start in counted)]
    assert not rest, "these weights belong to no part"
    if all(part.tensors is not None for part in found):
        total = sum(weight.numel() for weight in model.parameters())
        assert sum(part.tensors.count for part in found if part.tensors) == total


@pytest.mark.usefixtures("_meta")
@pytest.mark.parametrize("name", [name for name in preset_names([SHIPPED], "model") if name not in UNBUILDABLE])
def test_the_weights_of_a_preset_are_those_that_the_engine_builds(name: str) -> None:
    agrees(compose(Request((f"model={name}",))).tree["model"])


@pytest.mark.usefixtures("_meta")
@pytest.mark.parametrize("name", UNBUILDABLE)
def test_what_the_engine_cannot_build_is_not_counted(name: str) -> None:
    tree = compose(Request((f"model={name}",))).tree["model"]
    with pytest.raises(TypeError, match="use_snake"):
        built(tree)
    assert [(part.tensors, part.note) for part in worked_out(tree)] == [(None, "engine 0.0.20 cannot build it")]


@pytest.mark.parametrize("name", [name for name in SMALL if tuple(name.split(" ", 1)) not in NOT_BUILT])
def test_the_weights_of_a_small_model_are_those_that_the_engine_builds(name: str) -> None:
    agrees(SMALL[name])
