"""The other model types with the real engine: the smallest config of each is built, and takes steps if it can.

What the strings of the data models say that the engine cannot do is tried too: on the day it can, the string has to go.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from signatures import load

from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.kinds import KINDS

pytestmark = pytest.mark.engine

Tree = dict[str, Any]

RATE, SAMPLES = 16000, 1024
CODER: Tree = {"channels": 4, "c_mults": [1, 2], "strides": [2, 4]}
ENCODER: Tree = {"type": "oobleck", "config": {"in_channels": 2, "latent_dim": 4, **CODER}}
DECODER: Tree = {"type": "oobleck", "config": {"out_channels": 2, "latent_dim": 4, **CODER}}
AUTOENCODER: Tree = {"encoder": ENCODER, "decoder": DECODER, "latent_dim": 4, "downsampling_ratio": 8, "io_channels": 2}
SMALL_DIT: Tree = {"embed_dim": 64, "depth": 1, "num_heads": 2}
U_NET: Tree = {"in_channels": 2, "channels": 32, "multipliers": [1, 1], "factors": [2], "num_blocks": [1], "attentions": [0, 0]}
LATENTS: Tree = {"latent_dim": 4, "downsampling_ratio": 8, "io_channels": 2}
TOKENS: Tree = {"type": "dac_rvq", "config": {"input_dim": 4, "n_codebooks": 2, "codebook_size": 16, "codebook_dim": 4}}
CLAP: Tree = {
    "joint_embed_dim": 16,
    "audio": {"model": {"type": "transformer", "config": {"embed_dim": 64, "depth": 1, "dim_heads": 32, "dim_in": 2}}},
    "text": {"model": {"type": "roberta", "config": {"name": "roberta-base"}}},
}
MODELS: dict[str, tuple[str, Tree]] = {
    "uncond dit": ("diffusion_uncond", {"type": "dit", "config": {"in_channels": 2, **SMALL_DIT}}),
    "uncond dit over latents": (
        "diffusion_uncond",
        {
            "type": "dit",
            "config": {"in_channels": 4, **SMALL_DIT},
            "pretransform": {"type": "autoencoder", "config": {**AUTOENCODER, "bottleneck": {"type": "l2_norm"}}},
        },
    ),
    "uncond adp": ("diffusion_uncond", {"type": "adp_uncond_1d", "config": U_NET}),
    "autoencoder dit": (
        "diffusion_autoencoder",
        {
            "encoder": ENCODER,
            "diffusion": {
                "type": "dit",
                "config": {"io_channels": 2, "input_concat_dim": 4, "diffusion_objective": "v", **SMALL_DIT},
            },
            **LATENTS,
        },
    ),
    "autoencoder adp": (
        "diffusion_autoencoder",
        {"encoder": ENCODER, "diffusion": {"type": "adp_1d", "config": {**U_NET, "context_channels": [4]}}, **LATENTS},
    ),
    "lm": (
        "lm",
        {
            "pretransform": {"type": "autoencoder", "config": {**AUTOENCODER, "bottleneck": TOKENS}},
            "lm": {"type": "continuous_transformer", "config": {"embed_dim": 64, "depth": 1, "dim_heads": 32}},
        },
    ),
    "clap": ("clap", CLAP),
    "inpaint dit": (
        "diffusion_cond_inpaint",
        {
            "diffusion": {
                "type": "dit",
                "config": {"io_channels": 2, "input_concat_dim": 3, **SMALL_DIT},
                "input_concat_ids": ["inpaint_mask", "inpaint_masked_input"],
            },
            "conditioning": {"cond_dim": 4, "configs": []},
            "io_channels": 2,
        },
    ),
}


def checked(model_type: str, model: Tree) -> Tree:
    """The config as our data model gives it to the engine."""
    found = KINDS["model"].branch(model_type)
    assert found is not None
    tree = {"model_type": model_type, "sample_rate": RATE, "sample_size": SAMPLES, "model": model}
    assert plain(found.model_validate(tree)) == tree
    return plain(found.model_validate(tree))  # type: ignore[no-any-return]


def build(model_type: str, model: Tree) -> Any:
    return load("stable_audio_tools.models.factory:create_model_from_config")(checked(model_type, model))


@pytest.fixture
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


@pytest.mark.usefixtures("_no_roberta")
@pytest.mark.parametrize("name", MODELS)
def test_the_engine_builds_what_the_data_model_accepts(name: str) -> None:
    assert sum(weight.numel() for weight in build(*MODELS[name]).parameters()) > 0


def steps(model_type: str, model: Tree, section: Tree, callback: bool = False) -> Any:
    """Two training steps of the engine's own wrapper, on noise; gives back the wrapper."""
    import pytorch_lightning as pl
    import torch

    data_model = KINDS["training"].branch(model_type)
    assert data_model is not None
    config = {**checked(model_type, model), "training": plain(data_model.model_validate(section))}
    wrapper = load("stable_audio_tools.training.factory:create_training_wrapper_from_config")(config, build(model_type, model))
    about = tuple({"prompt": "a" * number, "padding_mask": [torch.ones(SAMPLES)]} for number in range(2))
    batches = torch.utils.data.DataLoader([(0.1 * torch.randn(2, 2, SAMPLES), about) for _ in range(2)], batch_size=None)
    make = load("stable_audio_tools.training.factory:create_demo_callback_from_config")
    options = {"demo_dl": batches} if model_type in ("diffusion_autoencoder", "diffusion_cond_inpaint") else {}
    callbacks = [make(config, **options)] if callback else []
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    trainer = pl.Trainer(accelerator="cpu", devices=1, max_steps=2, callbacks=callbacks, **quiet)
    trainer.fit(wrapper, batches)
    assert trainer.global_step == 2
    return wrapper


