"""The main job, in this process, with the real engine: what a run does and leaves. Long, since the tests share one trained run."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from stable_audio_config.report.finding import Refused
from stable_audio_config.source.checkpoint import kind_of, read_checkpoint

pytestmark = pytest.mark.engine

Train = Callable[..., SimpleNamespace]


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


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def losses(run: SimpleNamespace) -> list[float]:
    return [float(row["loss"]) for row in run.rows]


def newest(run: SimpleNamespace) -> Path:
    return run.folder.complete_checkpoints()[-1]


ENCODEC = {
    "type": "encodec",
    "config": {"filters": 2, "n_ffts": [256, 128], "hop_lengths": [64, 32], "win_lengths": [256, 128]},
    "weights": {"adversarial": 0.1, "feature_matching": 1.0},
}


# What a run does.


def test_an_autoencoder_trains_and_shows_what_it_does(trees: Any, train_here: Train, own_working_folder: Path) -> None:
    run = train_here(trees.autoencoder(training__demo={"demo_every": 2}))
    assert (run.outcome.state, run.outcome.step, run.outcome.signal) == ("finished", 3, None)
    assert [row["step"] for row in run.rows] == ["1", "2", "3"]
    assert all(math.isfinite(loss) for loss in losses(run))
    # The engine makes a demo after the first step and at every multiple of `demo_every`.
    recordings = [f"recon_{step:08}.wav" for step in (1, 2)]
    pictures = [f"{kind}_{step:08}.png" for kind in ("embeddings_spec", "recon_melspec_left") for step in (1, 2)]
    assert names(run.folder.demos) == sorted([*recordings, *pictures])
    assert names(own_working_folder) == []

    import soundfile

    sound, rate = soundfile.read(run.folder.demos / recordings[0])
    assert rate == 16000
    assert sound.shape == (2 * (2 + 1) * 2048, 2), "original and reconstruction of the batch and of the engine's chirp"


def test_an_autoencoder_with_a_discriminator_trains_both(trees: Any, train_here: Train, own_working_folder: Path) -> None:
    changes = {"training__loss_configs__discriminator": ENCODEC, "training__demo": {"demo_every": 2}}
    run = train_here(trees.autoencoder(**changes, max_steps=4))
    assert run.outcome.step == 4
    assert len(run.rows) == 4
    assert "discriminator_sensitivity_00000002.png" in names(run.folder.demos)
    assert names(own_working_folder) == []
    tensors = read_checkpoint(newest(run)).tensors
    assert any(name.startswith("discriminator.") for name in tensors)
    assert any(name.startswith("autoencoder_ema.") for name in tensors)


def test_a_diffusion_model_trains_on_sound_through_its_pretransform(
    trees: Any, train_here: Train, own_working_folder: Path
) -> None:
    run = train_here(trees.diffusion(training__demo=trees.demo))
    assert run.outcome.step == 3
    # The engine makes demos at steps 1, 1 + `demo_every`, ...
    sounds = [name for name in names(run.folder.demos) if name.endswith(".wav")]
    assert sounds == ["demo_cfg_1_00000001.wav", "demo_cfg_1_00000003.wav"]
    assert "demo_melspec_left_cfg_1_00000003.png" in names(run.folder.demos)
    assert names(own_working_folder) == []


def test_a_diffusion_model_trains_on_latents(trees: Any, train_here: Train, own_working_folder: Path) -> None:
    conditions = [{"kind": 1, "seconds_total": 0.1}, {"kind": 2, "seconds_total": 0.1}]
    demo = {**trees.demo, "demo_cond_from_batch": False, "demo_cond": conditions}
    changes = {"dataset": trees.latents, "training__pre_encoded": True, "training__demo": demo}
    run = train_here(trees.diffusion(**changes, gradient_clip_val=1.0, accum_batches=2, max_steps=2))
    assert run.outcome.step == 2
    assert [row["step"] for row in run.rows] == ["0", "1", "1", "2"], "one row for each batch, two batches to a step"
    assert "demo_cfg_1_00000001.wav" in names(run.folder.demos)
    assert names(own_working_folder) == []


@pytest.mark.parametrize(
    "pretransform",
    [
        {"type": "patched", "config": {"channels": 2, "patch_size": 4}},
        {"type": "wavelet", "config": {"channels": 2, "levels": 2, "wavelet": "bior4.4"}},
    ],
    ids=lambda config: config["type"],
)
def test_a_pretransform_without_parameters_makes_demos_too(trees: Any, train_here: Train, pretransform: Any) -> None:
    tree = trees.diffusion(model__model__pretransform=pretransform, training__demo=trees.demo, max_steps=2)
    tree["model"]["model"]["io_channels"] = tree["model"]["model"]["diffusion"]["config"]["io_channels"] = 8
    run = train_here(tree)
    assert len(run.rows) == 2
    assert "demo_cfg_1_00000001.wav" in names(run.folder.demos)


def test_without_demos_no_demo_folder_is_made(trees: Any, train_here: Train) -> None:
    run = train_here(trees.autoencoder(max_steps=1))
    assert not run.folder.demos.exists()


def test_workers_load_as_the_training_process_does(trees: Any, train_here: Train) -> None:
    run = train_here(trees.autoencoder(num_workers=1, max_steps=6))
    assert run.outcome.step == 6, "four batches to an epoch: the second epoch began"
    assert [row["epoch"] for row in run.rows] == ["0", "0", "0", "0", "1", "1"]


def test_validation_of_a_diffusion_model_writes_its_numbers(trees: Any, train_here: Train, rows_of: Any) -> None:
    tree = trees.diffusion(val_every=2, max_steps=4)
    run = train_here({**tree, "val_dataset": tree["dataset"]})
    rows = rows_of(run.path / "validation.csv")
    assert {row["step"] for row in rows} == {"2", "4"}
    kinds = ["val/avg_loss", *(f"val/loss_{time}" for time in (0.1, 0.3, 0.5, 0.7, 0.9))]
    assert sorted(row["name"] for row in rows if row["step"] == "2") == kinds
    assert all(float(row["value"]) > 0 for row in rows)


def test_validation_of_an_autoencoder_writes_its_numbers(trees: Any, train_here: Train, rows_of: Any) -> None:
    tree = trees.autoencoder(val_every=2, max_steps=2, training__eval_loss_configs={"sisdr": {}})
    run = train_here({**tree, "val_dataset": tree["dataset"]})
    assert [(row["step"], row["name"]) for row in rows_of(run.path / "validation.csv")] == [("2", "val/sisdr")]


def test_two_runs_of_one_experiment_are_equal(trees: Any, train_here: Train) -> None:
    import torch

    first, second = train_here(trees.diffusion()), train_here(trees.diffusion())
    assert first.path != second.path
    assert losses(first) == losses(second)
    states = [torch.load(newest(run), weights_only=False)["state_dict"] for run in (first, second)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert losses(train_here(trees.diffusion(seed=43))) != losses(first)


# What a run leaves behind.


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run that several tests look at."""
    return {"folder": tmp_path_factory.mktemp("finished")}


