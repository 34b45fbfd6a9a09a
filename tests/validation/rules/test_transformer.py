"""Options of the transformer that exclude each other."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted
from stable_audio_config.validation.judge import judge

Tree = dict[str, Any]
CONFIG = "model.model.diffusion.config"


def of(tree: Tree, rule: str) -> list[Finding]:
    return [finding for finding in judge(tree)[1] if finding.rule == rule]


def diffusion(tree: Tree) -> Tree:
    part: Tree = tree["model"]["model"]["diffusion"]
    return part


def config(tree: Tree) -> Tree:
    part: Tree = diffusion(tree)["config"]
    return part


def without_tokens(tree: Tree) -> Tree:
    diffusion(tree).update({"cross_attention_cond_ids": [], "global_cond_ids": ["kind", "seconds_start", "seconds_total"]})
    config(tree).update({"cond_token_dim": 0, "global_cond_dim": 384})
    return tree


@pytest.mark.parametrize(
    ("kind", "key", "conformer", "refused"),
    [
        ("layer_norm", "bias", False, False),
        ("layer_norm", "init_alpha", False, True),
        ("rms_norm", "bias", False, True),
        ("rms_norm", "eps", False, False),
        ("rms_norm", "init_alpha", False, True),
        ("rms_norm", "bias", True, True),
        ("dyt", "init_alpha", False, False),
        ("dyt", "init_alpha", True, True),
        ("dyt", "bias", True, False),
    ],
)
def test_what_a_norm_refuses(diffusion_tree: Tree, kind: str, key: str, conformer: bool, refused: bool) -> None:
    value = False if key == "bias" else 4.0
    config(diffusion_tree).update(norm_type=kind, norm_kwargs={key: value}, conformer=conformer)
    found = [dotted(finding.path) for finding in of(diffusion_tree, "norm-options")]
    assert found == ([f"{CONFIG}.norm_kwargs.{key}"] if refused else [])


def test_self_attention_looks_at_the_transformer_itself(diffusion_tree: Tree) -> None:
    config(diffusion_tree)["attn_kwargs"] = {"dim_context": 128}
    (finding,) = of(diffusion_tree, "attention-context")
    assert "twice" in finding.message
    without_tokens(diffusion_tree)
    assert of(diffusion_tree, "attention-context") == []
    config(diffusion_tree)["attn_kwargs"] = {"dim_context": 64}
    (finding,) = of(diffusion_tree, "attention-context")
    assert "128 wide" in finding.message


@pytest.mark.parametrize(
    ("settings", "severity"),
    [
        ({"use_conv": True}, None),
        ({"use_conv": True, "glu": False, "conv_kernel_size": 5}, None),
        ({"use_conv": True, "conv_kernel_size": 4}, "error"),
        ({"use_conv": False, "conv_kernel_size": 4}, None),
        ({"dim_out": 128}, None),
        ({"dim_out": 64}, "error"),
        ({"dim_out": 1}, "warning"),
        ({"mult": 0}, "warning"),
        ({"mult": 0.5}, None),
    ],
)
def test_feed_forward_layers_give_back_what_they_get(diffusion_tree: Tree, settings: Tree, severity: str | None) -> None:
    config(diffusion_tree)["ff_kwargs"] = settings
    assert [finding.severity for finding in of(diffusion_tree, "feed-forward")] == ([severity] if severity else [])


@pytest.mark.parametrize(("heads", "count"), [(128, 0), (32, 1), (21, 0), (24, 1), (16, 0)])
def test_an_embedding_for_each_head(diffusion_tree: Tree, heads: int, count: int) -> None:
    config(diffusion_tree).update({"num_heads": heads, "rotary_pos_emb": False, "add_rope": True})
    assert len(of(diffusion_tree, "rotary-embedding")) == count


def test_numbered_tokens(diffusion_tree: Tree) -> None:
    config(diffusion_tree)["cross_attn_rotary_pos_emb"] = True
    assert of(diffusion_tree, "rotary-embedding") == []
    prompt = {"id": "prompt", "type": "t5", "config": {"t5_model_name": "t5-small", "max_length": 125}}
    diffusion_tree["model"]["model"]["conditioning"]["configs"].append(prompt)
    diffusion(diffusion_tree)["cross_attention_cond_ids"].append("prompt")
    assert of(diffusion_tree, "rotary-embedding") == [], "128 tokens, 128 places"
    prompt["config"]["max_length"] = 126  # type: ignore[index]
    (finding,) = of(diffusion_tree, "rotary-embedding")
    assert "numbers 128 tokens (`embed_dim`), but the conditioners give 129" in finding.message
    config(diffusion_tree)["rotary_pos_emb"] = False
    (finding,) = of(diffusion_tree, "rotary-embedding")
    assert finding.severity == "warning"


def test_numbered_tokens_that_are_not_there(diffusion_tree: Tree) -> None:
    config(without_tokens(diffusion_tree))["cross_attn_rotary_pos_emb"] = True
    assert [finding.severity for finding in of(diffusion_tree, "rotary-embedding")] == ["error"]


def test_a_sinusoidal_embedding_needs_pairs(diffusion_tree: Tree) -> None:
    config(diffusion_tree).update({"embed_dim": 129, "num_heads": 1, "use_sinusoidal_emb": True})
    assert [dotted(finding.path) for finding in of(diffusion_tree, "position-embedding")] == [f"{CONFIG}.embed_dim"]


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, 129),  # 128 frames and the timestep
        ({"num_memory_tokens": 8}, 129),
        ({"patch_size": 2}, 65),
        ({"global_cond_type": "adaLN"}, 128),
        ({"timestep_cond_type": "input_concat", "timestep_embed_dim": 4}, 129),
    ],
)
def test_S27_as_many_places_as_frames_and_tokens_before_them(  # noqa: N802
    diffusion_tree: Tree, changes: Tree, needed: int
) -> None:
    """Pull request 186 of the engine: what stands before the sequence depends on how timestep and conditions enter."""
    config(diffusion_tree).update(changes, use_abs_pos_emb=True, abs_pos_emb_max_length=needed)
    assert of(diffusion_tree, "position-embedding") == []
    config(diffusion_tree)["abs_pos_emb_max_length"] = needed - 1
    (finding,) = of(diffusion_tree, "position-embedding")
    assert (finding.help, dotted(finding.path)) == (f"set it to at least {needed}", f"{CONFIG}.abs_pos_emb_max_length")


def test_S27_prepended_tokens_have_places_too(diffusion_tree: Tree) -> None:  # noqa: N802
    diffusion(diffusion_tree)["prepend_cond_ids"] = ["kind", "seconds_start"]
    config(diffusion_tree).update({"prepend_cond_dim": 128, "use_abs_pos_emb": True, "abs_pos_emb_max_length": 130})
    (finding,) = of(diffusion_tree, "position-embedding")
    assert "128 frames and 3 tokens before them" in finding.message


@pytest.mark.parametrize(("index", "severity"), [(-2, "error"), (-1, None), (0, None), (3, None), (4, "warning")])
def test_the_last_layer_with_cross_attention(diffusion_tree: Tree, index: int, severity: str | None) -> None:
    config(diffusion_tree)["final_cross_attn_ix"] = index
    assert [finding.severity for finding in of(diffusion_tree, "cross-attention-layers")] == ([severity] if severity else [])


def test_causal_cross_attention(diffusion_tree: Tree) -> None:
    config(diffusion_tree)["causal"] = True
    assert [finding.severity for finding in of(diffusion_tree, "causal-attention")] == ["warning"]
    assert of(without_tokens(diffusion_tree), "causal-attention") == []


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"sliding_window": [4, 4]}, []),
        ({"sliding_window": [-1, 4]}, ["sliding_window"]),
        ({"sliding_window": [4, 4], "causal": True}, ["causal"]),
    ],
)
def test_windows_of_attention(diffusion_tree: Tree, changes: Tree, keys: list[str]) -> None:
    config(diffusion_tree).update(changes)
    assert [dotted(finding.path) for finding in of(diffusion_tree, "sliding-window")] == [f"{CONFIG}.{key}" for key in keys]


def test_a_transformer_has_layers(diffusion_tree: Tree) -> None:
    config(diffusion_tree).update({"depth": 0, "norm_kwargs": {"init_alpha": 1.0}})
    assert [finding.rule for finding in judge(diffusion_tree)[1]] == ["depth"]


def test_the_transformer_of_a_clap_model(diffusion_tree: Tree) -> None:
    settings = {"embed_dim": 100, "depth": 1, "dim_heads": 33, "cross_attn_rotary_pos_emb": True}
    model = {
        "joint_embed_dim": 768,
        "audio": {"model": {"type": "transformer", "config": settings}},
        "text": {"model": {"type": "roberta", "config": {"name": "roberta-base"}}},
    }
    clap = {"id": "kind", "type": "sat_clap_text", "config": {"model": model}}
    diffusion_tree["model"]["model"]["conditioning"]["configs"][0] = clap
    diffusion_tree["training"]["demo"] = None
    place = "model.model.conditioning.configs.0.config.model.audio.model.config"
    assert sorted((finding.rule, dotted(finding.path)) for finding in judge(diffusion_tree)[1]) == [
        ("attention-heads", f"{place}.dim_heads"),
        ("rotary-embedding", f"{place}.cross_attn_rotary_pos_emb"),
    ]
    for width, head in ((96, 32), (96, 64), (64, 31), (64, 48)):  # As many heads as fit share the whole width.
        settings |= {"embed_dim": width, "dim_heads": head, "cross_attn_rotary_pos_emb": False}
        assert judge(diffusion_tree)[1] == []
    settings["attn_kwargs"] = {"qk_norm": "ln"}  # Built for heads as wide as was asked for.
    assert [finding.rule for finding in judge(diffusion_tree)[1]] == ["attention-heads"]
