"""The training section of conditional diffusion against the installed engine: same keys, same defaults.

Most of this section is read key by key (`config.get("key", default)`), so those reads are looked up in the engine's
source; what the engine hands to a class as keywords is compared with the signature of that class.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.clap import NestedClap
from stable_audio_config.datamodels.training import arc, diffusion, inpainting, lora
from stable_audio_config.datamodels.training.diffusion import DiffusionCondTraining

pytestmark = pytest.mark.engine

REQUIRED = "(required)"
UNKNOWN = "(not a literal in the source)"
FACTORY, COND, ARC, HEADS = "training/factory.py", "training/diffusion.py", "training/arc.py", "models/arc.py"
WRAPPER = "create_training_wrapper_from_config"
COND_BRANCH = "model_type in ['diffusion_cond', 'diffusion_cond_inpaint']"


@dataclass(frozen=True)
class Reads:
    """A data model and the dictionaries of the engine, under the names they have there, whose keys it describes."""

    config: type[BaseModel]
    file: str
    scope: str
    """The function or class that reads them."""
    names: tuple[str, ...]
    branch: str = ""
    """The condition of the branch that is for `diffusion_cond`, where the function serves several model types."""
    elsewhere: frozenset[str] = frozenset()
    """Keys of the data model that are read at another place, which has a row or a test of its own."""
    carried: frozenset[str] = frozenset()
    """Keys of the data model that nothing reads, because published configs have them."""


DISC = "self.discriminator_config"
READS = [
    Reads(
        DiffusionCondTraining,
        FACTORY,
        WRAPPER,
        ("training_config",),
        COND_BRANCH,
        elsewhere=frozenset({"demo", "metrics"}),
    ),
    Reads(arc.ArcConfig, FACTORY, WRAPPER, ("arc_config",), COND_BRANCH),
    Reads(NestedClap, FACTORY, WRAPPER, ("clap_config",), COND_BRANCH, elsewhere=frozenset({"model", "sample_rate"})),
    Reads(
        diffusion.DiffusionCondDemo,
        FACTORY,
        "create_demo_callback_from_config",
        ("demo_config",),
        "model_type == 'diffusion_cond'",
    ),
    Reads(
        diffusion.DiffusionMetrics,
        FACTORY,
        "create_metrics_callback_from_config",
        ("metrics_config",),
        "model_type == 'diffusion_cond_inpaint' or model_type == 'diffusion_cond'",
    ),
    Reads(diffusion.CondDisplay, COND, "DiffusionCondDemoCallback", ("cond_display_config",)),
    Reads(diffusion.CondDisplayConfig, COND, "DiffusionCondDemoCallback", ("audio_cond_config",)),
    Reads(
        diffusion.TimestepSamplerOptions,
        COND,
        "DiffusionCondTrainingWrapper",
        ("self.timestep_sampler_options",),
    ),
    Reads(lora.LoRAConfig, COND, "DiffusionCondTrainingWrapper", ("self.lora_config",)),
    Reads(lora.ArcLoRAConfig, ARC, "ARCTrainingWrapper", ("self.gen_lora_config",)),
    Reads(lora.ArcLoRAConfig, ARC, "ARCTrainingWrapper", ("self.disc_lora_config",)),
    Reads(inpainting.InpaintingConfig, COND, "DiffusionCondTrainingWrapper", ("self.inpainting_config",)),
    Reads(inpainting.InpaintingConfig, ARC, "ARCTrainingWrapper", ("self.inpainting_config",)),
    Reads(arc.OdeWarmup, ARC, "ARCTrainingWrapper", ("self.ode_warmup_config",)),
    Reads(arc.TrimConfig, ARC, "ARCTrainingWrapper", ("self.trim_config",)),
    Reads(arc.ConvNeXtDiscriminator, ARC, "ARCTrainingWrapper", (DISC,), carried=frozenset({"loss_type"})),
    Reads(arc.DiscriminatorWeights, ARC, "ARCTrainingWrapper", (f"{DISC}.get('weights', {{}})",)),
    Reads(arc.MultiScaleSubHead, HEADS, "MultiScaleTransformerDiscriminator", ("h", "head_config")),
    Reads(diffusion.DiffusionOptimizers, ARC, "ARCTrainingWrapper", ("self.optimizer_configs",)),
]

ALSO_IN_ARC = Reads(arc.ArcConfig, ARC, "ARCTrainingWrapper", ("arc_config",))

ASKED_FIRST: set[tuple[type[BaseModel], str]] = {
    (DiffusionCondTraining, "arc"),
    (arc.ArcConfig, "discriminator"),
    (arc.ArcConfig, "clap_config"),
    (arc.ConvNeXtDiscriminator, "dit_hidden_layer"),
    (diffusion.DiffusionOptimizers, "discriminator"),
    (diffusion.CondDisplay, "id"),
    (diffusion.CondDisplay, "type"),
}
"""Keys without a default to compare: sections that are indexed once the engine knows they are there, and keys that it
reads as None and then asserts."""


@cache
def engine_tree(file: str) -> ast.Module:
    # Looking for the package itself imports nothing, so none of this waits for torch.
    spec = importlib.util.find_spec("stable_audio_tools")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return ast.parse((Path(spec.submodule_search_locations[0]) / file).read_text(encoding="utf-8"))


def scope_of(row: Reads) -> list[ast.AST]:
    tree = engine_tree(row.file)
    (scope,) = (node for node in tree.body if getattr(node, "name", None) == row.scope)
    if not row.branch:
        return [scope]
    branches = [node for node in ast.walk(scope) if isinstance(node, ast.If) and ast.unparse(node.test) == row.branch]
    assert len(branches) == 1, f"`{row.scope}` no longer has one branch `{row.branch}`"
    return list(branches[0].body)


def literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return UNKNOWN


def key_of(node: ast.AST) -> tuple[str, str, Any] | None:
    """The dictionary, the key and the default, where `node` reads a key that is written out."""
    match node:
        case ast.Call(func=ast.Attribute(value=held, attr="get" | "pop"), args=[ast.Constant(value=str() as key), *default]):
            return ast.unparse(held), key, literal(default[0]) if default else None
        case ast.Subscript(value=held, slice=ast.Constant(value=str() as key), ctx=ast.Load()):
            return ast.unparse(held), key, REQUIRED
        case ast.Compare(left=ast.Constant(value=str() as key), ops=[ast.In()], comparators=[held]):
            return ast.unparse(held), key, None
    return None


def keys_read(row: Reads) -> Iterator[tuple[str, Any]]:
    for part in scope_of(row):
        for node in ast.walk(part):
            found = key_of(node)
            if found and found[0] in row.names:
                yield found[1], found[2]


def comparable(value: Any) -> Any:
    """Lists for tuples, and one kind of emptiness: an absent section is `{}` to the engine."""
    value = list(value) if isinstance(value, tuple) else plain(value)
    return None if value in ([], {}) else value


def our_default(config: type[BaseModel], key: str) -> Any:
    info = config.model_fields[key]
    return REQUIRED if info.is_required() else comparable(info.get_default(call_default_factory=True))


def title(row: Reads) -> str:
    return f"{row.config.__name__} at {row.scope}"


@pytest.mark.parametrize("row", READS, ids=title)
def test_our_keys_are_the_keys_the_engine_reads(row: Reads) -> None:
    engine = {key for key, _ in keys_read(row)}
    if row.config is arc.ArcConfig:
        engine |= {key for key, _ in keys_read(ALSO_IN_ARC)}
    if row.config is arc.ConvNeXtDiscriminator:
        assert engine >= {"type", "config"}
    assert engine == set(row.config.model_fields) - row.elsewhere - row.carried
    assert {our_default(row.config, key) for key in row.carried} <= {None}


@pytest.mark.parametrize("row", [*READS, ALSO_IN_ARC], ids=title)
def test_our_defaults_are_the_defaults_of_the_reads(row: Reads) -> None:
    compared = 0
    for key, default in keys_read(row):
        if default == UNKNOWN or (row.config, key) in ASKED_FIRST:
            continue
        assert (key, our_default(row.config, key)) == (key, comparable(default))
        compared += 1
    assert compared or row.config is diffusion.CondDisplay


def test_alpha_defaults_to_rank_and_sub_heads_to_their_surroundings() -> None:
    alphas = [default for row in READS if row.config in (lora.LoRAConfig, lora.ArcLoRAConfig)
              for key, default in keys_read(row) if key == "alpha"]  # fmt: skip
    assert alphas == [UNKNOWN] * 3
    inherited = {key for row in READS if row.config is arc.MultiScaleSubHead
                 for key, default in keys_read(row) if default == UNKNOWN}  # fmt: skip
    assert inherited == set(arc.MultiScaleSubHead.model_fields) - {"stride"}


def test_our_noise_distributions_are_the_ones_the_engine_builds() -> None:
    (wrapper,) = (node for node in engine_tree(ARC).body if getattr(node, "name", None) == "ARCTrainingWrapper")
    (builder,) = (node for node in ast.walk(wrapper) if getattr(node, "name", None) == "build_noise_dist")
    assert compared_texts(builder, "dist") == set(get_args(arc.NoiseDistribution))
    parts = {
        literal(node.args[0])
        for node in ast.walk(wrapper)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self.build_noise_dist"
    }
    assert parts == set(arc.NoiseDist.model_fields) - {"congruent_step_counts"}
    reads = [found for node in ast.walk(builder) if (found := key_of(node))]
    assert [(key, comparable(default)) for _, key, default in reads] == [
        ("congruent_step_counts", our_default(arc.NoiseDist, "congruent_step_counts"))
    ]
    assert {our_default(arc.NoiseDist, part) for part in parts} == {"uniform"}


def compared_texts(node: ast.AST, name: str) -> set[str]:
    """Every text that the variable or attribute `name` is compared with."""
    texts: set[Any] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Compare) and ast.unparse(part.left) == name:
            found = literal(part.comparators[0])
            texts |= set(found) if isinstance(found, (list, tuple)) else {found}
    return texts - {UNKNOWN, None}


def choices(config: type[BaseModel], key: str) -> set[str]:
    """The texts that our field allows."""
    found: set[str] = set()
    pending: list[Any] = [config.model_fields[key].annotation]
    while pending:
        for argument in get_args(pending.pop()):
            if isinstance(argument, str):
                found.add(argument)
            else:
                pending.append(argument)
    return found


@pytest.mark.parametrize(
    ("config", "key", "file", "name", "not_compared"),
    [
        (DiffusionCondTraining, "timestep_sampler", COND, "self.timestep_sampler", set()),
        (DiffusionCondTraining, "loss_normalization", "training/utils.py", "loss_normalization", set()),
        (lora.LoRAConfig, "adapter_type", "models/lora/model.py", "self.adapter_type", set()),
        (arc.ArcConfig, "clap_loss_type", ARC, "self.clap_loss_type", set()),
        (arc.TrimConfig, "type", ARC, "self.trim_type", set()),
        (arc.ConvNeXtDiscriminator, "layer_combine_mode", ARC, "self.layer_combine_mode", {"concat"}),
        (diffusion.CondDisplay, "type", COND, "cond_type", set()),
    ],
)
def test_our_choices_are_the_ones_the_engine_knows(
    config: type[BaseModel], key: str, file: str, name: str, not_compared: set[str]
) -> None:
    assert compared_texts(engine_tree(file), name) == choices(config, key) - not_compared


def test_our_heads_are_the_ones_the_engine_builds() -> None:
    ours = {
        tag
        for model in vars(arc).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and model.__name__.endswith("Discriminator")
        if "type" in model.model_fields
        for tag in choices(model, "type") | set(get_args(model.model_fields["type"].annotation))
    }
    assert compared_texts(engine_tree(ARC), "discriminator_type") == ours


def test_our_samplers_are_the_ones_the_engine_knows() -> None:
    assert compared_texts(engine_tree("inference/sampling.py"), "sampler_type") == set(get_args(arc.OdeSampler))


@dataclass(frozen=True)
class Case:
    """A data model and the callables whose keywords it holds, the outermost first (it wins)."""

    config: type[BaseModel]
    callables: tuple[str, ...]
    filled: frozenset[str] = frozenset()
    """Keywords that the engine fills itself."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Keyword -> why no key of ours sets it."""


