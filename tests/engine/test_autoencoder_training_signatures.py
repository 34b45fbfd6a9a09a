"""The training section of an autoencoder against the installed engine; long because it holds some forty classes.

What the engine hands to a class as keywords is compared with the signature of that class; what it reads key by key is
looked up in its source.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from signatures import REQUIRED, comparable, keywords, load, ours

from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.tagged import imported
from stable_audio_config.datamodels.training import discriminators as di
from stable_audio_config.datamodels.training import losses, spectral
from stable_audio_config.datamodels.training import transformer_discriminator as td
from stable_audio_config.datamodels.training.autoencoder import AutoencoderMetrics, AutoencoderTraining
from stable_audio_config.datamodels.training.schedulers.base import Schedule
from stable_audio_config.datamodels.training.schedulers.torch import ReduceLROnPlateauConfig

pytestmark = pytest.mark.engine

DI = "stable_audio_tools.models.discriminators"
EC = "stable_audio_tools.models.encodec"
AU = "stable_audio_tools.training.losses.auraloss"
SE = "stable_audio_tools.training.losses.semantic"
OP = "stable_audio_tools.training.optims"
TU = "stable_audio_tools.training.utils"
TA = "stable_audio_tools.training.autoencoders"
TF = "stable_audio_tools.training.factory"
BLOCK = "stable_audio_tools.models.autoencoders:TransformerResamplingBlock"

NOT_INSTALLED = {"FusedAdam", "AdamW8bit"}
"""They come from deepspeed and bitsandbytes, which the engine does not ask for and which need CUDA."""


@dataclass(frozen=True)
class Case:
    """One data model and the classes whose keywords it holds, the outermost first (it wins)."""

    config: type[BaseModel]
    classes: tuple[str, ...]
    filled: frozenset[str] = frozenset()
    """Keywords that the engine fills itself."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Keyword -> why no key of ours sets it."""
    here: dict[str, Any] = field(default_factory=dict)
    """Defaults that are not the class's own: read from a dictionary, or required by the code around the class."""


def torch_case(config: type[BaseModel], name: str) -> Case:
    own = {"CAdamW": OP, "CLion": OP, "MuonAdamW": OP, "InverseLR": TU}
    scheduler = issubclass(config, Schedule | ReduceLROnPlateauConfig)
    module = own.get(name, "torch.optim.lr_scheduler" if scheduler else "torch.optim")
    return Case(config, (f"{module}:{name}",), filled=frozenset({"optimizer" if scheduler else "params"}))


def config_of(model: type[BaseModel]) -> type[BaseModel]:
    annotation = model.model_fields["config"].annotation
    assert isinstance(annotation, type)
    return annotation


def by_tag(kind: str) -> dict[str, type[BaseModel]]:
    """Tag -> data model. Each data model takes the tag under which it stands in the table of its kind."""
    models = {tag: imported(place) for tag, place in KINDS[kind].branches.items()}
    assert all(get_args(model.model_fields["type"].annotation) == (tag,) for tag, model in models.items())
    return models


OPTIMIZERS = by_tag("optimizer")
SCHEDULERS = by_tag("scheduler")
DISCRIMINATORS = by_tag("discriminator")

STFT_FILLED = frozenset({"in_channels", "n_fft", "hop_length", "win_length"})
VIEW_FILLED = frozenset(
    {"in_channels", "in_dim", "transformer_dim", "stride", "pretransform", "sliding_window", "depth"}
    | {"out_channels", "transformer_depth", "mask_noise", "dim_heads"}
)
MAGNITUDE_FILLED = {"log": "the engine gives it", "distance": "the engine gives `mag_distance`"}
SUM = "always a TypeError: left and right get it too"
SHADOWED = frozenset({"fft_size", "hop_size", "win_length"})

