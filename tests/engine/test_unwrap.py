"""Unwrapping against the engine's own `export_model`, on checkpoints of real training wrappers."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stable_audio_config.report.finding import Refused

pytestmark = pytest.mark.engine

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny.py"))))

CONFIGS = {
    "autoencoder": {**tiny.autoencoder_config(), "training": tiny.AUTOENCODER_TRAINING},
    "autoencoder_without_ema": {
        **tiny.autoencoder_config(),
        "training": {**tiny.AUTOENCODER_TRAINING, "use_ema": False},
    },
    "diffusion": {**tiny.diffusion_config(), "training": tiny.DIFFUSION_TRAINING},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Name -> training checkpoint, and the state dict that the engine exports from the same wrapper."""
    import torch

    found = {}
    for name, config in CONFIGS.items():
        folder = tmp_path_factory.mktemp(name)
        wrapper = tiny.save_training(config, folder / "training.ckpt")
        wrapper.export_model(folder / "exported.ckpt")
        found[name] = folder / "training.ckpt", torch.load(folder / "exported.ckpt", weights_only=True)["state_dict"]
    return found


def assert_same(state: dict[str, Any], expected: dict[str, Any]) -> None:
    import torch

    assert state.keys() == expected.keys()
    different = [name for name in expected if not torch.equal(state[name], expected[name])]
    assert different == []


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("ending", [".ckpt", ".safetensors"])
def test_unwrapped_is_what_the_engine_exports(trained: Any, tmp_path: Path, name: str, ending: str) -> None:
    from stable_audio_tools.models.utils import load_ckpt_state_dict

    from stable_audio_config.engine.unwrap import unwrap

    checkpoint, exported = trained[name]
    result = unwrap(checkpoint, tmp_path / f"model{ending}")
    state = load_ckpt_state_dict(str(result.path))
    assert_same(state, exported)
    assert result.used_ema == (name != "autoencoder_without_ema")
    assert result.tensors == len(exported)
    assert result.parameters == sum(tensor.numel() for tensor in exported.values())
    assert [path.name for path in tmp_path.iterdir()] == [f"model{ending}"]


@pytest.mark.parametrize("name", CONFIGS)
def test_the_engine_builds_and_loads_it_strictly(trained: Any, tmp_path: Path, name: str) -> None:
    import torch
    from stable_audio_tools.models.factory import create_model_from_config

    from stable_audio_config.engine.unwrap import unwrap

    content = torch.load(unwrap(trained[name][0], tmp_path / "model.ckpt").path, weights_only=True)
    assert "training" not in content["model_config"]
    model = create_model_from_config(content["model_config"])
    assert model.load_state_dict(content["state_dict"], strict=True).missing_keys == []


def test_without_ema_the_trained_weights_are_taken(trained: Any, tmp_path: Path) -> None:
    import torch

    from stable_audio_config.engine.unwrap import unwrap

    checkpoint = trained["diffusion"][0]
    result = unwrap(checkpoint, tmp_path / "model.ckpt", use_ema=False)
    state = torch.load(checkpoint, weights_only=True)["state_dict"]
    expected = {name[len("diffusion.") :]: value for name, value in state.items() if name.startswith("diffusion.")}
    assert_same(torch.load(result.path, weights_only=True)["state_dict"], expected)
    assert not result.used_ema