@pytest.fixture
def autoencoder_run(trees: Any, train_here: Train, finished: dict[str, Any]) -> SimpleNamespace:
    """An autoencoder after four steps with checkpoints at 2 and 4; trained once for the whole file."""
    if "run" not in finished:
        tree = trees.autoencoder(save_dir=str(finished["folder"]), max_steps=4, checkpoint_every=2, training__use_ema=False)
        finished["tree"], finished["run"] = tree, train_here(tree)
    finished["run"].tree = finished["tree"]
    return finished["run"]


def test_the_run_folder_holds_everything(autoencoder_run: SimpleNamespace) -> None:
    found = set(names(autoencoder_run.path)) - {"git.diff"}
    assert found == {
        "checkpoints", "experiment.yaml", "git.json", "loss.png", "metrics.csv", "overrides.txt", "summary.json", "versions.json",
    }  # fmt: skip
    summary = json.loads((autoencoder_run.path / "summary.json").read_text())
    assert (summary["state"], summary["step"]) == ("finished", 4)
    versions = json.loads((autoencoder_run.path / "versions.json").read_text())
    assert versions["stable-audio-tools"] == "0.0.20"
    assert (
        versions["packages"]["torch"] == versions["torch"].partition("+")[0] or versions["torch"] == versions["packages"]["torch"]
    )
    assert isinstance(json.loads((autoencoder_run.path / "git.json").read_text()), dict)


def test_the_experiment_in_the_folder_is_the_experiment(autoencoder_run: SimpleNamespace) -> None:
    from stable_audio_config.datamodels.experiment import ExperimentConfig

    again = ExperimentConfig.model_validate(yaml.safe_load((autoencoder_run.path / "experiment.yaml").read_text()))
    assert again == ExperimentConfig.model_validate(autoencoder_run.tree)