CASES = [
    *(torch_case(config_of(m), t) for t, m in (OPTIMIZERS | SCHEDULERS).items() if t not in NOT_INSTALLED),
    Case(
        spectral.SpectralConfig,
        (
            f"{AU}:MultiResolutionSTFTLoss",
            f"{AU}:SumAndDifferenceSTFTLoss",
            f"{AU}:STFTLoss",
            f"{AU}:STFTMagnitudeLoss",
        ),
        filled=SHADOWED | {"sample_rate"},
        left_out={**MAGNITUDE_FILLED, "w_sum": SUM, "w_diff": SUM},
    ),
    Case(spectral.STFTEvalConfig, (f"{AU}:STFTLoss", f"{AU}:STFTMagnitudeLoss"), left_out=MAGNITUDE_FILLED),
    Case(
        spectral.MelEvalConfig,
        (f"{AU}:MelSTFTLoss", f"{AU}:STFTLoss", f"{AU}:STFTMagnitudeLoss"),
        filled=frozenset({"sample_rate", "scale", "n_bins"}),
        left_out=MAGNITUDE_FILLED,
    ),
    Case(spectral.SISDREvalConfig, (f"{AU}:SISDRLoss",)),
    Case(losses.HubertConfig, (f"{SE}:HubertLoss",), filled=frozenset({"weight"})),
    Case(losses.ClapLossConfig, (f"{SE}:CLAPLoss",), filled=frozenset({"weight", "sample_rate"})),
    Case(di.OobleckDiscriminatorConfig, (f"{DI}:OobleckDiscriminator",)),
    Case(
        di.EncodecDiscriminatorConfig,
        (f"{DI}:EncodecDiscriminator", f"{EC}:MultiScaleSTFTDiscriminator", f"{EC}:DiscriminatorSTFT"),
        filled=STFT_FILLED,
    ),
    Case(
        di.DACDiscriminatorConfig,
        (f"{DI}:DACGANLoss", f"{DI}:DACDiscriminator"),
        filled=frozenset({"channels", "sample_rate"}),
    ),
    Case(
        di.HILDiscriminatorConfig,
        (
            f"{DI}:HILDiscriminator",
            f"{EC}:MultiScaleSTFTDiscriminator",
            f"{EC}:DiscriminatorSTFT",
            f"{DI}:MultiFilterBankDiscriminator",
            f"{DI}:ChromaDiscriminator",
        ),
        filled=STFT_FILLED | {"sample_rate"},
    ),
    Case(
        td.TransformerDiscriminatorConfig,
        (f"{DI}:MultiTransformerDiscriminator",),
        filled=frozenset({"in_channels", "sample_rate"}),
    ),
    Case(
        td.NoiseConfig,
        ("stable_audio_tools.models.psychoacoustics:PsychoacousticStereoNoise",),
        filled=frozenset({"sr"}),
    ),
    *(
        Case(config, (f"{DI}:{name}", f"{DI}:TransformerDiscriminator", BLOCK), VIEW_FILLED, here={"enabled": enabled})
        for config, name, enabled in [
            (td.STFTViewConfig, "TransformerMultiSTFTDiscriminator", False),
            (td.PatchedViewConfig, "TransformerMultiPatchedDiscriminator", True),
            (td.ChromaViewConfig, "TransformerMultiChromaDiscriminator", False),
        ]
    ),
    Case(
        td.FilterBankViewConfig,
        (
            f"{DI}:TransformerMultiWaveletDiscriminator",
            f"{DI}:TransformerDiscriminator",
            BLOCK,
            f"{DI}:MultiFilterBankDiscriminator",
        ),
        filled=VIEW_FILLED,
        here={"enabled": False, "use_HIL": False, "strides": None},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.config.__name__)
def test_keys_and_defaults_are_the_engines(case: Case) -> None:
    expected = keywords(*case.classes)
    assert case.filled | set(case.left_out) <= set(expected)
    for name in case.filled | set(case.left_out):
        del expected[name]
    assert comparable(ours(case.config)) == comparable({**expected, **case.here})


def test_every_discriminator_and_config_has_a_case() -> None:
    covered = {case.config for case in CASES} | {di.BigVGANDiscriminatorConfig}
    assert {config_of(model) for model in DISCRIMINATORS.values()} <= covered


Path = tuple[str, ...]


def tree(path: str) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(load(path))))