def test_where_it_comes_from_stands_beside_the_weights(trained: Any, tmp_path: Path) -> None:
    from safetensors import safe_open

    from stable_audio_config.engine.unwrap import unwrap

    result = unwrap(trained["diffusion"][0], tmp_path / "model.safetensors")
    with safe_open(str(result.path), framework="pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata["model_config"]) == tiny.diffusion_config()
    origin = json.loads(metadata["stable_audio_config"])
    assert origin["experiment"] == {"name": "tiny"}
    assert origin["unwrapped"] == {"from": "training.ckpt", "used_ema": True, "global_step": 2}


def test_a_loaded_training_checkpoint_is_the_exported_model(trained: Any) -> None:
    from stable_audio_config.engine.loading import load_model

    checkpoint, exported = trained["autoencoder"]
    loaded = load_model(checkpoint, model_type="autoencoder")
    assert_same(loaded.model.state_dict(), exported)
    assert loaded.config == tiny.autoencoder_config()
    assert not loaded.model.training


def test_an_unwrapped_safetensors_file_loads_by_the_config_inside(trained: Any, tmp_path: Path) -> None:
    from stable_audio_config.engine.loading import load_model
    from stable_audio_config.engine.unwrap import unwrap

    checkpoint, exported = trained["diffusion"]
    result = unwrap(checkpoint, tmp_path / "model.safetensors")
    assert_same(load_model(result.path, model_type="diffusion_cond").model.state_dict(), exported)


def refused(call: Any) -> str:
    with pytest.raises(Refused) as caught:
        call()
    (finding,) = caught.value.findings
    return f"{finding.rule}: {finding.message}"


def test_a_model_checkpoint_is_not_unwrapped_again(trained: Any, tmp_path: Path) -> None:
    from stable_audio_config.engine.unwrap import unwrap

    model = unwrap(trained["autoencoder"][0], tmp_path / "model.ckpt").path
    told = refused(lambda: unwrap(model, tmp_path / "again.ckpt"))
    assert told == f"already-unwrapped: `{model}` is no training checkpoint: it is a model checkpoint already"
    assert not (tmp_path / "again.ckpt").exists()


def test_a_lora_checkpoint_is_refused(tmp_path: Path) -> None:
    import torch

    from stable_audio_config.engine.unwrap import unwrap

    lora = tmp_path / "lora.ckpt"
    name = "model.transformer.layers.0.self_attn.to_qkv.parametrizations.weight.0.lora_A"
    torch.save({"state_dict": {name: torch.zeros(2, 2)}, "lora_config": {"rank": 2}}, lora)
    told = refused(lambda: unwrap(lora, tmp_path / "model.ckpt"))
    assert told == f"lora-checkpoint: `{lora}` is of a LoRA training: its 1 tensors adapt a model and are none"


def test_half_a_moving_average_is_refused(trained: Any, tmp_path: Path) -> None:
    import torch

    from stable_audio_config.engine.unwrap import unwrap

    content = torch.load(trained["diffusion"][0], weights_only=True)
    averaged = [name for name in content["state_dict"] if name.startswith("diffusion_ema.ema_model.")]
    del content["state_dict"][averaged[0]]
    torch.save(content, tmp_path / "half.ckpt")
    told = refused(lambda: unwrap(tmp_path / "half.ckpt", tmp_path / "model.ckpt"))
    assert told.startswith("partial-ema: ")
    assert f"{len(averaged) - 1} tensors for {len(averaged)}, 1 of them differ" in told


def test_a_checkpoint_with_foreign_objects_is_not_unpickled(trained: Any, tmp_path: Path) -> None:
    import torch

    from stable_audio_config.engine.unwrap import unwrap

    content = torch.load(trained["autoencoder"][0], weights_only=True)
    torch.save({**content, "extra": SimpleNamespace(a=1)}, tmp_path / "foreign.ckpt")
    told = refused(lambda: unwrap(tmp_path / "foreign.ckpt", tmp_path / "model.ckpt"))
    assert told.startswith("unreadable-checkpoint: torch does not load ")


@pytest.mark.parametrize(("output", "rule"), [("model.pt", "unwrap-ending"), ("training.ckpt", "unwrap-in-place")])
def test_an_output_that_cannot_be(trained: Any, output: str, rule: str) -> None:
    from stable_audio_config.engine.unwrap import unwrap

    checkpoint = trained["autoencoder"][0]
    assert refused(lambda: unwrap(checkpoint, checkpoint.parent / output)).startswith(f"{rule}: ")
    assert checkpoint.is_file()


def test_a_checkpoint_of_another_model_type_is_refused(trained: Any) -> None:
    from stable_audio_config.engine.loading import look_into

    checkpoint = trained["autoencoder"][0]
    told = refused(lambda: look_into(checkpoint, None, "diffusion_cond", "ckpt_path"))
    message = f"`{checkpoint}` holds a `autoencoder` model, and a `diffusion_cond` is needed"
    assert told == f"wrong-model-type: {message}"


def test_weights_of_another_config_are_counted_and_named(trained: Any) -> None:
    from stable_audio_config.engine.loading import load_model

    config = tiny.autoencoder_config()
    config["model"]["encoder"]["config"]["channels"] = 8
    config["model"]["decoder"]["config"]["use_snake"] = True
    told = refused(lambda: load_model(trained["autoencoder"][0], config, model_type="autoencoder"))
    assert told.startswith("weights-do-not-fit: ")
    assert "missing: `decoder.layers" in told
    assert "of another shape: `encoder.layers.0.bias` is 4, the model has 8" in told


def test_weight_norm_folded_away_while_training_does_not_hinder_loading(tmp_path: Path) -> None:
    import torch
    from torch.nn.utils import remove_weight_norm

    from stable_audio_config.engine.loading import load_model

    model = tiny.save_model(tiny.autoencoder_config(), tmp_path / "model.ckpt")
    for module in model.modules():
        if hasattr(module, "weight_g"):
            remove_weight_norm(module)
    torch.save({"state_dict": model.state_dict(), "model_config": tiny.autoencoder_config()}, tmp_path / "folded.ckpt")
    audio = torch.randn(1, 2, tiny.SAMPLES)
    loaded = load_model(tmp_path / "folded.ckpt", model_type="autoencoder").model
    assert torch.allclose(loaded.encoder(audio), model.encoder(audio), atol=1e-6)


def test_a_config_beside_the_checkpoint_is_found(tmp_path: Path) -> None:
    import torch

    from stable_audio_config.engine.loading import load_model

    model = tiny.save_model(tiny.autoencoder_config(), tmp_path / "model.ckpt")
    torch.save({"state_dict": model.state_dict()}, tmp_path / "model.ckpt")
    told = refused(lambda: load_model(tmp_path / "model.ckpt", model_type="autoencoder"))
    assert told.startswith("no-model-config: ")
    (tmp_path / "model_config.json").write_text(json.dumps(tiny.autoencoder_config()))
    assert_same(load_model(tmp_path / "model.ckpt", model_type="autoencoder").model.state_dict(), model.state_dict())