def test_the_loss_curve_is_a_picture(autoencoder_run: SimpleNamespace) -> None:
    from PIL import Image

    with Image.open(autoencoder_run.path / "loss.png") as picture:
        assert picture.format == "PNG"
        assert picture.size == (960, 540)
        assert len(picture.convert("L").getcolors()) > 10, "something is drawn on it"


def test_a_checkpoint_tells_what_it_is_without_torch(autoencoder_run: SimpleNamespace) -> None:
    assert names(autoencoder_run.folder.checkpoints) == ["step=00000002.ckpt", "step=00000004.ckpt"]
    header = read_checkpoint(newest(autoencoder_run))
    assert header.is_resumable
    assert (kind_of(header).kind, kind_of(header).model_type) == ("training", "autoencoder")
    tree = autoencoder_run.tree
    assert header.extra["model_config"] == {**tree["model"], "training": tree["training"]}
    inside = header.extra["stable_audio_config"]
    assert inside["experiment"] == tree
    assert inside["schema_version"] == 1
    assert inside["versions"]["stable-audio-tools"] == "0.0.20"
    assert header.extra["global_step"] == 4


@pytest.mark.parametrize(("keep", "left"), [(-1, [1, 2, 3, 4, 5]), (0, []), (2, [4, 5])])
def test_save_top_k_keeps_the_newest(trees: Any, train_here: Train, keep: int, left: list[int]) -> None:
    run = train_here(trees.autoencoder(checkpoint_every=1, save_top_k=keep, max_steps=5, training__use_ema=False))
    assert names(run.folder.checkpoints) == [f"step={step:08}.ckpt" for step in left]


def test_the_last_step_is_saved_off_schedule_too(trees: Any, train_here: Train) -> None:
    run = train_here(trees.autoencoder(checkpoint_every=2, max_steps=3))
    assert names(run.folder.checkpoints) == ["step=00000002.ckpt", "step=00000003.ckpt"]


@pytest.mark.parametrize(("logger", "left"), [("csv", "csv/metrics.csv"), ("tensorboard", "tensorboard/events.*"), ("none", None)])
def test_loggers_write_into_the_run_folder(
    trees: Any, train_here: Train, own_working_folder: Path, logger: str, left: str | None
) -> None:
    tree = trees.autoencoder(logger=logger, training__log_every_n_steps=1, training__demo={"demo_every": 2})
    run = train_here(tree)
    assert names(own_working_folder) == []
    if left is None:
        assert {"csv", "tensorboard", "wandb"}.isdisjoint(names(run.path))
    else:
        assert len(list(run.path.glob(left))) == 1
    if logger == "csv":
        assert "train/mrstft_loss" in (run.path / "csv/metrics.csv").read_text().splitlines()[0]
    assert "recon_00000002.wav" in names(run.folder.demos)