@pytest.mark.parametrize("name", ["uncond dit", "uncond dit over latents", "uncond adp", "autoencoder dit", "autoencoder adp"])
def test_the_engine_trains_it_with_a_learning_rate_alone(name: str) -> None:
    steps(*MODELS[name], {"learning_rate": 1e-4})


def test_the_older_place_of_rank_decides_where_there_is_no_other() -> None:
    section = {"learning_rate": 1e-4, "lora_config": {"linear": {"rank": 2}, "adapter_type": "dora"}}
    wrapper = steps(*MODELS["uncond dit"], section)
    assert {part.rank for part in wrapper.modules() if type(part).__name__ == "LoRAParametrization"} == {2}


@pytest.mark.usefixtures("_no_roberta")
def test_the_engine_trains_clap_without_the_loss_that_needs_cuda() -> None:
    section = {"learning_rate": 1e-4, "loss_config": {"contrastive": 0}, "mask_padding_attention": True, "demo": {"demo_every": 1}}
    steps(*MODELS["clap"], section, callback=True)


def test_an_unconditional_demo_only_prints_why_it_failed(capsys: pytest.CaptureFixture[str]) -> None:
    # The string of `DiffusionUncondDemo` says so; when the engine learns to, the string has to go.
    steps(*MODELS["uncond dit"], {"learning_rate": 1e-4, "demo": {"demo_steps": 2}}, callback=True)
    assert "no attribute 'diffusion_objective'" in capsys.readouterr().out


def test_the_demo_of_a_diffusion_autoencoder_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # The engine writes its sounds here, and takes them away again.
    steps(*MODELS["autoencoder dit"], {"learning_rate": 1e-4, "demo": {"demo_steps": 2}}, callback=True)


INPAINT: Tree = {"demo_steps": 2, "demo_cfg_scales": [1, 2.5]}


