"""Every model type that the engine can train: its tiny preset takes real steps, and what it leaves can be read, shown, taken out,
asked for sounds where it makes any, and gone on with. Each preset is trained once for all tests."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from signatures import load

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.report.finding import Refused
from stable_audio_config.source.checkpoint import CheckpointKind, kind_of, read_checkpoint

pytestmark = pytest.mark.engine

Train = Callable[..., SimpleNamespace]

SAMPLES, FRAMES, WIDTH = 8192, 32, 16
"""A quarter of the presets' length, and the latents of tiny_autoencoder for it."""

ONE_STEP = (f"model.sample_size={SAMPLES}", "batch_size=2", "precision=32-true", "accelerator=cpu", "devices=1", "num_workers=0")
QUICK = (*ONE_STEP, "max_steps=3", "checkpoint_every=1", "logger=none")

KIND_ONE = "{kind: 1, seconds_start: 0, seconds_total: 0.1}"
TELLING = f"training.demo={{demo_every: 2, demo_steps: 2, demo_cfg_scales: [1], demo_cond: [{KIND_ONE}]}}"


@dataclass(frozen=True)
class Case:
    """What is special about one model type."""

    model: str
    """Where the wrapper keeps the model."""
    averaged: str | None = None
    """Where it keeps the moving average."""
    words: tuple[str, ...] = ()
    """How to ask for demos that are quick, where there are any."""
    demos: tuple[str, ...] = ()
    """The sounds among the demos of three steps."""


CASES = {
    "tiny_autoencoder": Case(
        "autoencoder.", words=("training.demo.demo_every=2",), demos=("recon_00000001.wav", "recon_00000002.wav")
    ),
    "tiny_diffusion_uncond": Case("diffusion.", "diffusion_ema.ema_model."),
    "tiny_diffusion_cond": Case(
        "diffusion.",
        "diffusion_ema.ema_model.",
        ("training.demo.demo_steps=2", "training.demo.demo_every=2"),
        ("demo_cfg_4_00000001.wav", "demo_cfg_4_00000003.wav"),
    ),
    "tiny_diffusion_cond_inpaint": Case(
        "diffusion.", "diffusion_ema.ema_model.", (TELLING,), ("demo_cfg_1_00000001.wav", "demo_cfg_1_00000003.wav")
    ),
    "tiny_diffusion_autoencoder": Case(
        "diffae.",
        "diffae_ema.ema_model.",
        ("training.demo.demo_steps=2", "training.demo.demo_every=2"),
        ("first_stage_00000001.wav", "first_stage_00000003.wav", "recon_00000001.wav", "recon_00000003.wav"),
    ),
    "tiny_clap": Case("model."),
}


@pytest.fixture(autouse=True)
def own_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The engine likes to write where it stands; tests look whether anything was left there."""
    place = tmp_path / "working"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """These models are so small that threads only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _no_roberta(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text branch loads its weights from the network; a table of four vectors stands for it."""
    import torch

    branch = load("stable_audio_tools.models.clap:CLAPTextBranch")

    class FourTexts(branch):  # type: ignore[misc,valid-type]
        def __init__(self, name: str, max_length: int) -> None:
            super().__init__(32, max_length)
            self.table = torch.nn.Embedding(4, 32)

        def forward(self, text: list[str]) -> dict[str, Any]:
            return {"embedding": self.table(torch.tensor([len(one) % 4 for one in text]))}

    monkeypatch.setattr("stable_audio_tools.models.clap.RobertaCLAPTextBranch", FourTexts)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Preset -> its run; `folder` holds all of them."""
    return {"folder": tmp_path_factory.mktemp("types")}


@pytest.fixture
def go(train_here: Train, tmp_path: Path) -> Train:
    """`go(preset, *words)`: trains three steps of a preset as the command line would compose it."""
    from stable_audio_config.datamodels.experiment import ExperimentConfig
    from stable_audio_config.synthetic.on_demand import ensure_for

    def run(preset: str, *words: str, resume: Path | None = None, save_dir: Path | None = None) -> SimpleNamespace:
        data = () if any(word.startswith("dataset=") for word in words) else ("dataset=synthetic",)
        place = f"save_dir={save_dir or tmp_path / 'runs'}"
        tree = compose(Request((f"model={preset}", f"name={preset}", place, *data, *QUICK, *words))).tree
        ensure_for(ExperimentConfig.model_validate(tree).dataset, None)
        trained = train_here(tree, resume)
        trained.tree, trained.checkpoints = tree, trained.folder.complete_checkpoints()
        return trained

    return run


@pytest.fixture
def trained(go: Train, earlier: dict[str, Any]) -> Train:
    """`trained(preset)`: the run that all tests of a preset look at."""

    def find(preset: str) -> SimpleNamespace:
        if preset not in earlier:
            earlier[preset] = go(preset, *CASES[preset].words, save_dir=earlier["folder"])
        run: SimpleNamespace = earlier[preset]
        return run

    return find


def weights(path: Path) -> dict[str, Any]:
    import torch

    content = torch.load(path, weights_only=False)
    state: dict[str, Any] = content["state_dict"]
    return state


def same(one: Any, other: Any) -> bool:
    import torch

    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in other)