def test_wandb_gets_losses_and_demos(trees: Any, train_here: Train, own_working_folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    train_here(trees.autoencoder(logger="wandb", max_steps=1))
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    run = train_here(trees.autoencoder(logger="wandb", project="tests", training__demo={"demo_every": 2}))
    assert run.outcome.step == 3
    assert "recon_00000002.wav" in names(run.folder.demos)
    assert list((run.path / "wandb").glob("offline-run-*/files/media/audio/recon*.wav"))
    assert names(own_working_folder) == []


# What a run never changes.


def test_the_experiment_is_the_same_before_and_after(trees: Any) -> None:
    from stable_audio_config.datamodels.base import plain
    from stable_audio_config.datamodels.experiment import ExperimentConfig
    from stable_audio_config.engine.run_folder import begin, new_folder
    from stable_audio_config.engine.train import train

    seanet = {"n_filters": 2, "n_residual_layers": 1, "lstm": 1, "kernel_size": 3, "last_kernel_size": 3}
    encoder = {"type": "seanet", "config": {"channels": 2, "dimension": 8, "ratios": [2, 4], **seanet}}
    decoder = {"type": "seanet", "config": {"channels": 2, "dimension": 4, "ratios": [4, 2], **seanet}}
    tree = trees.autoencoder(model__model__encoder=encoder, model__model__decoder=decoder, training__use_ema=True, max_steps=2)
    experiment = ExperimentConfig.model_validate(tree)
    folder = new_folder(experiment)
    begin(folder, experiment, ())
    train(experiment, folder)
    assert plain(experiment) == tree
    assert experiment == ExperimentConfig.model_validate(tree)
    header = read_checkpoint(folder.complete_checkpoints()[-1])
    # The engine reverses this list in place, once for the model and once for its moving average.
    assert header.extra["model_config"]["model"]["encoder"]["config"]["ratios"] == [2, 4]
    shapes = {
        name.removeprefix(prefix): header.tensors[name].shape
        for prefix in ("autoencoder.", "autoencoder_ema.ema_model.")
        for name in header.tensors
        if name.startswith(f"{prefix}encoder.")
    }
    online = {
        name.removeprefix("autoencoder."): info.shape for name, info in header.tensors.items() if name.startswith("autoencoder.e")
    }
    assert shapes == online, "the moving average has the shapes of the model"


# Weights from elsewhere.


@pytest.fixture
def model_checkpoint(autoencoder_run: SimpleNamespace, tmp_path: Path) -> Path:
    """The autoencoder of the shared run, unwrapped."""
    from stable_audio_config.engine.unwrap import unwrap

    return unwrap(newest(autoencoder_run), tmp_path / "autoencoder.ckpt").path


def weights(path: Path) -> Any:
    import torch

    return torch.load(path, weights_only=False)["state_dict"]


def build(tree: dict[str, Any]) -> Any:
    from stable_audio_config.datamodels.experiment import ExperimentConfig
    from stable_audio_config.engine.train import build_model, engine_config

    experiment = ExperimentConfig.model_validate(tree)
    return build_model(experiment, engine_config(experiment))


def same(state: Any, expected: Any) -> bool:
    import torch

    return state.keys() == expected.keys() and all(torch.equal(state[name], expected[name]) for name in expected)


def test_a_pretrained_model_gives_its_weights(trees: Any, model_checkpoint: Path, capsys: Any) -> None:
    model = build(trees.autoencoder(pretrained_ckpt_path=str(model_checkpoint)))
    assert same(model.state_dict(), weights(model_checkpoint))
    total = len(model.state_dict())
    assert (
        f"{total} of the model's {total} weights come from {model_checkpoint}; 0 of its {total} do not fit"
        in capsys.readouterr().out
    )


def test_weights_that_do_not_fit_are_counted(trees: Any, model_checkpoint: Path, capsys: Any) -> None:
    tree = trees.autoencoder(pretrained_ckpt_path=str(model_checkpoint))
    tree["model"]["model"]["decoder"]["config"]["channels"] = 6
    build(tree)
    line = capsys.readouterr().out.strip().splitlines()[-1]
    assert " of the model's " in line
    assert not line.endswith(" 0 of them do not fit")


def test_a_pretrained_model_of_which_nothing_fits_is_refused(trees: Any, model_checkpoint: Path) -> None:
    with pytest.raises(Refused, match=r"none of the \d+ weights in .* fits the model's \d+"):
        build(trees.diffusion(pretrained_ckpt_path=str(model_checkpoint)))


def test_a_pretransform_takes_every_weight(trees: Any, model_checkpoint: Path) -> None:
    model = build(trees.diffusion(pretransform_ckpt_path=str(model_checkpoint)))
    assert same(model.pretransform.model.state_dict(), weights(model_checkpoint))


def test_a_pretransform_that_does_not_fit_is_refused(trees: Any, model_checkpoint: Path) -> None:
    tree = trees.diffusion(pretransform_ckpt_path=str(model_checkpoint))
    tree["model"]["model"]["pretransform"]["config"]["decoder"]["config"]["channels"] = 6
    with pytest.raises(Refused, match=r"does not fit `model.pretransform`: .*decoder"):
        build(tree)


def decoded(model: Any) -> Any:
    import torch

    with torch.no_grad():
        return model.pretransform.decode(torch.linspace(-1, 1, 64).reshape(1, 4, 16))


def test_weight_norm_is_folded_in_after_loading(trees: Any, model_checkpoint: Path) -> None:
    import torch

    tree = trees.diffusion(pretransform_ckpt_path=str(model_checkpoint))
    plain, folded = build(tree), build({**tree, "remove_pretransform_weight_norm": "post_load"})
    assert any(name.endswith("weight_g") for name in plain.pretransform.state_dict())
    assert not any(name.endswith(("weight_g", "weight_v")) for name in folded.pretransform.state_dict())
    torch.testing.assert_close(decoded(folded), decoded(plain))
    trained = [name for name, parameter in folded.pretransform.named_parameters() if parameter.requires_grad]
    assert trained == [], "a frozen pretransform stays frozen"


def test_weight_norm_is_folded_in_before_loading_folded_weights(trees: Any, model_checkpoint: Path, tmp_path: Path) -> None:
    import torch

    tree = trees.diffusion(pretransform_ckpt_path=str(model_checkpoint))
    folded = build({**tree, "remove_pretransform_weight_norm": "post_load"})
    torch.save({"state_dict": folded.pretransform.model.state_dict()}, tmp_path / "folded.ckpt")
    tree["pretransform_ckpt_path"] = str(tmp_path / "folded.ckpt")
    again = build({**tree, "remove_pretransform_weight_norm": "pre_load"})
    torch.testing.assert_close(decoded(again), decoded(folded))
    with pytest.raises(Refused, match=r"does not fit `model.pretransform`"):
        build(tree)


def test_weight_norm_where_there_is_none_is_refused(trees: Any) -> None:
    patched = {"type": "patched", "config": {"channels": 2, "patch_size": 2}}
    tree = trees.diffusion(model__model__pretransform=patched, remove_pretransform_weight_norm="post_load")
    with pytest.raises(Refused, match="no layer of the pretransform has weight normalisation"):
        build(tree)
    del tree["model"]["model"]["pretransform"]
    with pytest.raises(Refused, match="the model has no pretransform"):
        build(tree)


def test_the_engines_own_removal_still_needs_ours(trees: Any) -> None:
    from stable_audio_tools.models.utils import remove_weight_norm_from_model

    model = build(trees.diffusion())
    remove_weight_norm_from_model(model.pretransform)  # Works on a pure oobleck, whose every layer is normalised ...
    assert any(parameter.requires_grad for parameter in model.pretransform.parameters()), "... and thaws it"
    with pytest.raises(ValueError, match="weight_norm of 'weight' not found"):
        remove_weight_norm_from_model(model)


# Going on.


def test_a_lora_run_goes_on_where_it_stopped(trees: Any, train_here: Train) -> None:
    import torch

    lora = {"training__lora_config": {"rank": 2}, "training__use_ema": False}
    whole = train_here(trees.diffusion(**lora, max_steps=4, checkpoint_every=2))
    half = whole.folder.checkpoint(2)
    header = read_checkpoint(half)
    assert kind_of(header).kind == "lora"
    assert header.is_resumable
    assert all("lora_" in name for name in header.tensors)
    rest = train_here(trees.diffusion(**lora, max_steps=4), resume=half)
    assert rest.outcome.step == 4
    assert [row["step"] for row in rest.rows] == ["3", "4"]
    assert losses(rest) != losses(whole)[:2], "it does not begin again"
    before, after = (torch.load(path, weights_only=False) for path in (half, newest(rest)))
    assert before["state_dict"].keys() == after["state_dict"].keys()
    states = [content["optimizer_states"][0]["state"][0]["step"] for content in (before, after)]
    assert [int(step) for step in states] == [2, 4], "Adam goes on counting"


def test_lora_weights_come_back(trees: Any, train_here: Train) -> None:
    import torch

    lora = {"training__lora_config": {"rank": 2}, "training__use_ema": False}
    whole = train_here(trees.diffusion(**lora, max_steps=3, checkpoint_every=3))
    # No step is left to do, so what is loaded is what is saved.
    rest = train_here(trees.diffusion(**lora, max_steps=3, save_dir=str(whole.path / "again")), resume=newest(whole))
    assert rest.outcome.step == 3
    assert rest.rows == []
    content = torch.load(newest(whole), weights_only=False)["state_dict"]
    assert any(tensor.abs().sum() > 0 for name, tensor in content.items() if name.endswith("lora_B"))


# The command.


def run_folders(trees: Any, name: str = "ae") -> list[Path]:
    return sorted(path for path in (Path(trees.autoencoder()["save_dir"]) / name).iterdir())


def test_the_command_trains_and_keeps_what_it_printed(trees: Any, sat: Any, written: Any, rows_of: Any) -> None:
    done = sat("train", written(trees.autoencoder(seed=7)), "max_steps=2")
    assert done.code == 0, done.err
    (folder,) = run_folders(trees)
    assert f"run folder: {folder}" in done.out
    assert "finished after 2 steps" in done.out
    log = (folder / "log.txt").read_text()
    assert "finished after 2 steps" in log
    assert "\r" not in log
    assert (folder / "overrides.txt").read_text() == "max_steps=2\n"
    assert yaml.safe_load((folder / "experiment.yaml").read_text())["seed"] == 7

    again = sat("train", "--from-run", str(folder))
    assert again.code == 0, again.err
    first, second = run_folders(trees)
    assert [row["loss"] for row in rows_of(first / "metrics.csv")] == [row["loss"] for row in rows_of(second / "metrics.csv")]
    experiments = [yaml.safe_load((path / "experiment.yaml").read_text()) for path in (first, second)]
    assert {**experiments[0], "recover": False} == {**experiments[1], "recover": False}

    other = sat("train", "--from-run", str(first / "experiment.yaml"), "seed=8")
    assert other.code == 0, other.err
    assert yaml.safe_load((run_folders(trees)[2] / "experiment.yaml").read_text())["seed"] == 8


def test_run_again_of_a_run_that_recovers_begins_afresh(trees: Any, sat: Any, written: Any, rows_of: Any) -> None:
    done = sat("train", written(trees.autoencoder(max_steps=1, recover=True)))
    assert done.code == 0, done.err
    assert "has a complete checkpoint; starting afresh" in done.out
    (folder,) = run_folders(trees)
    assert sat("train", "--from-run", str(folder)).code == 0
    assert len(run_folders(trees)) == 2
    # The same file again does go on, and finds nothing left to do.
    done = sat("train", written(trees.autoencoder(max_steps=2, recover=True)))
    assert "going on from" in done.out
    assert len(run_folders(trees)) == 2
    assert [row["step"] for row in rows_of(run_folders(trees)[1] / "metrics.csv")] == ["1", "2"]


def test_a_lora_checkpoint_of_ours_may_be_gone_on_from(trees: Any, sat: Any, written: Any, train_here: Train) -> None:
    lora = {"training__lora_config": {"rank": 2}, "training__use_ema": False}
    whole = train_here(trees.diffusion(**lora, max_steps=2))
    done = sat("train", written(trees.diffusion(**lora, max_steps=3)), f"ckpt_path={newest(whole)}")
    assert done.code == 0, done.err
    assert "finished after 3 steps" in done.out


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"accum_batches": 2}, "`accum_batches` is 2, but an autoencoder steps its optimizers by hand"),
        ({"logger": "comet"}, "`logger` is comet, but the package `comet_ml` is not installed"),
        ({"strategy": "deepspeed", "accelerator": "auto"}, "`strategy` is deepspeed, but the package `deepspeed` is not installed"),
    ],
    ids=["accumulation", "comet", "deepspeed"],
)
def test_what_cannot_run_is_refused_before_the_start(trees: Any, sat: Any, written: Any, changes: Any, said: str) -> None:
    done = sat("train", written(trees.autoencoder(**changes)))
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.out + done.err
    assert not Path(trees.autoencoder()["save_dir"]).exists()


