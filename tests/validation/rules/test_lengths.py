"""Ratios, stages and mirrors: what disagrees is blamed once, and every order that works is left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
DIT = "model=tiny_diffusion_cond dataset=synthetic"
ENCODER, DECODER, RATIO = "model.model.encoder.config", "model.model.decoder.config", "model.model.downsampling_ratio"
INSIDE = "model.model.pretransform.config.downsampling_ratio"


def said(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in found if finding.rule != "no-effect"]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({RATIO: 512}, RATIO),
        ({f"{ENCODER}.strides": [2, 4, 4, 4]}, f"{ENCODER}.strides"),
        ({f"{DECODER}.strides": [2, 4, 4, 4]}, f"{DECODER}.strides"),
        ({f"{ENCODER}.strides": [2, 4, 4, 4], f"{DECODER}.strides": [2, 4, 4, 4]}, RATIO),
    ],
)
def test_the_ratio_that_differs_is_blamed(look: Look, changes: Changes, at: str) -> None:
    assert said(look(AE, changes)) == [("warning", "downsampling-ratio", at)]


def test_S30_a_ratio_typed_in_twice_is_worked_out(look: Look) -> None:  # noqa: N802  The name of the case.
    (finding,) = look(DIT, {INSIDE: 512})
    assert finding.message == (
        "`downsampling_ratio` says 512, but one latent frame stands for 256 samples (2 x 4 x 4 x 8): "
        "lengths, masks and durations would be counted with it"
    )
    assert finding.help == "set it to 256"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({INSIDE: 65536}, "would have no frame at all"),
        ({INSIDE: 300, "model.model.diffusion.config.patch_size": 2}, "would not divide by 2"),
        ({INSIDE: 128, "model.model.pretransform.chunked": True}, "cut and join in the wrong places"),
    ],
)
def test_a_stated_ratio_is_an_error_where_something_fails_by_it(look: Look, changes: Changes, words: str) -> None:
    (finding,) = [finding for finding in look(DIT, changes) if finding.rule != "no-effect"]
    assert (finding.severity, dotted(finding.path)) == ("error", INSIDE)
    assert words in finding.message


def test_the_ratio_of_a_pretransform_is_part_of_it(look: Look) -> None:
    patched = {
        "model.model.pretransform": {"type": "patched", "enable_grad": True, "config": {"channels": 2, "patch_size": 4}},
        f"{ENCODER}.in_channels": 8,
        f"{DECODER}.out_channels": 8,
    }
    (finding,) = look(AE, patched)
    assert "1024 samples (2 x 4 x 4 x 8, times 4 of the pretransform)" in finding.message
    assert said(look(AE, {**patched, RATIO: 1024})) == []


def test_the_ratio_of_a_diffusion_autoencoder_is_its_encoders_alone(look: Look) -> None:
    words = "model=tiny_diffusion_autoencoder dataset=synthetic"
    (finding,) = look(words, {RATIO: 3})
    assert (finding.severity, finding.rule, dotted(finding.path)) == ("error", "downsampling-ratio", RATIO)
    assert finding.message.endswith("the first demo would fail")


def seanet(*ratios: int, **config: Any) -> Changes:
    return {"type": "seanet", "config": {"channels": 2, "n_filters": 8, "ratios": list(ratios), **config}}


def test_S18_a_mirror_runs_as_each_type_writes_its_list(look: Look) -> None:  # noqa: N802  The name of the case.
    outward = {"model.model.encoder": seanet(2, 4, 4, 8, dimension=32)}
    (finding,) = look(AE, {**outward, "model.model.decoder": seanet(2, 4, 4, 8, dimension=16)})
    assert (finding.severity, finding.rule) == ("warning", "decoder-mirror")
    assert finding.help == "write ratios: [8, 4, 4, 2], if they are meant to mirror each other"
    assert look(AE, {**outward, "model.model.decoder": seanet(8, 4, 4, 2, dimension=16)}) == []
    assert look(AE, {**outward}) == []  # The decoder's `strides` run the other way.
    dac = {"type": "dac", "config": {"latent_dim": 16, "out_channels": 2, "channels": 64, "rates": [8, 4, 4, 2]}}
    assert look(AE, {**outward, "model.model.decoder": dac}) == []
    assert look(AE, {"model.model.encoder": seanet(16, 16, dimension=32)}) == []  # Other factors, not another order.


@pytest.mark.parametrize(
    ("changes", "severity", "at", "words"),
    [
        ({f"{DECODER}.strides": [2, 4, 32]}, "error", f"{DECODER}.strides", "could not be built"),
        ({f"{DECODER}.strides": [2, 4, 4, 8, 2]}, "warning", f"{DECODER}.strides", "leaves out 2, so the ratio is 256"),
        ({f"{DECODER}.c_mults": [1, 2, 4, 8, 8]}, "error", f"{DECODER}.strides", "`c_mults` has 5 entries"),
        ({f"{ENCODER}.strides": [2, 4], f"{ENCODER}.c_mults": ...}, "error", f"{ENCODER}.strides", "4 entries by default"),
    ],
)
def test_every_stage_needs_its_entry(look: Look, changes: Changes, severity: str, at: str, words: str) -> None:
    (finding,) = look(AE, changes)
    assert (finding.severity, finding.rule, dotted(finding.path)) == (severity, "stages", at)
    assert words in finding.message


SAME = {
    "type": "same",
    "config": {
        "in_channels": 2,
        "latent_dim": 32,
        "channels": 32,
        "c_mults": [1, 2],
        "strides": [16, 16],
        "transformer_depths": [1, 1],
        "dim_heads": 32,
    },
}


def test_lists_that_agree_with_each_other_blame_the_one_that_does_not(look: Look) -> None:
    assert said(look(AE, {"model.model.encoder": SAME})) == []
    (finding,) = look(AE, {"model.model.encoder": SAME, f"{ENCODER}.c_mults": [1, 2, 4]})
    assert dotted(finding.path) == f"{ENCODER}.c_mults"
    assert finding.message == (
        "`c_mults` has 3 entries, but `strides` and `transformer_depths` have 2: the model could not be built"
    )


def test_lists_that_are_all_longer_blame_the_short_one(look: Look) -> None:
    found = look(AE, {"model.model.encoder": SAME, f"{ENCODER}.c_mults": [1]})
    assert said(found)[0] == ("warning", "stages", f"{ENCODER}.c_mults")
    assert [rule for _, rule, _ in said(found)].count("stages") == 1


def test_a_stage_of_same_without_blocks_does_not_resample(look: Look) -> None:
    (finding,) = look(AE, {"model.model.encoder": SAME, f"{ENCODER}.transformer_depths": [1, 0]})
    assert (finding.rule, finding.severity) == ("downsampling-ratio", "warning")
    assert "one latent frame of 16 samples" in finding.message


ODD = {f"{ENCODER}.strides": [2, 4, 4, 5], f"{DECODER}.strides": [2, 4, 4, 5], RATIO: 160, "model.sample_size": 32000}


def test_an_odd_stride_loses_samples_where_the_decoder_transposes(look: Look) -> None:
    (finding,) = look(AE, ODD)
    assert (finding.severity, finding.rule, dotted(finding.path)) == ("warning", "odd-stride", f"{DECODER}.strides")
    assert "is 32 samples shorter than what went in" in finding.message
    assert look(AE, {**ODD, f"{DECODER}.use_nearest_upsample": True}) == []
    exact = {"model.model.encoder": seanet(2, 4, 4, 5, dimension=32), "model.model.decoder": seanet(5, 4, 4, 2, dimension=16)}
    assert look(AE, {**exact, RATIO: 160, "model.sample_size": 32000}) == []


def test_a_stride_of_1_is_odd_and_harmless(look: Look) -> None:
    even = {f"{ENCODER}.strides": [1, 4, 8, 8], f"{DECODER}.strides": [1, 4, 8, 8]}
    assert look(AE, even) == []