MA, CN = "stable_audio_tools.models.arc", "stable_audio_tools.models.convnext"
CASES = [
    Case(
        arc.ConvNeXtHeadConfig,
        (f"{MA}:ConvNeXtDiscriminator", f"{CN}:ConvNeXtEncoder"),
        filled=frozenset({"in_channels", "latent_dim"}),
    ),
    Case(arc.ConvNeXtBlockConfig, (f"{CN}:ConvNeXtBlock",), filled=frozenset({"dim"})),
    Case(arc.ConvHeadConfig, (f"{MA}:ConvDiscriminator",), filled=frozenset({"channels"})),
    Case(arc.DilatedConvHeadConfig, (f"{MA}:DilatedConvDiscriminator",), filled=frozenset({"channels"})),
    Case(arc.TransformerHeadConfig, (f"{MA}:TransformerDiscriminator",), filled=frozenset({"channels"})),
    Case(arc.MultiScaleHeadConfig, (f"{MA}:MultiScaleTransformerDiscriminator",), filled=frozenset({"channels"})),
    Case(
        inpainting.MaskKwargs,
        ("stable_audio_tools.models.inpainting:random_inpaint_mask",),
        filled=frozenset({"sequence", "padding_masks", "mask_padding"}),
        left_out={"force_mask_type": "takes a Python enum, which no file can hold"},
    ),
]


def signature_of(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for where in reversed(case.callables):
        module, name = where.split(":")
        for parameter in inspect.signature(getattr(importlib.import_module(module), name)).parameters.values():
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                continue
            missing = parameter.default is inspect.Parameter.empty
            found[parameter.name] = REQUIRED if missing else comparable(parameter.default)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.config.__name__)
def test_our_keywords_and_defaults_are_the_signatures(case: Case) -> None:
    engine = {key: value for key, value in signature_of(case).items() if key not in case.filled and key not in case.left_out}
    assert {key: our_default(case.config, key) for key in case.config.model_fields} == engine


def test_the_convnext_head_still_cannot_be_reset() -> None:
    # The string under `reset_every` says so; when the engine learns to, the string has to go.
    from stable_audio_tools.models.convnext import ConvNeXtEncoder

    assert not hasattr(ConvNeXtEncoder, "reset_parameters")