def test_a_failure_inside_the_engine_is_one_finding(trees: Any, sat: Any, written: Any, monkeypatch: Any, rows_of: Any) -> None:
    from stable_audio_tools.training.autoencoders import AutoencoderTrainingWrapper

    step = AutoencoderTrainingWrapper.training_step

    def breaks(self: Any, batch: Any, batch_idx: int) -> Any:
        if self.global_step == 3:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return step(self, batch, batch_idx)

    monkeypatch.setattr(AutoencoderTrainingWrapper, "training_step", breaks)
    done = sat("train", written(trees.autoencoder(checkpoint_every=2, max_steps=9)))
    assert done.code == 1
    assert "Traceback" not in done.out + done.err
    assert "error[run-failed]: the run ended with RuntimeError: CUDA out of memory. Tried to allocate 20.00 GiB" in done.err
    assert "help: lower batch_size, or sample_size" in done.err
    assert done.err.count("error[") == 1
    (folder,) = run_folders(trees)
    log = (folder / "log.txt").read_text()
    assert "Traceback (most recent call last)" in log
    assert "in breaks" in log
    assert names(folder / "checkpoints") == ["step=00000002.ckpt"]
    assert [row["step"] for row in rows_of(folder / "metrics.csv")] == ["1", "2", "3"]


def test_a_stop_iteration_in_a_step_does_not_pass_for_a_finished_run(trees: Any, sat: Any, written: Any, monkeypatch: Any) -> None:
    from stable_audio_tools.training.autoencoders import AutoencoderTrainingWrapper

    monkeypatch.setattr(AutoencoderTrainingWrapper, "training_step", lambda *_: next(iter(())))
    done = sat("train", written(trees.autoencoder()))
    assert done.code == 1
    assert "StopIteration in the training step" in done.err
