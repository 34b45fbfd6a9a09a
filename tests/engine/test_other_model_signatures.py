"""The model types beside autoencoder and diffusion_cond against the installed engine: same keys, same defaults, same tags.

What a factory reads key by key is looked up in the engine's source; what it hands on as keywords is compared with signatures.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from signatures import REQUIRED, comparable, keywords, ours

from stable_audio_config.datamodels import diffusion_autoencoder, lm, uncond
from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.training import clap as clap_training
from stable_audio_config.datamodels.training import diffusion_autoencoder as diffae_training
from stable_audio_config.datamodels.training import inpaint_demo
from stable_audio_config.datamodels.training import lm as lm_training
from stable_audio_config.datamodels.training import uncond as uncond_training

pytestmark = pytest.mark.engine

Tree = dict[str, Any]
DF, DT, TR = "stable_audio_tools.models.diffusion", "stable_audio_tools.models.dit", "stable_audio_tools.models.transformer"
BACKBONE = "stable_audio_tools.models.lm_backbone:ContinuousTransformerAudioLMBackbone"
TRANSFORMER = (f"{TR}:ContinuousTransformer", f"{TR}:TransformerBlock")
DIT = (f"{DT}:DiffusionTransformer", *TRANSFORMER)
BLOCK = frozenset({"dim", "dim_context", "layer_ix"})
BY_DIT = BLOCK | {"dim_heads", "dim_in", "dim_out", "cross_attend"}


@dataclass(frozen=True)
class Case:
    """One data model and the classes whose keywords it holds, the outermost first (it wins)."""

    config: type[BaseModel]
    classes: tuple[str, ...]
    filled: frozenset[str] = frozenset()
    """Keywords that the engine fills itself."""
    factory: Tree = field(default_factory=dict)
    """Keywords whose default the factory replaces."""


CASES = [
    Case(uncond.DiTUncondConfig, (f"{DF}:DiTUncondWrapper", *DIT), BY_DIT | {"io_channels"}),
    Case(uncond.DAU1dConfig, (f"{DF}:DiffusionAttnUnet1D",)),
    Case(diffusion_autoencoder.DiTDecoderConfig, (f"{DF}:DiTWrapper", *DIT), BY_DIT),
    Case(diffusion_autoencoder.DAU1dDecoderConfig, (f"{DF}:DiffusionAttnUnet1D",), factory={"strides": REQUIRED}),
    Case(
        lm.TransformerBackboneConfig,
        (BACKBONE, *TRANSFORMER),
        BLOCK | {"dim_in", "dim_out", "cross_attend", "cond_token_dim", "causal"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.config.__name__)
def test_keys_and_defaults_are_the_engines(case: Case) -> None:
    expected = keywords(*case.classes)
    assert case.filled <= set(expected)
    left = {name: default for name, default in expected.items() if name not in case.filled}
    assert comparable(ours(case.config)) == comparable({**left, **case.factory})


@cache
def source(file: str) -> ast.Module:
    # Looking for the package itself imports nothing, so reading does not wait for torch.
    spec = importlib.util.find_spec("stable_audio_tools")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return ast.parse((Path(spec.submodule_search_locations[0]) / file).read_text(encoding="utf-8"))


def scope(file: str, name: str, branch: str = "") -> list[ast.AST]:
    """A function or class, or the branch of it that is for one model type."""
    (found,) = (node for node in source(file).body if getattr(node, "name", None) == name)
    if not branch:
        return [found]
    (chosen,) = (node for node in ast.walk(found) if isinstance(node, ast.If) and ast.unparse(node.test) == branch)
    return list(chosen.body)


def reads(nodes: list[ast.AST], held: str) -> Iterator[tuple[str, Any]]:
    """Key and default of every `held["key"]`, `held.get("key", default)` and `"key" in held`; a default in code is `...`."""
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=str() as key), ctx=ast.Load()):
                default: Any = REQUIRED
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str() as key), *rest]):
                default = literal(rest[0]) if rest else None
            case ast.Compare(left=ast.Constant(value=str() as key), ops=[ast.In()], comparators=[value]):
                default = None
            case _:
                continue
        if ast.unparse(value) == held:
            yield key, default


def literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ...


def names_in(file: str, scope_name: str, target: str) -> dict[str, Any]:
    """Keys and, where they are literals, values of the dictionary that is assigned to `target`."""
    for node in (inner for outer in scope(file, scope_name) for inner in ast.walk(outer)):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == target and isinstance(node.value, ast.Dict):
            return {
                ast.literal_eval(key): literal(value) for key, value in zip(node.value.keys, node.value.values, strict=True) if key
            }
    raise AssertionError(f"`{scope_name}` no longer assigns a dictionary to `{target}`")


@dataclass(frozen=True)
class Reads:
    """A data model and the dictionary of the engine whose keys it describes."""

    config: type[BaseModel]
    file: str
    scope: str
    held: str
    """The dictionary, under the name that it has there."""
    branch: str = ""
    own: frozenset[str] = frozenset()
    """Keys of the data model that are read at another place."""
    asserted: frozenset[str] = frozenset()
    """Keys that the engine reads as None and then insists on, or asks for and then indexes."""


WRAPPER, DEMO = "create_training_wrapper_from_config", "create_demo_callback_from_config"
TF, DIFF = "training/factory.py", "training/diffusion.py"
DIFFAE = {"latent_dim", "downsampling_ratio", "io_channels"}


def training(config: type[BaseModel], model_type: str) -> Reads:
    return Reads(config, TF, WRAPPER, "training_config", f"model_type == '{model_type}'", own=frozenset({"demo"}))


def demo(config: type[BaseModel], model_type: str) -> Reads:
    return Reads(config, TF, DEMO, "demo_config", f"model_type == '{model_type}'")


def uncond_model(config: type[BaseModel]) -> Reads:
    needed = frozenset({"type"} if config is uncond.DAU1dUncondModel else {"type", "config"})
    factory = "create_diffusion_uncond_from_config"
    return Reads(config, "models/diffusion.py", factory, "diffusion_uncond_config", asserted=needed)


READS = [
    *(uncond_model(model) for model in (uncond.DiTUncondModel, uncond.ADPUncondModel, uncond.DAU1dUncondModel)),
    Reads(
        diffusion_autoencoder.DiffusionAutoencoderModel,
        "models/autoencoders.py",
        "create_diffAE_from_config",
        "diffae_config",
        asserted=frozenset(DIFFAE | {"encoder", "decoder"}),
    ),
    Reads(diffusion_autoencoder.DiTDecoder, "models/autoencoders.py", "create_diffAE_from_config", "diffae_config['diffusion']"),
    Reads(diffusion_autoencoder.ADPDecoder, "models/autoencoders.py", "create_diffAE_from_config", "diffae_config['diffusion']"),
    Reads(diffusion_autoencoder.DAU1dDecoder, "models/autoencoders.py", "create_diffAE_from_config", "diffae_config['diffusion']"),
    Reads(lm.LMModel, "models/lm.py", "create_audio_lm_from_config", "model_config", asserted=frozenset({"lm", "pretransform"})),
    Reads(
        lm.TransformerBackbone, "models/lm.py", "create_audio_lm_from_config", "lm_config", asserted=frozenset({"type", "config"})
    ),
    training(uncond_training.DiffusionUncondTraining, "diffusion_uncond"),
    training(diffae_training.DiffusionAutoencoderTraining, "diffusion_autoencoder"),
    training(lm_training.LMTraining, "lm"),
    training(clap_training.ClapTraining, "clap"),
    demo(uncond_training.DiffusionUncondDemo, "diffusion_uncond"),
    demo(diffae_training.DiffusionAutoencoderDemo, "diffusion_autoencoder"),
    demo(inpaint_demo.InpaintDemo, "diffusion_cond_inpaint"),
    demo(lm_training.LMDemo, "lm"),
    demo(clap_training.ClapDemo, "clap"),
    Reads(uncond_training.UncondLoRAConfig, DIFF, "DiffusionUncondTrainingWrapper", "self.lora_config"),
    Reads(uncond_training.LinearRank, DIFF, "DiffusionUncondTrainingWrapper", "self.lora_config.get('linear', {})"),
    Reads(lm_training.LMOptimizers, "training/lm.py", "AudioLanguageModelTrainingWrapper", "self.optimizer_configs"),
    Reads(clap_training.ClapOptimizers, "training/clap.py", "CLAPTrainingWrapper", "self.optimizer_configs"),
]


def our_default(row: Reads, key: str) -> Any:
    info = row.config.model_fields[key]
    value = REQUIRED if info.is_required() else info.get_default(call_default_factory=True)
    return None if plain(value) in ([], {}) else plain(value)


@pytest.mark.parametrize("row", READS, ids=lambda row: f"{row.config.__name__} at {row.scope}")
def test_our_keys_and_defaults_are_those_that_the_engine_reads(row: Reads) -> None:
    found = list(reads(scope(row.file, row.scope, row.branch), row.held))
    assert {key for key, _ in found} == set(row.config.model_fields) - row.own
    for key, default in found:
        if default is not ... and key not in row.asserted:
            assert (key, our_default(row, key)) == (key, None if default in ([], {}) else default)


def test_the_losses_of_clap_are_the_engines() -> None:
    losses = names_in("training/clap.py", "CLAPTrainingWrapper", "self.loss_config")
    assert comparable(ours(clap_training.ClapLossConfig)) == comparable(losses)


def test_the_kinds_of_holes_are_the_engines() -> None:
    kinds = names_in(DIFF, "DiffusionCondInpaintDemoCallback", "self._mask_type_map")
    assert list(inpaint_demo.InpaintDemoCounts.model_fields) == list(kinds)
    assert {default for _, default in reads(scope(DIFF, "DiffusionCondInpaintDemoCallback"), "self.inpaint_demo_config")} <= {0}


def test_the_patterns_of_codebooks_are_the_engines() -> None:
    patterns = names_in("models/lm.py", "create_audio_lm_from_config", "pattern_providers")
    assert set(get_args(lm.TransformerBackbone.model_fields["codebook_pattern"].annotation)) == set(patterns)


def tags(file: str, function: str, variable: str) -> set[str]:
    found: set[str] = set()
    for node in (inner for outer in scope(file, function) for inner in ast.walk(outer)):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == variable:
            value = literal(node.comparators[0])
            found |= set(value) if isinstance(value, list) else {value}
    return found - {None}


@pytest.mark.parametrize(
    ("kind", "file", "function", "variable"),
    [
        ("model", "models/factory.py", "create_model_from_config", "model_type"),
        ("training", TF, WRAPPER, "model_type"),
        ("training", TF, DEMO, "model_type"),
        ("uncond_diffusion", "models/diffusion.py", "create_diffusion_uncond_from_config", "model_type"),
        ("autoencoder_diffusion", "models/autoencoders.py", "create_diffAE_from_config", "diffusion_model_type"),
        ("lm_backbone", "models/lm.py", "create_audio_lm_from_config", "lm_type"),
    ],
)
def test_the_tags_are_the_engines(kind: str, file: str, function: str, variable: str) -> None:
    assert set(KINDS[kind].branches) == tags(file, function, variable)
