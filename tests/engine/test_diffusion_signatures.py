"""The diffusion networks and conditioners against the installed engine: same keys, same defaults, same tags."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from signatures import REQUIRED, comparable, keywords, load, ours

from stable_audio_config.datamodels import adp, clap, conditioning, diffusion, dit, shift, transformer
from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.conditioning import audio, number, text
from stable_audio_config.datamodels.conditioning import base as conditioner_base
from stable_audio_config.datamodels.conditioning import clap as clap_conditioners
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.tagged import Tagged, imported

pytestmark = pytest.mark.engine

CL = "stable_audio_tools.models.clap"
CO = "stable_audio_tools.models.conditioners"
DF = "stable_audio_tools.models.diffusion"
DT = "stable_audio_tools.models.dit"
SA = "stable_audio_tools.inference.sampling"
TR = "stable_audio_tools.models.transformer"
AD = "stable_audio_tools.models.adp"


@dataclass(frozen=True)
class Case:
    """One data model and the classes whose keywords it holds, the outermost first (it wins)."""

    config: type[BaseModel]
    classes: tuple[str, ...]
    filled: frozenset[str] = frozenset()
    """Keywords that the engine fills itself."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Keyword -> why no key of ours sets it."""
    factory: dict[str, Any] = field(default_factory=dict)
    """Keys that the factory reads itself, and keywords whose default it replaces."""


BLOCK = frozenset({"dim", "dim_context", "layer_ix"})
SECTION = frozenset({"diffusion_objective", "modular_local_cond_configs"})
BY_DIT = BLOCK | {"dim_heads", "dim_in", "dim_out", "cross_attend"}
BY_UNET = {"factor", "num_groups", "num_layers", "kernel_multiplier", "use_pre_downsample", "use_skip"}
BY_UNET |= {"extract_channels", "num_transformer_blocks", "context_mapping_features"}
WIDTH = {"output_dim": None}
CLAP_SOURCE = {"model": REQUIRED, "use_model_pretransform": False, "ckpt_path": None}
PRETRANSFORMED = {
    **WIDTH,
    "sample_rate": REQUIRED,
    "use_model_pretransform": False,
    "pretransform_config": None,
    "pretransform_ckpt_path": None,
}