def reads(nodes: list[ast.AST], root: str) -> dict[Path, Any]:
    """Every key path below the dictionary `root` that the code reads, with the default it falls back on."""
    names: dict[str, Path] = {root: (), f"self.{root}": ()}
    found: dict[Path, Any] = {}

    def path_of(node: ast.AST) -> Path | None:
        if ast.unparse(node) in names:
            return names[ast.unparse(node)]
        key, parent, default = None, None, REQUIRED
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            key, parent = node.slice.value, path_of(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
            key, parent = ast.literal_eval(node.args[0]), path_of(node.func.value)
            default = ast.literal_eval(node.args[1])
        elif isinstance(node, ast.IfExp):  # config["x"] if "x" in config else dict()
            return path_of(node.body)
        if key is None or parent is None:
            return None
        if default is not REQUIRED or (*parent, key) not in found:  # One read with a fallback is enough.
            found[(*parent, key)] = default
        return (*parent, key)

    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            path = path_of(node.value)
            if path:
                names[node.targets[0].id] = path
        elif isinstance(node, ast.Subscript | ast.Call):
            path_of(node)
    return found


def in_order(node: ast.AST) -> list[ast.AST]:
    """All nodes as they stand in the text: an alias is made before it is read."""
    found = [child for child in ast.walk(node) if hasattr(child, "lineno")]
    return sorted(found, key=lambda child: (child.lineno, child.col_offset, not isinstance(child, ast.Assign)))


def branch(function: str, model_type: str) -> list[ast.AST]:
    for node in ast.walk(tree(function)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == f"model_type == '{model_type}'":
            return [child for statement in node.body for child in in_order(statement)]
    raise LookupError(model_type)


def leaves(model: type[BaseModel], prefix: Path = ()) -> dict[Path, Any]:
    """The key paths of a data model down to its last dictionaries, with their defaults."""
    found: dict[Path, Any] = {}
    for name, default in ours(model).items():
        inner = (model.model_fields[name].annotation, *get_args(model.model_fields[name].annotation))
        models = [m for m in inner if isinstance(m, type) and issubclass(m, BaseModel)]
        if models:
            found.update(leaves(models[0], (*prefix, name)))
        else:
            found[(*prefix, name)] = default
    return found


def test_the_section_is_what_the_factory_reads() -> None:
    found = reads(branch(f"{TF}:create_training_wrapper_from_config", "autoencoder"), "training_config")
    assert comparable_paths(found) == comparable_paths(
        {(name,): default for name, default in ours(AutoencoderTraining).items() if name not in ("demo", "metrics")}
    )


def test_the_demo_is_what_the_factory_reads() -> None:
    found = reads(branch(f"{TF}:create_demo_callback_from_config", "autoencoder"), "demo_config")
    assert found == {("demo_every",): AutoencoderTraining.model_validate({}).demo.demo_every}


def test_the_metrics_are_what_the_factory_reads() -> None:
    found = reads(branch(f"{TF}:create_metrics_callback_from_config", "autoencoder"), "metrics_config")
    found[("ref_audios_path",)] = REQUIRED  # The factory lets it be absent, the callback then raises.
    assert comparable_paths(found) == comparable_paths({(k,): v for k, v in ours(AutoencoderMetrics).items()})


def comparable_paths(found: dict[Path, Any]) -> dict[str, Any]:
    return comparable({".".join(path): default for path, default in found.items()})


def loss_reads() -> dict[Path, Any]:
    wrapper = reads(in_order(tree(f"{TA}:AutoencoderTrainingWrapper")), "loss_config")
    return wrapper | reads(in_order(tree(f"{TA}:create_loss_modules_from_bottleneck")), "loss_config")


AS_KEYWORDS = {("spectral",), ("hubert",), ("clap",), ("discriminator",)}
"""Sections whose `config` goes into a class as keywords; the signatures are compared above."""

NEVER_READ = {("time", "type"), ("time", "config"), ("spectral", "type"), ("bottleneck", "type")}
"""Keys that the engine's own configs write, and that nothing reads."""

FALLBACKS = {
    ("time", "weights", "l1"): 0.0,
    ("time", "weights", "l2"): 0.0,
    ("time", "weights", "mmd"): 0.0,
    ("bottleneck", "weights", "kl"): 1e-6,
    ("bottleneck", "weights", "mmd"): 100.0,
    ("bottleneck", "weights", "softnorm"): 1e-5,
}
"""Keys that the engine takes with [] after asking whether they are there, or with a fallback around it."""


def test_the_losses_are_what_the_wrapper_reads() -> None:
    keyed = {p: d for p, d in leaves(losses.AutoencoderLossConfigs).items() if p[:1] not in AS_KEYWORDS or "config" not in p}
    keyed = {p: d for p, d in keyed.items() if p not in NEVER_READ and p != ("discriminator",)}
    weights = leaves(di.DiscriminatorWeights, ("discriminator", "weights"))
    keyed |= weights | {("discriminator", "decay"): 1.0, ("discriminator", "type"): REQUIRED}
    nested = {path[:-1] for path in keyed} | {path[:-2] for path in keyed} | {(*path, "config") for path in AS_KEYWORDS}
    found = {path: default for path, default in loss_reads().items() if path not in nested}
    assert comparable_paths(found | FALLBACKS) == comparable_paths(keyed)


def test_the_discriminators_are_those_of_the_wrapper() -> None:
    compared = [node for node in ast.walk(tree(f"{TA}:AutoencoderTrainingWrapper")) if isinstance(node, ast.Compare)]
    tags = [node for node in compared if ast.unparse(node.left) == "loss_config['discriminator']['type']"]
    assert {ast.literal_eval(node.comparators[0]) for node in tags} == set(DISCRIMINATORS)


def test_the_keys_of_big_vgan_are_what_its_two_halves_read() -> None:
    bound = keywords(f"{DI}:BigVGANDiscriminator")
    found = {name: bound[name] for name in ("use_hinge", "periods")}
    for name in ("DiscriminatorCQT", "MultiScaleSubbandCQTDiscriminator"):
        found |= {path[0]: default for path, default in reads(in_order(tree(f"{DI}:{name}")), "cfg").items()}
    del found["cqtd_fmin"]  # Overwritten with `fmin`.
    found |= {"cqtd_in_channels": None, "sampling_rate": None}  # The wrapper fills them; a config may overwrite them.
    assert comparable(ours(di.BigVGANDiscriminatorConfig)) == comparable(found)


def test_the_views_are_switched_as_the_engine_reads_it() -> None:
    views = {name: f.annotation for name, f in td.TransformerDiscriminatorConfig.model_fields.items() if "_kw" in name}
    nodes = in_order(tree(f"{DI}:MultiTransformerDiscriminator"))
    for name, model in views.items():
        assert isinstance(model, type)
        assert all(ours(model)[path[0]] is default for path, default in reads(nodes, name).items())


def everything(config: type[BaseModel], **given: Any) -> dict[str, Any]:
    """A dictionary with every key of a data model written out, defaults for all that is not given."""
    made = config.model_validate(given)
    values = {name: plain(getattr(made, name)) for name in config.model_fields}
    return {name: value for name, value in values.items() if name != "strides" or value is not None}


GIVEN: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": 10},
    "MultiStepLR": {"milestones": [10, 20]},
    "ExponentialLR": {"gamma": 0.999996},
    "CosineAnnealingLR": {"T_max": 1000},
    "CosineAnnealingWarmRestarts": {"T_0": 100},
    "OneCycleLR": {"max_lr": 1e-3, "total_steps": 10},
    "CyclicLR": {"base_lr": 1e-5, "max_lr": 1e-3},
}


def make_optimizer(name: str) -> Any:
    import torch
    from stable_audio_tools.training.utils import create_optimizer_from_config

    config = everything(config_of(OPTIMIZERS[name]))
    return create_optimizer_from_config({"type": name, "config": config}, [torch.nn.Parameter(torch.zeros(2, 2))])


@pytest.mark.parametrize("name", sorted(set(OPTIMIZERS) - NOT_INSTALLED))
def test_the_engine_makes_every_optimizer_with_all_keys_written(name: str) -> None:
    assert type(make_optimizer(name)).__name__ == name


@pytest.mark.parametrize("name", sorted(SCHEDULERS))
def test_the_engine_makes_every_scheduler_with_all_keys_written(name: str) -> None:
    from stable_audio_tools.training.utils import create_scheduler_from_config

    config = everything(config_of(SCHEDULERS[name]), **GIVEN.get(name, {}))
    made = create_scheduler_from_config({"type": name, "config": config}, make_optimizer("AdamW"))
    assert type(made).__name__ == name


def test_the_engine_makes_the_spectral_losses_with_all_keys_written() -> None:
    auraloss = importlib.import_module(AU)
    spectral_config = everything(spectral.SpectralConfig)
    made = [
        auraloss.SumAndDifferenceSTFTLoss(sample_rate=44100, **spectral_config),
        auraloss.MultiResolutionSTFTLoss(sample_rate=44100, **spectral_config),
        auraloss.STFTLoss(**everything(spectral.STFTEvalConfig)),
        auraloss.MelSTFTLoss(44100, **everything(spectral.MelEvalConfig)),
        auraloss.SISDRLoss(**everything(spectral.SISDREvalConfig)),
    ]
    assert len(made) == 5


def test_the_engine_makes_small_discriminators_with_all_keys_written() -> None:
    discs = importlib.import_module(DI)
    small: dict[str, Any] = {"depths": [1], "strides": [2], "sliding_window_widths": [1]}
    filter_bank = everything(td.FilterBankViewConfig, enabled=True, use_HIL=True, channels=[2], strides=[3], kernel_sizes=[5])
    wavelets = everything(td.FilterBankViewConfig, enabled=True, levels=[2], **small)
    views = {
        "stft_kwargs": everything(td.STFTViewConfig, enabled=True, n_ffts=[64], **small),
        "patched_kwargs": everything(td.PatchedViewConfig, patch_sizes=[8], **small),
        "chroma_kwargs": everything(td.ChromaViewConfig, enabled=True, centres=[5], octwidths=[1], **small),
        "noise_kwargs": everything(td.NoiseConfig),
    }
    for bank in (filter_bank, wavelets):
        config = everything(td.TransformerDiscriminatorConfig, add_noise=True, **views, mfb_kwargs=bank)
        discs.MultiTransformerDiscriminator(in_channels=2, sample_rate=44100, **config)
    discs.EncodecDiscriminator(in_channels=2, **everything(di.EncodecDiscriminatorConfig, filters=2))
    hil = everything(di.HILDiscriminatorConfig, filters=2, channels=[2], strides=[3], kernel_sizes=[5], n_chroma=8)
    discs.HILDiscriminator(in_channels=2, sample_rate=44100, **hil)
