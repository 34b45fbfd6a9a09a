"""Every shim twice: it works with the real engine, and the engine still needs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def untouched_engine() -> Iterator[None]:
    """Each test begins and ends with the engine as it is."""
    from stable_audio_config.engine import compat

    with compat.engine_restored():
        yield


def dataset(material: SimpleNamespace) -> Any:
    from stable_audio_config.datamodels.dataset import AudioDirDataset

    tree = {"dataset_type": "audio_dir", "datasets": [{"id": "sounds", "path": str(material.sounds)}]}
    return AudioDirDataset.model_validate(tree)


LOADER = {"batch_size": 2, "sample_size": 512, "sample_rate": 16000, "audio_channels": 2}


def test_the_shims_are_for_the_installed_engine() -> None:
    from importlib.metadata import version

    from stable_audio_config.engine import compat

    assert version("stable-audio-tools") == compat.WRITTEN_FOR


def test_a_loader_without_workers_loads(material: SimpleNamespace) -> None:
    import torch

    from stable_audio_config.engine import compat

    before = torch.utils.data.DataLoader.__init__
    loader = compat.build_dataloader(dataset(material), **LOADER, num_workers=0)
    sounds, metadata = next(iter(loader))
    assert sounds.shape == (2, 2, 512)
    assert len(metadata) == 2
    assert torch.utils.data.DataLoader.__init__ is before


def test_a_loader_with_workers_keeps_them(material: SimpleNamespace) -> None:
    import torch

    from stable_audio_config.engine import compat

    loader = compat.build_dataloader(dataset(material), **LOADER, num_workers=1)
    assert (loader.num_workers, loader.persistent_workers) == (1, True)
    assert loader.pin_memory == torch.cuda.is_available()


def test_the_engine_still_refuses_a_loader_without_workers(material: SimpleNamespace) -> None:
    from stable_audio_tools.data.dataset import create_dataloader_from_config

    from stable_audio_config.datamodels.base import plain

    with pytest.raises(ValueError, match="persistent_workers"):
        create_dataloader_from_config(plain(dataset(material)), **LOADER, num_workers=0)


def module_with_gradients(device: str = "cpu") -> Any:
    import torch

    torch.manual_seed(5)
    module = torch.nn.Linear(3, 2).to(device)
    module.bias.requires_grad_(False)
    module(torch.ones(1, 3, device=device)).sum().backward()
    return module


def test_the_update_to_weight_ratio_is_known_without_cuda() -> None:
    from stable_audio_tools.training import autoencoders

    from stable_audio_config.engine import compat

    compat.without_cuda()
    module = module_with_gradients()
    expected = 0.1 * module.weight.grad.norm().item() / module.weight.norm().item()
    assert compat.update_to_weight_ratio(module, 0.1) == pytest.approx(expected)
    assert compat.update_to_weight_ratio(module, 0.1, SimpleNamespace(get_scale=lambda: 4.0)) == pytest.approx(expected / 4)
    assert autoencoders.calc_update_to_weight_ratio(module, 0.1) == pytest.approx(expected)


def test_a_module_with_nothing_to_train_has_the_ratio_zero() -> None:
    from stable_audio_config.engine import compat

    assert compat.update_to_weight_ratio(module_with_gradients().requires_grad_(False), 0.1) == 0.0


def test_the_engine_still_asks_for_cuda() -> None:
    import torch
    from stable_audio_tools.training import autoencoders

    from stable_audio_config.engine import compat

    if torch.cuda.is_available():
        module = module_with_gradients("cuda")
        assert autoencoders.calc_update_to_weight_ratio(module, 0.1) == pytest.approx(compat.update_to_weight_ratio(module, 0.1))
    else:
        with pytest.raises((RuntimeError, AssertionError), match=r"(?i)cuda|nvidia"):
            autoencoders.calc_update_to_weight_ratio(module_with_gradients(), 0.1)


@pytest.mark.parametrize("rate", [8000, 32000, 44000])
def test_chirps_fit_below_nyquist(rate: int) -> None:
    import torch
    from stable_audio_tools.training import autoencoders

    from stable_audio_config.engine import compat

    compat.without_cuda()
    compat.without_cuda()  # A second run in the same process must not wrap the wrapper.
    longer = autoencoders.append_random_linear_chirps(torch.zeros(2, 2, 400), rate, n_chirps=1)
    longer = longer[0] if isinstance(longer, tuple) else longer
    assert longer.shape == (3, 2, 400)
    assert longer[2].abs().max() > 0


def test_chirps_above_44_khz_are_the_engines_own() -> None:
    import torch
    from stable_audio_tools.training import autoencoders

    from stable_audio_config.engine import compat

    engines = autoencoders.append_random_linear_chirps
    sounds = torch.zeros(1, 2, 300)
    assert torch.equal(
        compat.chirps_below_nyquist(engines)(sounds, 44100, n_chirps=1, seed=None, add_dither=0.0)[:1],
        engines(sounds, 44100, n_chirps=1, add_dither=0.0)[:1],
    )
    seen: list[float] = []
    compat.chirps_below_nyquist(lambda *_, fmax, **__: seen.append(fmax))(sounds, 44100)
    compat.chirps_below_nyquist(lambda *_, fmax, **__: seen.append(fmax))(sounds, 32000)
    assert seen == [22000.0, pytest.approx(14400.0)]


@pytest.mark.parametrize("rate", [32000, 44000])
def test_the_engines_chirps_still_need_more_than_44_khz(rate: int) -> None:
    import torch
    from stable_audio_tools.training import autoencoders

    with pytest.raises(AssertionError, match="Nyquist"):
        autoencoders.append_random_linear_chirps(torch.zeros(1, 2, 100), rate, n_chirps=1)


WITHOUT_PARAMETERS = [
    {"type": "patched", "config": {"channels": 2, "patch_size": 4}},
    {"type": "wavelet", "config": {"channels": 2, "levels": 2, "wavelet": "bior4.4"}},
]


def sample(pretransform_config: dict[str, Any], *, shimmed: bool) -> Any:
    """Asks the engine to sample and decode, with a model that returns its input, as its demo does."""
    import torch
    from stable_audio_tools.inference.sampling import sample_diffusion
    from stable_audio_tools.models.factory import create_pretransform_from_config

    from stable_audio_config.engine import compat

    pretransform = create_pretransform_from_config(pretransform_config, 16000)
    if shimmed:
        compat.give_parameters(pretransform)
    model = torch.nn.Linear(1, 1)
    model.forward = lambda x, *_, **__: x
    return sample_diffusion(
        model=model,
        noise=torch.randn(1, pretransform.encoded_channels, 16),
        cond_inputs={},
        diffusion_objective="v",
        steps=2,
        cfg_scale=1.0,
        conditioning=[{"seconds_total": 1}],
        sample_rate=16000,
        pretransform=pretransform,
        disable_tqdm=True,
        decode=True,
    )


@pytest.mark.parametrize("config", WITHOUT_PARAMETERS, ids=lambda config: config["type"])
def test_sampling_works_with_a_pretransform_without_parameters(config: dict[str, Any]) -> None:
    assert sample(config, shimmed=True).shape == (1, 2, 64)


@pytest.mark.parametrize("config", WITHOUT_PARAMETERS, ids=lambda config: config["type"])
def test_the_engine_still_stops_at_a_pretransform_without_parameters(config: dict[str, Any]) -> None:
    with pytest.raises(StopIteration):
        sample(config, shimmed=False)


def test_the_stand_in_is_no_weight_of_the_model() -> None:
    import torch
    from stable_audio_tools.models.factory import create_pretransform_from_config

    from stable_audio_config.engine import compat

    pretransform = create_pretransform_from_config(WITHOUT_PARAMETERS[0], 16000)
    compat.give_parameters(pretransform)
    assert next(pretransform.parameters()).dtype == torch.float32
    model = torch.nn.ModuleDict({"pretransform": pretransform})
    assert dict(model.state_dict()) == {}
    assert list(model.parameters()) == []
    compat.give_parameters(None)


def test_a_stop_iteration_in_a_step_is_an_error_that_says_where() -> None:
    from stable_audio_config.engine import compat

    def step(value: int) -> int:
        return next(iter([value][value:]))

    guarded = compat.no_silent_epoch_end(step, "the training step")
    assert guarded(0) == 0
    with pytest.raises(RuntimeError, match="StopIteration in the training step"):
        guarded(1)


def test_lightning_still_takes_a_stop_iteration_for_the_end_of_the_epoch(tmp_path: Path) -> None:
    import pytorch_lightning as pl
    import torch

    class Stops(pl.LightningModule):
        steps = 0

        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            self.steps += 1
            if self.steps == 2:
                next(iter(()))
            return self.layer(batch).sum()

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = pl.Trainer(accelerator="cpu", max_epochs=1, default_root_dir=tmp_path, **quiet)
    module = Stops()
    trainer.fit(module, torch.utils.data.DataLoader(torch.zeros(4, 1)))
    assert module.steps == 2, "four batches, and no word about the two that were left out"


def save_demo(module: Any) -> None:
    """What the engine's demo callbacks do with a sound: save it under a bare name, log it, take it away."""
    import torch

    name = "demo_00000002.wav"
    module.torchaudio.save(name, torch.zeros(2, 50, dtype=torch.int16), 16000)
    module.log_audio(None, "demo", name, 16000)
    module.os.remove(name)


