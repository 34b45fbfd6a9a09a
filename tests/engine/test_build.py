"""The typed door to the engine's factories: what it takes, what it hands on, and what it refuses. Every tag of every kind is built
in test_every_tag.py."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from small_configs import (
    BOTTLENECK,
    CONDITIONER,
    DECODER,
    ENCODER,
    MODEL,
    RATE,
    TRAINING,
    UNCOND_DIFFUSION,
    Tree,
    autoencoder,
    autoencoder_model,
    uncond_model,
)

from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.report.finding import Finding, Refused

pytestmark = pytest.mark.engine

TOP = {"sample_rate": RATE, "sample_size": 4096}
SEANET: Tree = {
    "model_type": "autoencoder",
    **TOP,
    "model": {**autoencoder(), "encoder": ENCODER["seanet"], "decoder": DECODER["seanet"]},
}


def shapes(module: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


def findings(function: Any, *arguments: Any, **options: Any) -> tuple[Finding, ...]:
    with pytest.raises(Refused) as refused:
        function(*arguments, **options)
    return refused.value.findings


# What it takes.


def test_a_data_model_and_its_plain_dictionary_build_the_same() -> None:
    from stable_audio_config.engine.build import build_autoencoder, build_model

    typed = KINDS["model"].check(SEANET)
    before = copy.deepcopy(typed)
    first = shapes(build_model(typed))
    assert shapes(build_model(typed)) == first, "also when it is built again: the engine reverses this encoder's ratios in place"
    assert shapes(build_model(SEANET)) == first
    assert shapes(build_autoencoder(typed)) == first
    assert typed == before
    assert plain(typed) == SEANET


def test_a_training_section_inside_a_models_dictionary_is_left_aside() -> None:
    from stable_audio_config.engine.build import build_model

    published = {**SEANET, "training": {"anything": 1}}
    assert shapes(build_model(published)) == shapes(build_model(SEANET))
    assert published["training"] == {"anything": 1}


def test_an_experiments_parts_go_through_the_door(trees: Any) -> None:
    from stable_audio_config.engine.build import build_dataloader, build_model, build_training

    experiment = ExperimentConfig.model_validate(trees.diffusion())
    before = copy.deepcopy(experiment)
    wrapper = build_training(experiment.model, experiment.training, build_model(experiment.model))
    assert type(wrapper).__name__ == "DiffusionCondTrainingWrapper"
    loader = build_dataloader(experiment.dataset, batch_size=2, sample_size=512, sample_rate=RATE, num_workers=0)
    sounds, metadata = next(iter(loader))
    assert (sounds.shape, len(metadata)) == ((2, 2, 512), 2)
    assert experiment == before


# What it hands on.


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[Tree]:
    """The dictionaries that the engine's bottleneck factory is given."""
    from stable_audio_tools.models import factory

    seen: list[Tree] = []
    monkeypatch.setattr(factory, "create_bottleneck_from_config", lambda config: seen.append(config))
    return seen


def test_the_engine_gets_exactly_what_was_written(handed: list[Tree]) -> None:
    from stable_audio_config.engine.build import build_bottleneck

    typed = KINDS["bottleneck"].check(BOTTLENECK["rvq"])
    build_bottleneck(typed)
    build_bottleneck(typed)
    assert handed == [BOTTLENECK["rvq"]] * 2
    assert handed[0] is not handed[1]
    assert handed[0]["config"] is not handed[1]["config"]


def test_the_engine_gets_the_defaults_on_demand(handed: list[Tree]) -> None:
    from stable_audio_config.engine.build import build_bottleneck

    build_bottleneck(BOTTLENECK["wasserstein"], defaults=True)
    build_bottleneck({"type": "tanh"}, defaults=True)
    assert handed == [
        {
            "requires_grad": True,
            "type": "wasserstein",
            "config": {"noise_augment_dim": 2, "bypass_mmd": False, "use_tanh": False, "tanh_scale": 5.0},
        },
        {"requires_grad": True, "type": "tanh"},
    ]


def test_keys_that_were_accepted_unchecked_reach_the_engine(trees: Any) -> None:
    from stable_audio_config.engine.door.given import engine_config
    from stable_audio_config.validation.structure import checked

    tree = trees.diffusion(accept_unknown=["model.model.diffusion.config.my_key", "training.mine"], training__mine={"a": [1]})
    tree["model"]["model"]["diffusion"]["config"]["my_key"] = 5
    experiment = checked(tree, ExperimentConfig)
    for defaults in (False, True):
        config = engine_config(experiment.model, experiment.training, defaults)
        assert config["model"]["diffusion"]["config"]["my_key"] == 5
        assert config["training"]["mine"] == {"a": [1]}