CASES = [
    Case(transformer.AttentionConfig, (f"{TR}:Attention",), frozenset({"dim", "dim_heads", "causal", "zero_init_output"})),
    Case(transformer.FeedForwardConfig, (f"{TR}:FeedForward",), frozenset({"dim", "zero_init_output"})),
    Case(transformer.NormConfig, (f"{TR}:LayerNorm", f"{TR}:RMSNorm", f"{TR}:DynamicTanh"), frozenset({"dim"})),
    Case(
        transformer.StandaloneTransformer,
        (f"{TR}:ContinuousTransformer", f"{TR}:TransformerBlock"),
        BLOCK | {"dim_in", "dim_out", "cross_attend", "cond_token_dim", "causal"},
    ),
    Case(
        dit.DiTConfig,
        (f"{DT}:DiffusionTransformer", f"{TR}:ContinuousTransformer", f"{TR}:TransformerBlock"),
        BY_DIT | SECTION,
    ),
    Case(
        clap.ClapAudioTransformerConfig,
        (f"{CL}:LatentTransformerCLAPAudioBranch", f"{TR}:ContinuousTransformer", f"{TR}:TransformerBlock"),
        BLOCK,
        {"max_length": "it is `audio.context_length`"},
    ),
    Case(clap.RobertaConfig, (f"{CL}:RobertaCLAPTextBranch",), left_out={"max_length": "it is `text.context_length`"}),
    Case(
        adp.ADPUNetConfig,
        (f"{AD}:UNet1d", f"{AD}:DownsampleBlock1d"),
        frozenset(BY_UNET),
        factory={
            "stft_num_fft": None,
            "stft_hop_length": 256,
            "stft_window_length": None,
            "stft_length": None,
            "stft_use_complex": False,
        },
    ),
    Case(
        adp.ADPCFGUNetConfig,
        (f"{AD}:UNetCFG1d", f"{AD}:UNet1d", f"{AD}:DownsampleBlock1d"),
        frozenset(BY_UNET),
        factory={
            "stft_num_fft": None,
            "stft_hop_length": 256,
            "stft_window_length": None,
            "stft_length": None,
            "stft_use_complex": False,
        },
    ),
    Case(shift.FullShift, (f"{SA}:DistributionShift",), factory={"type": "full"}),
    Case(shift.FluxShift, (f"{SA}:FluxDistributionShift",), factory={"type": REQUIRED}),
    Case(shift.LogSNRShift, (f"{SA}:LogSNRShift",), factory={"type": REQUIRED}),
    Case(text.T5ConditionerConfig, (f"{CO}:T5Conditioner",), factory=WIDTH),
    Case(text.T5GemmaConditionerConfig, (f"{CO}:T5GemmaConditioner",), factory=WIDTH),
    Case(text.CausalLMConditionerConfig, (f"{CO}:CausalLMConditioner",), factory=WIDTH),
    Case(clap_conditioners.ClapTextConditionerConfig, (f"{CO}:CLAPTextConditioner",), factory=WIDTH),
    Case(clap_conditioners.ClapAudioConditionerConfig, (f"{CO}:CLAPAudioConditioner",), factory=WIDTH),
    Case(number.IntConditionerConfig, (f"{CO}:IntConditioner",), factory=WIDTH),
    Case(number.NumberConditionerConfig, (f"{CO}:NumberConditioner",), factory=WIDTH),
    Case(number.ListConditionerConfig, (f"{CO}:ListConditioner",), factory=WIDTH),
    Case(text.PhonemeConditionerConfig, (f"{CO}:PhonemeConditioner",), factory=WIDTH),
    Case(text.LUTConditionerConfig, (f"{CO}:TokenizerLUTConditioner",), factory=WIDTH),
    Case(
        clap_conditioners.SATClapTextConditionerConfig,
        (f"{CO}:SATCLAPTextConditioner",),
        frozenset({"clap_model"}),
        factory={**WIDTH, **CLAP_SOURCE, "sample_rate": None},
    ),
    Case(
        clap_conditioners.SATClapAudioConditionerConfig,
        (f"{CO}:SATCLAPAudioConditioner",),
        frozenset({"clap_model"}),
        factory={**WIDTH, **CLAP_SOURCE, "sample_rate": REQUIRED},
    ),
    Case(
        audio.PretransformConditionerConfig,
        (f"{CO}:PretransformConditioner",),
        frozenset({"pretransform"}),
        factory=PRETRANSFORMED,
    ),
    Case(
        audio.SourceMixConditionerConfig,
        (f"{CO}:SourceMixConditioner",),
        frozenset({"pretransform"}),
        factory=PRETRANSFORMED,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.config.__name__)
def test_keys_and_defaults_are_the_engines(case: Case) -> None:
    expected = keywords(*case.classes)
    assert case.filled | set(case.left_out) <= set(expected)
    for name in case.filled | set(case.left_out):
        del expected[name]
    assert comparable(ours(case.config)) == comparable({**expected, **case.factory})


def test_the_spectrogram_keys_are_those_of_the_engines_stft() -> None:
    expected = {f"stft_{name}": default for name, default in keywords(f"{AD}:STFT").items()}
    expected["stft_num_fft"] = None  # The U-Net insists on it, though the transform has a default of its own.
    mine = {name: default for name, default in ours(adp.ADPUNetConfig).items() if name.startswith("stft_")}
    assert comparable(mine) == comparable(expected)


@pytest.mark.parametrize("block", ["DownsampleBlock1d", "UpsampleBlock1d", "BottleneckBlock1d"])
def test_every_block_of_the_unet_takes_the_same_attention_keys(block: str) -> None:
    taken = {name for name in keywords(f"{AD}:{block}") if name.startswith("attention_")}
    assert taken == {name for name in adp.ADPUNetConfig.model_fields if name.startswith("attention_")}


def literals(model: type[BaseModel], name: str) -> set[Any]:
    return set(get_args(model.model_fields[name].annotation))


def test_the_names_of_the_text_encoders_are_the_engines() -> None:
    assert literals(text.T5ConditionerConfig, "t5_model_name") == set(load(f"{CO}:T5Conditioner").T5_MODELS)
    gemma = set(load(f"{CO}:T5GemmaConditioner").T5GEMMA_MODELS)
    assert literals(text.T5GemmaConditionerConfig, "model_name") == gemma
    assert literals(text.CausalLMConditionerConfig, "model_name") == set(load(f"{CO}:CausalLMConditioner").MODELS)
    assert literals(clap.RobertaConfig, "name") == set(load(f"{CL}:RobertaCLAPTextBranch").ROBERTA_MODEL_DIMS)
    assert set(get_args(conditioner_base.PaddingMode)) == {mode.value for mode in load(f"{CO}:PaddingMode")}


@pytest.mark.parametrize(
    ("model", "name", "engine"),
    [
        (dit.DiTConfig, "global_cond_type", f"{DT}:DiffusionTransformer"),
        (dit.DiTConfig, "timestep_cond_type", f"{DT}:DiffusionTransformer"),
        (dit.DiTConfig, "timestep_features_type", f"{DT}:DiffusionTransformer"),
        (diffusion.DiTDiffusion, "diffusion_objective", f"{DT}:DiffusionTransformer"),
        (transformer.AttentionConfig, "qk_norm", f"{TR}:Attention"),
        (number.NumberConditionerConfig, "fourier_features_type", f"{CO}:NumberConditioner"),
        (clap.ClapAudioTransformerConfig, "embed_type", f"{CL}:LatentTransformerCLAPAudioBranch"),
        (clap.ClapModel, "model_objective", f"{CL}:CLAP"),
    ],
)
def test_the_words_that_a_key_may_say_are_those_of_the_engines_signature(model: type[BaseModel], name: str, engine: str) -> None:
    assert literals(model, name) == set(get_args(inspect.signature(load(engine)).parameters[name].annotation))


def tree(path: str) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(load(path))))