@pytest.mark.parametrize("name", ["autoencoders", "diffusion"])
def test_demos_land_in_their_folder_and_stay(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image
    from stable_audio_tools import training

    from stable_audio_config.engine import compat

    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    noted: list[tuple[str, float]] = []
    compat.DemoFolder(tmp_path / "demos", lambda: 7, lambda key, value: noted.append((key, value))).install()
    module = getattr(training, name)
    save_demo(module)
    module.log_image(None, "spectrogram", Image.new("RGB", (4, 4)))
    module.log_metric(None, "val/loss", 0.5, step=7)
    assert sorted(path.name for path in (tmp_path / "demos").iterdir()) == ["demo_00000002.wav", "spectrogram_00000007.png"]
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert noted == [("val/loss", 0.5)]


def test_a_demo_that_is_not_a_number_is_written_as_silence(tmp_path: Path) -> None:
    import soundfile
    import torch

    from stable_audio_config.engine import compat

    folder = compat.DemoFolder(tmp_path, lambda: 0, lambda *_: None)
    folder.save("nan.wav", torch.full((1, 20), float("nan")), 16000)
    assert not soundfile.read(tmp_path / "nan.wav")[0].any()


@pytest.mark.parametrize("name", ["autoencoders", "diffusion"])
def test_the_engine_still_takes_its_demos_away(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import inspect

    from stable_audio_tools import training

    monkeypatch.chdir(tmp_path)
    module = getattr(training, name)
    save_demo(module)
    assert list(tmp_path.iterdir()) == []
    callback = {"autoencoders": "AutoencoderDemoCallback", "diffusion": "DiffusionCondDemoCallback"}[name]
    source = inspect.getsource(getattr(module, callback).on_train_batch_end)
    assert "torchaudio.save(filename" in source
    assert "os.remove(filename)" in source


def test_the_engine_still_knows_no_logger_but_two() -> None:
    from stable_audio_tools.training import utils

    logged: list[Any] = []
    utils.log_metric(SimpleNamespace(log_metrics=lambda *args, **_: logged.append(args)), "val/loss", 0.5)
    assert logged == [], "another logger is told nothing"


def test_other_loggers_get_the_number(tmp_path: Path) -> None:
    from stable_audio_config.engine import compat

    logged: list[Any] = []
    folder = compat.DemoFolder(tmp_path, lambda: 0, lambda *_: None)
    logger = SimpleNamespace(log_metrics=lambda numbers, step: logged.append((numbers, step)))
    folder.log_metric(logger, "val/loss", 0.5, step=3)
    folder.log_metric(logger, "val/loss", float("nan"), step=4)
    assert logged == [({"val/loss": 0.5}, 3)]


@pytest.fixture
def one_process_group() -> Iterator[None]:
    """DDP over one process leaves its process group to the end of the process; here it ends with the test."""
    import torch

    yield
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def discriminator_under_ddp(trees: SimpleNamespace) -> Any:
    """Three steps, the second one the discriminator's, with a demo after it."""
    tree = trees.autoencoder(strategy="ddp_find_unused_parameters_true", training__demo={"demo_every": 2})
    tree["training"]["loss_configs"]["discriminator"] = {
        "type": "encodec",
        "config": {"filters": 2, "n_ffts": [256], "hop_lengths": [64], "win_lengths": [256]},
        "weights": {"adversarial": 0.1, "feature_matching": 1.0},
    }
    return tree


@pytest.mark.usefixtures("one_process_group")
def test_a_demo_through_the_discriminator_does_not_end_ddp(trees: SimpleNamespace, train_here: Any) -> None:
    run = train_here(discriminator_under_ddp(trees))
    assert run.outcome.step == 3
    assert (run.folder.demos / "discriminator_sensitivity_00000002.png").is_file()


@pytest.mark.usefixtures("one_process_group")
def test_the_engines_demo_through_the_discriminator_still_ends_ddp(
    trees: SimpleNamespace, train_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stable_audio_config.engine import compat

    monkeypatch.setattr(compat, "with_frozen_discriminator", lambda demo: demo)
    with pytest.raises(RuntimeError, match="gradient which is undefined, but still allreduced by DDP"):
        train_here(discriminator_under_ddp(trees))


def test_a_discriminator_is_thawed_after_the_demo() -> None:
    import torch

    from stable_audio_config.engine import compat

    module = SimpleNamespace(discriminator=torch.nn.Linear(2, 2))
    module.discriminator.bias.requires_grad_(False)
    seen: list[bool] = []

    def demo(_trainer: Any, module: Any) -> None:
        seen.extend(weight.requires_grad for weight in module.discriminator.parameters())
        raise RuntimeError("a demo that fails")

    with pytest.raises(RuntimeError, match="a demo that fails"):
        compat.with_frozen_discriminator(demo)(None, module)
    assert seen == [False, False]
    assert [weight.requires_grad for weight in module.discriminator.parameters()] == [True, False]


def lora_wrapper(trees: SimpleNamespace) -> Any:
    from stable_audio_tools.models.factory import create_model_from_config
    from stable_audio_tools.training.factory import create_training_wrapper_from_config

    tree = trees.diffusion(training__lora_config={"rank": 2})
    config = {**tree["model"], "training": tree["training"]}
    return create_training_wrapper_from_config(config, create_model_from_config(config))


def lora_checkpoint(wrapper: Any) -> dict[str, Any]:
    """What Lightning would write: its own entries, then whatever the wrapper makes of them."""
    checkpoint = {"state_dict": dict(wrapper.state_dict()), "optimizer_states": [{}], "global_step": 4}
    wrapper.on_save_checkpoint(checkpoint)
    return checkpoint


def test_a_lora_checkpoint_keeps_step_and_optimizer_and_finds_its_weights(trees: SimpleNamespace) -> None:
    import torch

    from stable_audio_config.engine import compat

    wrapper = lora_wrapper(trees)
    compat.resumable_lora(wrapper)
    with torch.no_grad():
        for parameter in wrapper.parameters():
            parameter.uniform_()
    checkpoint = lora_checkpoint(wrapper)
    assert (checkpoint["global_step"], checkpoint["optimizer_states"]) == (4, [{}])
    assert checkpoint["lora_config"] == {"rank": 2}
    assert len(checkpoint["state_dict"]) < len(wrapper.state_dict())

    other = lora_wrapper(trees)
    compat.resumable_lora(other)
    assert other.strict_loading is False
    other.on_load_checkpoint(checkpoint)
    other.load_state_dict(checkpoint["state_dict"], strict=False)
    adapters = [name for name in wrapper.state_dict() if "lora_" in name]
    assert adapters
    assert all(torch.equal(other.state_dict()[name], wrapper.state_dict()[name]) for name in adapters)
    with pytest.raises(ValueError, match="1 of the 1 LoRA weights"):
        other.on_load_checkpoint({"state_dict": {"nowhere": torch.zeros(1)}})


def test_a_run_without_lora_is_left_alone() -> None:
    from stable_audio_config.engine import compat

    wrapper = SimpleNamespace(lora_config=None)
    compat.resumable_lora(wrapper)
    assert vars(wrapper) == {"lora_config": None}


def test_the_engines_lora_checkpoint_still_cannot_go_on(trees: SimpleNamespace) -> None:
    wrapper = lora_wrapper(trees)
    checkpoint = lora_checkpoint(wrapper)
    assert checkpoint.keys() == {"state_dict", "lora_config"}
    assert not checkpoint["state_dict"].keys() & wrapper.state_dict().keys()


def clap_wrapper() -> Any:
    """CLAP's training wrapper with two embeddings gathered, as it stands at the end of a validation on one device."""
    import pytorch_lightning as pl
    import torch
    from stable_audio_tools.training.clap import CLAPTrainingWrapper

    branch = SimpleNamespace(noise_config=None)
    model = torch.nn.Module()
    object.__setattr__(model, "audio_branch", branch)
    object.__setattr__(model, "logit_scale_a", torch.zeros(()))
    wrapper = CLAPTrainingWrapper(model, lr=1e-3)
    wrapper.trainer = pl.Trainer(accelerator="cpu", devices=1, logger=False, enable_checkpointing=False)
    wrapper.all_val_text_features = wrapper.all_val_audio_features = [torch.eye(2, 4)]
    return wrapper


def test_claps_validation_ends_on_one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    from stable_audio_config.engine import compat

    wrapper, logged = clap_wrapper(), dict[str, float]()
    monkeypatch.setattr(wrapper, "log_dict", logged.update)
    compat.gathered_on_one_device(wrapper)
    wrapper.on_validation_epoch_end()
    assert (logged["val/num_samples"], logged["val/audio_to_text_R@1"]) == (2, 1.0)


def test_claps_validation_still_fails_on_one_device() -> None:
    with pytest.raises(Exception, match="expected 3 dims"):
        clap_wrapper().on_validation_epoch_end()


def test_an_unconditional_models_adapters_are_left_alone() -> None:
    from stable_audio_tools.training.diffusion import DiffusionUncondTrainingWrapper

    from stable_audio_config.engine import compat

    wrapper = DiffusionUncondTrainingWrapper.__new__(DiffusionUncondTrainingWrapper)
    wrapper.__dict__["lora_config"] = {"rank": 2}
    compat.resumable_lora(wrapper)
    assert wrapper.__dict__ == {"lora_config": {"rank": 2}}, "its checkpoints hold everything"


def test_the_engine_is_itself_again_afterwards(tmp_path: Path) -> None:
    from stable_audio_tools.training import autoencoders, diffusion

    from stable_audio_config.engine import compat

    before = [dict(vars(module)) for module in (autoencoders, diffusion)]
    with compat.engine_restored():
        compat.without_cuda()
        compat.DemoFolder(tmp_path, lambda: 0, lambda *_: None).install()
        assert vars(diffusion)["os"] is not before[1].get("os")
    assert [dict(vars(module)) for module in (autoencoders, diffusion)] == before