# What it refuses.


def test_a_mistake_in_a_dictionary_is_found_before_the_engine_is_loaded() -> None:
    program = """
import sys
from stable_audio_config import Refused
from stable_audio_config.engine.build import build_model, build_optimizer
optimizer = {"type": "AdamW", "config": {"weight_deca": 1}}
for build, *given in ((build_model, {"model_type": "autoencodr"}), (build_optimizer, optimizer, [])):
    try:
        build(*given)
    except Refused as refused:
        for finding in refused.findings:
            print(finding.rule, *finding.path, "|", finding.message, "|", finding.help)
assert not {"torch", "stable_audio_tools"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "unknown-type model model_type | `model.model_type` is `autoencodr`, which does not exist | did you mean `autoencoder`?",
        "unknown-key optimizer config weight_deca | unknown key `weight_deca` in `optimizer.config` | did you mean `weight_decay`?",
    ]


def test_all_mistakes_of_a_part_are_told_at_once() -> None:
    from stable_audio_config.engine.build import build_conditioner, build_pretransform

    wrong = {"type": "wavelet", "config": {"channels": 0, "levels": "2", "wavelet": "bior4.4"}}
    assert [finding.path for finding in findings(build_pretransform, wrong, RATE)] == [
        ("pretransform", "config", "channels"),
        ("pretransform", "config", "levels"),
    ]
    [finding] = findings(build_conditioner, {"configs": [CONDITIONER["int"]]})
    assert (finding.path, finding.message) == (("conditioning", "cond_dim"), "`cond_dim` is missing in `conditioning`")


def test_the_training_section_must_belong_to_the_model() -> None:
    from stable_audio_config.engine.build import build_training

    [finding, *_] = findings(build_training, SEANET, {"learning_rat": 1e-3}, None)
    assert (finding.message, finding.help) == ("unknown key `learning_rat` in `training`", "did you mean `learning_rate`?")
    section = KINDS["training"].branch("lm")
    assert section is not None
    [finding] = findings(build_training, SEANET, section.model_validate(TRAINING["lm"]), None)
    assert (finding.rule, finding.message) == ("wrong-type", "`training` cannot be `LMTraining`")
    assert finding.help == "give it `AutoencoderTraining`, or a plain dictionary"


def test_a_part_of_another_kind_is_told() -> None:
    from stable_audio_config.engine.build import build_diffusion_cond, build_encoder, build_lm

    [finding] = findings(build_encoder, KINDS["decoder"].check(DECODER["oobleck"]))
    assert (finding.rule, finding.message) == ("wrong-type", "`encoder` cannot be `OobleckDecoder`")
    assert (
        finding.help
        == "give it the data model of one of its types (oobleck, seanet, dac, taae, same, taae_v2), or a plain dictionary"
    )
    [finding] = findings(build_lm, SEANET)
    assert (finding.rule, finding.path) == ("wrong-model-type", ("model", "model_type"))
    assert finding.message == "`model.model_type` is `autoencoder`, and `lm` is needed"
    [finding] = findings(build_diffusion_cond, SEANET)
    assert finding.message.endswith("`diffusion_cond` or `diffusion_cond_inpaint` is needed")


def test_what_the_engine_cannot_build_is_one_finding() -> None:
    from stable_audio_config.engine.build import build_diffusion_uncond

    [finding] = findings(build_diffusion_uncond, uncond_model(UNCOND_DIFFUSION["DAU1d"]))
    assert finding.rule == "not-built"
    assert finding.message.startswith("the engine cannot build this diffusion model: TypeError: ResConvBlock.__init__()")


def test_without_the_engine_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from stable_audio_config.engine.build import build_bottleneck
    from stable_audio_config.engine.door import given

    missing = Finding(rule="not-installed", message="the engine is not installed")
    monkeypatch.setattr(given, "engine_missing", lambda: missing)
    assert findings(build_bottleneck, {"type": "vae"}) == (missing,)


# Models that are built several times from one config (R-AE-26).


def test_the_moving_average_of_a_seanet_has_the_shapes_of_its_model() -> None:
    from stable_audio_config.engine.build import build_model, build_training

    model = build_model(SEANET)
    wrapper = build_training(SEANET, TRAINING["autoencoder"], model)
    assert shapes(wrapper.autoencoder_ema.ema_model) == shapes(model)
    double = autoencoder_model(MODEL["diffusion_autoencoder"]["model"]["diffusion"])
    double["model"]["encoder"] = ENCODER["seanet"]
    model = build_model(double)
    wrapper = build_training(double, TRAINING["diffusion_autoencoder"], model)
    assert shapes(wrapper.diffae_ema.ema_model) == shapes(model)


def test_the_engine_still_builds_another_seanet_every_second_time() -> None:
    from stable_audio_tools.models.autoencoders import create_encoder_from_config

    config = copy.deepcopy(ENCODER["seanet"])
    first, second, third = (shapes(create_encoder_from_config(config)) for _ in range(3))
    assert first == third != second


# Callbacks.


@pytest.mark.parametrize(
    ("model_type", "demo", "takes"),
    [
        ("autoencoder", {"demo_every": 5}, True),
        ("diffusion_uncond", {}, False),
        ("diffusion_cond", {"num_demos": 1, "demo_cfg_scales": [1]}, False),
        ("diffusion_cond_inpaint", {"demo_cfg_scales": [1], "num_demos": 1}, True),
        ("diffusion_autoencoder", {}, True),
        ("lm", {}, False),
    ],
)
def test_demos_draw_from_the_loader_where_they_can(model_type: str, demo: Tree, takes: bool) -> None:
    from stable_audio_config.engine.build import build_demo_callback

    training = {**TRAINING[model_type], "demo": demo}
    callback = build_demo_callback(MODEL[model_type], training, ["first", "last"])
    assert callback is not None
    assert hasattr(callback, "demo_dl") == takes
    if takes and model_type != "autoencoder":
        assert list(islice(callback.demo_dl, 5)) == ["first", "last", "first", "last", "first"], "without end"


def test_no_demos_and_no_metrics_are_no_callbacks() -> None:
    from stable_audio_config.engine.build import build_demo_callback, build_metrics_callback

    assert build_demo_callback(MODEL["autoencoder"], {**TRAINING["autoencoder"], "demo": None}, []) is None
    assert build_demo_callback(MODEL["lm"], TRAINING["lm"]) is None
    assert build_metrics_callback(MODEL["autoencoder"], TRAINING["autoencoder"]) is None
    assert build_metrics_callback(MODEL["diffusion_uncond"], TRAINING["diffusion_uncond"]) is None


def test_a_metrics_callback_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module of the engine's that measures is a stand-in: it downloads a tokenizer when it is imported."""
    from stable_audio_config.engine.build import build_metrics_callback

    measuring = SimpleNamespace(AutoencoderMetricsCallback=dict)
    monkeypatch.setitem(sys.modules, "stable_audio_tools.training.metrics.fad_metrics", measuring)
    training = {**TRAINING["autoencoder"], "metrics": {"ref_audios_path": "references", "metrics_every": 7}}
    callback = build_metrics_callback(MODEL["autoencoder"], training)
    assert callback is not None
    assert (callback["ref_audios_path"], callback["metrics_every"], callback["skip_first"]) == ("references", 7, True)


# The halves of CLAP.


def test_the_half_of_clap_that_hears_is_built_alone() -> None:
    import torch

    from stable_audio_config.engine.build import build_clap_audio_branch

    branch = build_clap_audio_branch(MODEL["clap"])
    assert branch(torch.zeros(2, 4, 8))["embedding"].shape == (2, 64)


def test_every_factory_of_the_engine_has_a_function() -> None:
    """Their names are read from the engine's source; the one that ends in `_path` reads a file and calls another."""
    import stable_audio_tools

    from stable_audio_config.engine import build

    root = Path(stable_audio_tools.__file__).parent
    sources = [path.read_text(encoding="utf-8") for room in ("models", "training", "data") for path in (root / room).rglob("*.py")]
    found = {name for text in sources for name in re.findall(r"^def (create_\w+_from_\w*config)\(", text, flags=re.MULTILINE)}
    docs = " ".join(getattr(build, name).__doc__ for name in build.__all__)
    assert {name for name in found if f"`{name}`" not in docs} == set()
