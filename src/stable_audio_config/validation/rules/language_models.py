"""Language models: tokens that they can read, and why none trains in engine 0.0.20."""

from __future__ import annotations

from collections.abc import Iterator

from ..geometry import DISCRETE
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Node

UNBUILT = "the model cannot be built"

_UNSEEN = ("wavelet", "patched")
"""Pretransforms that give signals."""


@rule("broken-in-engine", on=WHOLE, mirrors="models.lm_backbone.ContinuousTransformerAudioLMBackbone.forward", contract=("R-LM-1",))
def training_a_language_model(setup: Setup) -> Iterator[Problem]:
    """A language model is built, but every step hands its transformer a `mask` that it does not take."""
    _ = setup.training
    if setup.model_type == "lm":
        message = "no `lm` can be trained in engine 0.0.20: every step hands the transformer a `mask` that it does not take"
        yield Problem(setup.model.at("model_type"), message, help="use a diffusion model, or a fork of the engine that mends it")


@rule("discrete-pretransform", on="LMModel", mirrors="models.lm.AudioLanguageModelWrapper", contract=("R-LM-2",))
def tokens(model: Node) -> Iterator[Problem]:
    """A language model reads tokens, one row for each codebook.

    Its pretransform must be an autoencoder with a discrete bottleneck, or EnCodec (`audiocraft_pretrained`); of the published DAC
    models the engine looks for the number of codebooks under a name that they do not have. Only `dac_rvq`, `dac_rvq_vae` and `fsq`
    give one row for each codebook; `rvq`, `rvq_vae` and `dithered_fsq` give one for each frame, which the first step takes for
    codebooks. With `quantize_on_decode` the DAC bottlenecks give no tokens at all.
    """
    pretransform = model.part("pretransform")
    kind = pretransform("type")
    if kind == "dac_pretrained":
        message = f"a language model cannot read the published DAC models: {UNBUILT}"
        yield Problem(pretransform.at("type"), message, help="use an autoencoder with a `dac_rvq` bottleneck")
    elif kind in _UNSEEN:
        message = f"`{kind}` gives signals, but a language model reads tokens: {UNBUILT}"
        yield Problem(pretransform.at("type"), message, help="use an autoencoder with a discrete bottleneck")
    elif kind == "autoencoder":
        yield from _tokens(pretransform.part("config"))


def _tokens(autoencoder: Node) -> Iterator[Problem]:
    help = "use `dac_rvq` or `fsq`"
    if not autoencoder.has("bottleneck"):
        message = f"the autoencoder has no bottleneck, but a language model reads tokens: {UNBUILT}"
        yield Problem(autoencoder.at("bottleneck"), message, help=help)
        return
    bottleneck = autoencoder.part("bottleneck")
    kind, at = bottleneck("type"), bottleneck.at("type")
    if kind not in DISCRETE:
        yield Problem(at, f"a `{kind}` bottleneck gives no tokens, which a language model reads: {UNBUILT}", help=help)
    elif kind in ("rvq", "rvq_vae", "dithered_fsq"):
        message = f"a `{kind}` bottleneck gives one row of tokens for each frame, not for each codebook: the first step would fail"
        yield Problem(at, message, help=help)
    elif kind in ("dac_rvq", "dac_rvq_vae") and bottleneck("config.quantize_on_decode"):
        switch = bottleneck.at("config.quantize_on_decode")
        message = "with `quantize_on_decode` there are no tokens: the first step would fail"
        yield Problem(switch, message, help="set it to false", fix=setting(switch, False))


@rule("codebook-pattern", on="LMModel", mirrors="models.codebook_patterns.MusicLMPattern")
def pairs_of_codebooks(model: Node) -> Iterator[Problem]:
    """The pattern `musiclm` takes codebooks in pairs: there must be an even number of them."""
    if model("lm.codebook_pattern") != "musiclm":
        return
    bottleneck = model.part("pretransform.config.bottleneck")
    key = {"dac_rvq": "n_codebooks", "dac_rvq_vae": "n_codebooks", "rvq": "num_quantizers", "rvq_vae": "num_quantizers"}.get(
        bottleneck("type"), "num_codebooks"
    )
    count, at = bottleneck.given(f"config.{key}"), model.at("lm.codebook_pattern")
    if count % 2:
        message = f"the pattern `musiclm` takes codebooks in pairs, but there are {count}: the first step would fail"
        yield Problem(at, message, help="use `delay`", related=((bottleneck.at(f"config.{key}"), f"{key}: {count}"),))


@rule(
    "project-cross-attn",
    on="TransformerBackbone",
    mirrors="models.lm_backbone.ContinuousTransformerAudioLMBackbone",
    contract=("R-LM-4",),
)
def projected(backbone: Node) -> Iterator[Problem]:
    """A language model projects the tokens of its cross attention.

    The engine looks for the projection's weights wherever `cross_attention_cond_ids` names conditioners: without
    `project_cross_attn_cond` the first step fails.
    """
    config = backbone.part("config")
    if backbone("cross_attention_cond_ids") and config("cross_attn_cond_dim") and not config("project_cross_attn_cond"):
        at = config.at("project_cross_attn_cond")
        related = ((backbone.at("cross_attention_cond_ids"), "cross_attention_cond_ids"),)
        message = "cross attention works with `project_cross_attn_cond` only: the first step would fail"
        yield Problem(at, message, help="set it to true", related=related, fix=setting(at, True))