@pytest.mark.parametrize(
    "demo",
    [
        {"demo_cond": [{"seconds_total": 0.1}]},
        {"inpaint_demos": {"num_causal": 1, "num_random_spans": 1}},
        {"num_demos": 2},
        {"num_demos": 2, "inpaint_demos": {}},
    ],
    ids=lambda demo: " ".join(demo),
)
def test_the_demos_of_a_model_that_fills_holes_run(demo: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    section = {"learning_rate": 1e-4, "use_ema": False, "inpainting": {}, "demo": {**INPAINT, **demo}}
    steps(*MODELS["inpaint dit"], section, callback=True)


@pytest.mark.parametrize(
    ("model_type", "model"),
    [
        ("diffusion_uncond", {"type": "DAU1d"}),
        ("diffusion_uncond", {"type": "DAU1d", "config": {"depth": 1, "n_attn_layers": 0, "channels": [8], "strides": []}}),
        ("diffusion_autoencoder", {"diffusion": {"type": "DAU1d", "config": {"strides": [2] * 13}}, **LATENTS}),
    ],
)
def test_dance_diffusion_still_cannot_be_built(model_type: str, model: Tree) -> None:
    with pytest.raises(TypeError, match="use_snake"):
        build(model_type, model)


def test_a_language_model_still_cannot_take_a_step() -> None:
    import torch

    with pytest.raises(TypeError, match="'mask'"):
        build(*MODELS["lm"]).compute_logits(torch.zeros(1, 2, 8, dtype=torch.long))


def test_a_diffusion_autoencoder_with_a_decoder_still_cannot_decode() -> None:
    import torch

    model_type, model = MODELS["autoencoder dit"]
    with pytest.raises(RecursionError):
        build(model_type, {**model, "decoder": DECODER}).decode(torch.zeros(1, 4, 8), steps=1)


@pytest.mark.parametrize(
    ("changes", "error"), [({"cross_attn_rotary_pos_emb": True}, AttributeError), ({"input_concat_dim": 2}, RuntimeError)]
)
def test_an_unconditional_dit_still_misses_what_a_condition_would_give(changes: Tree, error: type[Exception]) -> None:
    import torch

    model_type, model = MODELS["uncond dit"]
    network = build(model_type, {**model, "config": {**model["config"], **changes}})
    with pytest.raises(error):
        network(torch.zeros(1, 2, 16), torch.full((1,), 0.5))


def test_a_pretransforms_ratio_is_not_part_of_a_diffusion_autoencoders() -> None:
    import torch

    model_type, model = MODELS["autoencoder dit"]
    encoder = {**ENCODER, "config": {**ENCODER["config"], "in_channels": 8}}
    diffusion = {"type": "dit", "config": {**model["diffusion"]["config"], "io_channels": 8}}
    changes = {"encoder": encoder, "diffusion": diffusion, "io_channels": 8}
    patched = {"type": "patched", "config": {"channels": 2, "patch_size": 4}}
    network = build(model_type, {**model, **changes, "pretransform": patched}).eval()
    with torch.no_grad():
        latents = network.encode(torch.zeros(1, 2, SAMPLES))
        assert (latents.shape[2], network.decode(latents, steps=1).shape[2]) == (SAMPLES // 32, SAMPLES)


@pytest.mark.usefixtures("_no_roberta")
def test_clap_by_itself_still_refuses_a_pretransform_that_is_null() -> None:
    tree = checked(*MODELS["clap"])
    with pytest.raises(AttributeError, match="NoneType"):
        load("stable_audio_tools.models.factory:create_model_from_config")({**tree, "model": {**CLAP, "pretransform": None}})


@pytest.mark.parametrize(("pattern", "works"), [("parallel", True), ("delay", True), ("unroll", True), ("musiclm", False)])
def test_an_odd_number_of_codebooks_still_fits_every_pattern_but_one(pattern: str, works: bool) -> None:
    model_type, model = MODELS["lm"]
    tokens = {**TOKENS, "config": {**TOKENS["config"], "n_codebooks": 3}}
    pretransform = {"type": "autoencoder", "config": {**AUTOENCODER, "bottleneck": tokens}}
    network = build(model_type, {**model, "pretransform": pretransform, "lm": {**model["lm"], "codebook_pattern": pattern}})
    if works:
        assert network.lm.pattern_provider.get_pattern(4).n_q == 3
    else:
        with pytest.raises(KeyError):
            network.lm.pattern_provider.get_pattern(4)