def keys_read(path: str, variable: str) -> dict[str, Any]:
    """Key -> default of every `variable["key"]` (required) and `variable.get("key", default)` in a function."""
    found: dict[str, Any] = {}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == variable:
            found[ast.literal_eval(node.slice)] = REQUIRED
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in (f"{variable}.get", f"{variable}.pop"):
            found.setdefault(*(ast.literal_eval(item) for item in [*node.args, ast.Constant(None)][:2]))
    return found


def tags_read(path: str, variable: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == variable:
            found |= {item.value for item in node.comparators if isinstance(item, ast.Constant) and item.value}
    return found


def tags_ours(kind: Tagged) -> set[str]:
    """The tags that the data models themselves take; each stands in the table of its kind."""
    taken = {tag for place in kind.branches.values() for tag in literals(imported(place), "type")}
    assert taken == set(kind.branches)
    return taken


def test_the_model_and_its_diffusion_section_have_the_keys_that_the_engine_reads() -> None:
    factory = f"{DF}:create_diffusion_cond_from_config"
    asserted = {"diffusion", "io_channels"}
    model = {**keys_read(factory, "model_config"), **dict.fromkeys(asserted, REQUIRED)}
    assert comparable(ours(diffusion.DiffusionCondModel)) == comparable(model)
    section = {**keys_read(factory, "diffusion_config"), "type": REQUIRED, "config": REQUIRED}
    for ours_model in (diffusion.DiTDiffusion, diffusion.ADPDiffusion, diffusion.ADPCFGDiffusion):
        assert comparable(ours(ours_model)) == comparable(section)


def test_a_local_signal_has_the_keys_that_the_transformer_reads() -> None:
    assert comparable(ours(transformer.ModularLocalCond)) == comparable(keys_read(f"{TR}:TransformerBlock", "config"))


def test_the_conditioning_has_the_keys_that_the_engine_reads() -> None:
    factory = f"{CO}:create_multi_conditioner_from_conditioning_config"
    assert comparable(ours(conditioning.Conditioning)) == comparable(keys_read(factory, "config"))
    assert comparable(ours(number.IntConditioner)) == comparable(keys_read(factory, "conditioner_info"))
    read = set(keys_read(factory, "conditioner_config"))
    assert read == (set(PRETRANSFORMED) - set(WIDTH)) | {"ckpt_path"}


def test_clap_has_the_keys_that_the_engine_reads() -> None:
    model = keys_read(f"{CL}:create_clap_from_config", "clap_model_config")
    model |= {"audio": REQUIRED, "text": REQUIRED, "pretransform": None, "model_objective": "clap"}
    assert comparable(ours(clap.ClapModel)) == comparable(model)
    audio_branch = keys_read(f"{CL}:create_clap_audio_branch_from_config", "audio_branch_config")
    text_branch = keys_read(f"{CL}:create_clap_text_branch_from_config", "text_branch_config")
    assert comparable(ours(clap.ClapAudio)) == comparable(audio_branch)
    assert comparable(ours(clap.ClapText)) == comparable(text_branch)
    noise = keys_read(f"{CL}:LatentTransformerCLAPAudioBranch", "noise_config")
    noise |= keys_read("stable_audio_tools.training.clap:CLAPTrainingWrapper", "self.audio_noise_config")
    assert comparable(ours(clap.ClapNoiseConfig)) == comparable(noise)


def test_the_tags_are_the_engines() -> None:
    factory = f"{CO}:create_multi_conditioner_from_conditioning_config"
    assert tags_ours(KINDS["conditioner"]) == tags_read(factory, "conditioner_type")
    sections = tags_read(f"{DF}:create_diffusion_cond_from_config", "diffusion_model_type")
    assert tags_ours(KINDS["cond_diffusion"]) == sections
    wrapper = tree(f"{DF}:ConditionedDiffusionModelWrapper")
    read = {
        node.comparators[0].value
        for node in ast.walk(wrapper)
        if isinstance(node, ast.Compare)
        and ast.unparse(node.left) == "dist_shift_type"
        and isinstance(node.comparators[0], ast.Constant)
    }
    assert tags_ours(KINDS["distribution_shift"]) == read


DIT = {"io_channels": 4, "embed_dim": 64, "depth": 1, "num_heads": 2, "cond_token_dim": 8, "global_cond_dim": 8}
EXTRAS: dict[str, dict[str, Any]] = {
    "adaLN": {"global_cond_type": "adaLN", "timestep_features_type": "expo", "timestep_features_logsnr": True},
    "timestep beside the input": {"timestep_cond_type": "input_concat", "timestep_embed_dim": 2},
    "norms": {"norm_type": "rms_norm", "norm_kwargs": {"force_fp32": True}, "attn_kwargs": {"qk_norm": "rms"}},
    "tanh": {"norm_type": "dyt", "norm_kwargs": {"init_alpha": 2.0}, "attn_kwargs": {"qk_norm": "dyt"}},
    "feed-forward": {"ff_kwargs": {"use_conv": True, "glu": False, "mult": 1.5, "sinusoidal": True}},
    "everything zero that may be": {"timestep_features_dim": 0, "ff_kwargs": {"mult": 0}, "num_memory_tokens": 0},
    "no layers": {"depth": 0},
}


@pytest.mark.parametrize("extra", EXTRAS.values(), ids=EXTRAS)
def test_the_engine_builds_and_runs_what_the_data_model_accepts(extra: dict[str, Any]) -> None:
    import torch

    written = {
        "io_channels": 4,
        "diffusion": {
            "type": "dit",
            "config": {**DIT, **extra},
            "cross_attention_cond_ids": ["style"],
            "global_cond_ids": ["seconds"],
            "distribution_shift_options": {"type": "flux", "alpha_max": 2},
        },
        "conditioning": {
            "cond_dim": 8,
            "configs": [
                {"id": "style", "type": "list", "config": {"options": ["rock", 1990]}},
                {"id": "seconds", "type": "number", "config": {"max_val": 30}},
            ],
        },
    }
    model = plain(diffusion.DiffusionCondModel.model_validate(written))
    network = load(f"{DF}:create_diffusion_cond_from_config")(
        {"model_type": "diffusion_cond", "sample_rate": 44100, "model": model}
    )
    cond = network.conditioner([{"style": "rock", "seconds": 3.0}, {"style": 1990, "seconds": 4}], "cpu")
    assert network(torch.zeros(2, 4, 16), torch.full((2,), 0.5), cond=cond).shape == (2, 4, 16)