def below(prefix: str, state: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def sounds(run: SimpleNamespace) -> list[str]:
    return sorted(path.name for path in run.folder.demos.glob("*.wav"))


def test_every_type_but_one_has_a_tiny_preset_that_trains() -> None:
    types = {compose(Request((f"model={preset}",))).tree["model"]["model_type"] for preset in CASES}
    assert {tag for tag, _ in KINDS["model"].models()} - types == {"lm"}, "whose every step fails, and which is refused before it"


@pytest.mark.parametrize("preset", CASES)
def test_it_takes_three_steps(trained: Train, preset: str, own_working_folder: Path) -> None:
    run = trained(preset)
    assert (run.outcome.state, run.outcome.step) == ("finished", 3)
    assert [row["step"] for row in run.rows] == ["1", "2", "3"]
    assert all(math.isfinite(float(row["loss"])) for row in run.rows)
    assert list(own_working_folder.iterdir()) == []


@pytest.mark.parametrize("preset", CASES)
def test_its_weights_change_and_those_of_a_frozen_autoencoder_do_not(trained: Train, preset: str) -> None:
    run, case = trained(preset), CASES[preset]
    first, last = weights(run.checkpoints[0]), weights(run.checkpoints[-1])
    model = below(case.model, last)
    frozen = below("pretransform.", model)
    assert same(below(f"{case.model}pretransform.", first), frozen)
    assert len(frozen) < len(model)
    assert not same(below(case.model, first), model)
    assert all(value.isfinite().all() for value in last.values() if value.is_floating_point())


@pytest.mark.parametrize("preset", CASES)
def test_its_demos_are_kept(trained: Train, preset: str) -> None:
    import soundfile

    run = trained(preset)
    assert sounds(run) == list(CASES[preset].demos)
    assert len(list(run.folder.demos.glob("*.png"))) >= len(CASES[preset].demos)
    for name in sounds(run):
        samples, rate = soundfile.read(run.folder.demos / name)
        assert rate == 44100
        assert samples.any()


@pytest.mark.parametrize("preset", CASES)
def test_its_checkpoint_tells_what_it_is(trained: Train, preset: str) -> None:
    run = trained(preset)
    header = read_checkpoint(run.checkpoints[-1])
    assert header.is_resumable
    assert kind_of(header) == CheckpointKind("training", run.tree["model"]["model_type"])
    assert header.extra["model_config"] == {**run.tree["model"], "training": run.tree["training"]}


@pytest.mark.parametrize("suffix", [".ckpt", ".safetensors"])
@pytest.mark.parametrize("preset", CASES)
def test_the_model_is_taken_out_of_it_shown_and_built_again(
    trained: Train, sat: Any, tmp_path: Path, preset: str, suffix: str
) -> None:
    from stable_audio_config.engine.loading import load_model
    from stable_audio_config.engine.unwrap import unwrap

    run, case = trained(preset), CASES[preset]
    done = unwrap(run.checkpoints[-1], tmp_path / f"model{suffix}")
    assert done.used_ema is (case.averaged is not None)
    loaded = load_model(done.path, model_type=run.tree["model"]["model_type"])
    assert loaded.config == run.tree["model"]
    whole = weights(run.checkpoints[-1])
    averaged = below(case.averaged, whole) if case.averaged else {}
    part = "" if case.model == "diffae." else "model."  # Of a diffusion model only the network is averaged.
    expected = {**below(case.model, whole), **{part + name: value for name, value in averaged.items()}}
    assert same(loaded.model.state_dict(), expected)
    shown = sat("show", str(done.path))
    assert (shown.code, shown.err) == (0, "")
    assert yaml.safe_load(shown.out)["model"] == run.tree["model"]


@pytest.mark.parametrize("preset", CASES)
def test_a_run_goes_on_from_it(trained: Train, go: Train, preset: str) -> None:
    rest = go(preset, "training.demo=null", resume=trained(preset).checkpoints[0])
    assert [row["step"] for row in rest.rows] == ["2", "3"]
    states = [weights(path) for path in (trained(preset).checkpoints[0], rest.checkpoints[-1])]
    assert states[0].keys() == states[1].keys()
    assert not same(*states)


# Data.


def latents_in(folder: Path, width: int) -> tuple[str, ...]:
    """The words that choose eight latents of this width, each with what any preset wants to know of it."""
    import numpy as np

    random = np.random.default_rng(5)
    for number in range(8):
        np.save(folder / f"{number}.npy", random.standard_normal((width, FRAMES)).astype("float32"))
        about = {"padding_mask": [1] * FRAMES, "seconds_start": 0, "seconds_total": 0.1, "kind": number % 5, "prompt": "x" * number}
        (folder / f"{number}.json").write_text(json.dumps(about), encoding="utf-8")
    return "dataset=pre_encoded", f"dataset.datasets.0.path={folder}", "training.pre_encoded=true"


@pytest.fixture(scope="module")
def latents(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Latents of tiny_autoencoder's shape."""
    return latents_in(tmp_path_factory.mktemp("latents"), WIDTH)


HOLES = "training.demo={{demo_every: 2, demo_steps: 2, demo_cfg_scales: [1, 2.5], {0}}}"


@pytest.mark.parametrize(
    ("words", "demos"),
    [
        ((), 0),
        ((HOLES.format("num_demos: 2"),), 4),
        ((HOLES.format("inpaint_demos: {num_causal: 1, num_random_spans: 1}"),), 4),
        ((HOLES.format(f"inpaint_demos: {{num_random_segments: 2}}, demo_cond: [{KIND_ONE}]"),), 4),
    ],
)
def test_a_model_that_fills_holes_trains_on_latents_and_shows_how(
    go: Train, latents: tuple[str, ...], words: tuple[str, ...], demos: int
) -> None:
    run = go("tiny_diffusion_cond_inpaint", *latents, *words)
    assert run.outcome.step == 3
    assert len(sounds(run)) == demos, "two strengths of guidance, after steps 1 and 3"


def test_demos_of_holes_go_on_when_all_of_the_dataset_has_been_shown(go: Train, latents: tuple[str, ...]) -> None:
    demo = "training.demo={demo_every: 1, demo_steps: 1, demo_cfg_scales: [1], num_demos: 1}"
    run = go("tiny_diffusion_cond_inpaint", *latents, demo, "batch_size=4", "max_steps=4")
    assert len(sounds(run)) == 4, "of two batches"


def test_an_unconditional_model_trains_on_latents(go: Train, latents: tuple[str, ...]) -> None:
    assert go("tiny_diffusion_uncond", *latents).outcome.step == 3


def test_clap_trains_on_what_its_pretransform_would_give(go: Train, tmp_path: Path) -> None:
    assert go("tiny_clap", *latents_in(tmp_path, 512)).outcome.step == 3


def test_clap_needs_texts(go: Train, material: SimpleNamespace) -> None:
    with pytest.raises(KeyError, match="prompt"):
        go("tiny_clap", f"dataset={material.sounds}")


def test_a_validation_of_clap_writes_its_numbers(go: Train, rows_of: Any) -> None:
    run = go("tiny_clap", "val_dataset=synthetic", "val_every=2")
    rows = rows_of(run.path / "validation.csv")
    assert {row["step"] for row in rows} == {"2"}
    assert {"val/cumulative_loss", "val/audio_to_text_R@10", "val/text_to_audio_mean_rank"} < {row["name"] for row in rows}


# What is special.


def test_an_unconditional_demo_is_not_tried(go: Train, capsys: pytest.CaptureFixture[str]) -> None:
    run = go("tiny_diffusion_uncond", "training.demo={demo_every: 1, demo_steps: 1}", "max_steps=1")
    assert not run.folder.demos.exists()
    assert "diffusion_objective" not in capsys.readouterr().out


def test_adapters_of_an_unconditional_model_go_on_and_are_no_model(go: Train, tmp_path: Path) -> None:
    from stable_audio_config.engine.unwrap import unwrap

    adapters = "training.lora_config={rank: 2}"
    half = go("tiny_diffusion_uncond", adapters, "max_steps=2").checkpoints[0]
    assert kind_of(read_checkpoint(half)) == CheckpointKind("lora", "diffusion_uncond")
    rest = go("tiny_diffusion_uncond", adapters, resume=half)
    assert [row["step"] for row in rest.rows] == ["2", "3"]
    before, after = weights(half), weights(rest.checkpoints[-1])
    changed = {name.rpartition(".")[2] for name in before if not before[name].equal(after[name])}
    assert changed == {"lora_A", "lora_B"}
    with pytest.raises(Refused, match="is of a LoRA training"):
        unwrap(half, tmp_path / "model.ckpt")


def request(checkpoint: Path, output: Path) -> Any:
    from stable_audio_config.datamodels.inference import InferenceConfig

    conditions = [{"kind": kind, "seconds_start": 0, "seconds_total": 0.1} for kind in (1, 3)]
    options = {"steps": 2, "cfg_scale": 2.0, "device": "cpu", "spectrogram": False}
    tree = {"ckpt_path": str(checkpoint), "output_path": str(output), "conditions": conditions, **options}
    return InferenceConfig.model_validate(tree)


def test_a_model_that_fills_holes_makes_sounds_out_of_nothing(trained: Train, tmp_path: Path) -> None:
    import numpy as np
    import soundfile
    from stable_audio_tools.inference.generation import generate_diffusion_cond_inpaint

    from stable_audio_config.engine.generate import generate
    from stable_audio_config.engine.loading import load_model

    checkpoint = trained("tiny_diffusion_cond_inpaint").checkpoints[-1]
    asked = request(checkpoint, tmp_path)
    made = generate(asked)
    model = load_model(checkpoint, model_type="diffusion_cond_inpaint").model
    options = {"steps": 2, "cfg_scale": 2.0, "batch_size": 2, "sample_size": SAMPLES, "seed": 42, "device": "cpu"}
    expected = generate_diffusion_cond_inpaint(model, conditioning=list(asked.conditions), sampler_type=None, **options).numpy()
    for number in range(2):
        samples, _ = soundfile.read(made.files[number], dtype="int16")
        peak = max(1.0, np.abs(expected[number]).max())
        assert samples.any()
        assert np.abs(samples.T / 32768 - expected[number] / peak).max() < 1e-4


@pytest.mark.parametrize("preset", [preset for preset in CASES if "cond" not in preset.replace("uncond", "")])
def test_a_model_that_makes_no_sounds_is_refused_with_the_reason(trained: Train, tmp_path: Path, preset: str) -> None:
    from stable_audio_config.engine.generate import MAKES_NONE, generate

    run = trained(preset)
    with pytest.raises(Refused) as refused:
        generate(request(run.checkpoints[-1], tmp_path))
    (finding,) = refused.value.findings
    assert (finding.rule, finding.path) == ("wrong-model-type", ("ckpt_path",))
    assert finding.message.endswith("and a `diffusion_cond` or a `diffusion_cond_inpaint` is needed")
    assert finding.help == MAKES_NONE[run.tree["model"]["model_type"]]
