"""What would fail only when the first demo runs, and demos that never appear (S14, T17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding

Look = Callable[..., list[Finding]]
COND = "model=tiny_diffusion_cond dataset=synthetic"
FILLS = "model=tiny_diffusion_cond_inpaint dataset=synthetic"
LATENT_FILLS = "model=tiny_diffusion_cond_inpaint LATENTS batch_size=4"
DEMO = "training.demo"
ENTRY = {"kind": 0, "seconds_start": 0, "seconds_total": 0.5}


def said(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, ".".join(map(str, finding.path))) for finding in findings]


def of(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Changes that make demos of these entries."""
    demo = {"num_demos": len(entries), "demo_cfg_scales": [2], "demo_cond": list(entries), **more}
    return {DEMO: demo}


def test_S14_as_many_demos_as_conditions(look: Look) -> None:  # noqa: N802  The name of the case.
    (finding,) = look(COND, of(ENTRY, ENTRY, num_demos=20))
    assert finding.message == "`num_demos` is 20, but `demo_cond` has 2 entries: the first demo would fail"
    assert finding.fix is not None
    assert finding.fix.edits[0].value == 2
    assert look(COND, of(ENTRY, ENTRY)) == []


def test_T17_demo_settings_are_checked_before_the_engine_is_loaded(look: Look) -> None:  # noqa: N802  The name of the case.
    found = look(COND, {DEMO: {"demo_cond": [ENTRY]}})
    assert said(found) == [("error", "missing-key", f"{DEMO}.{key}") for key in ("num_demos", "demo_cfg_scales")]
    assert said(look(COND, of(ENTRY, demo_cfg_scales=[]))) == [("error", "wrong-value", f"{DEMO}.demo_cfg_scales")]
    assert said(look(COND, of(ENTRY, demo_every=0))) == [("error", "wrong-value", f"{DEMO}.demo_every")]


def test_every_entry_has_a_value_for_every_conditioner(look: Look) -> None:
    entry = {"kind": 0, "seconds_start": 0}
    (finding,) = look(COND, of(ENTRY, entry))
    assert finding.message == "an entry of `demo_cond` lacks `seconds_total`, which a conditioner reads: the first demo would fail"
    assert ".".join(map(str, finding.path)) == f"{DEMO}.demo_cond.1"
    (finding,) = look(COND, of(entry, entry))
    assert finding.message.startswith("2 of 2 entries of `demo_cond` lack `seconds_total`")


def test_another_key_will_do_where_default_keys_names_it(look: Look) -> None:
    entry = {"class": 0, "seconds_start": 0, "seconds_total": 0.5}
    keys = {"model.model.conditioning.default_keys": {"kind": "class"}}
    assert [finding for finding in look(COND, {**keys, **of(entry)}) if finding.rule == "demo-cond"] == []
    (finding,) = look(COND, {**keys, **of({"seconds_start": 0, "seconds_total": 0.5})})
    assert finding.message.startswith("an entry of `demo_cond` lacks `kind` (or `class`)")


def test_a_misspelt_key_is_one_mistake_with_one_cure(look: Look) -> None:
    entry = {"kind": 0, "seconds_strat": 0, "seconds_total": 0.5}
    (finding,) = look(COND, of(entry, entry))
    assert said([finding]) == [("error", "demo-cond", f"{DEMO}.demo_cond.0.seconds_strat")]
    assert finding.help == "did you mean `seconds_start` in the place of `seconds_strat`?"
    assert finding.fix is not None
    assert [(edit.op, edit.path[-2:], edit.value) for edit in finding.fix.edits] == [
        ("rename", (index, "seconds_strat"), "seconds_start") for index in (0, 1)
    ]


def test_a_key_that_nothing_reads_is_harmless(look: Look) -> None:
    (finding,) = look(COND, of({**ENTRY, "bpm": 120}))
    assert said([finding]) == [("warning", "demo-cond", f"{DEMO}.demo_cond.0.bpm")]


def test_a_misspelt_conditioner_is_not_the_demos_mistake(look: Look) -> None:
    found = look(COND, {"model.model.conditioning.configs.0.id": "knid", **of(ENTRY)})
    assert "demo-cond" not in {finding.rule for finding in found}


def test_conditions_beside_those_of_the_batch_are_not_read(look: Look) -> None:
    (finding,) = look(COND, of(ENTRY, demo_cond_from_batch=True))
    assert said([finding]) == [("warning", "no-effect", f"{DEMO}.demo_cond")]
    assert look(COND, {DEMO: {"num_demos": 1, "demo_cfg_scales": [2], "demo_cond_from_batch": True}}) == []


SHOWN = {"id": "guide", "type": "audio"}


@pytest.mark.parametrize(
    ("more", "path"),
    [({"display_audio_cond": True}, "display_audio_cond"), ({"cond_display_configs": [SHOWN]}, "cond_display_configs.0.id")],
)
def test_a_config_holds_no_sounds_to_show(look: Look, more: dict[str, Any], path: str) -> None:
    (finding,) = look(COND, of(ENTRY, **more))
    assert said([finding]) == [("error", "demo-audio", f"{DEMO}.{path}")]
    assert finding.help == "set demo_cond_from_batch to true"
    batch = {DEMO: {"num_demos": 1, "demo_cfg_scales": [2], "demo_cond_from_batch": True, **more}}
    assert look(COND, batch) == [], "the metadata module may return it"
    plain = {
        "dataset.datasets.0.custom_metadata_module": ...,
        "model.model.conditioning.configs.0.id": "path",
        "model.model.diffusion.cross_attention_cond_ids": ["path", "seconds_start", "seconds_total"],
    }
    (finding,) = look(COND, {**batch, **plain})
    assert finding.message.startswith("nothing in the data is called")


def test_an_empty_dictionary_of_sounds_is_silence(look: Look) -> None:
    shown = {"id": "stems", "type": "audio_dict"}
    assert look(COND, of({**ENTRY, "stems": {}}, cond_display_configs=[shown])) == []


def test_a_demo_is_no_longer_than_sample_size(look: Look) -> None:
    without = {
        "model.model.conditioning.configs.1": {"id": "seconds_total", "type": "number", "config": {"max_val": 8}},
        "model.model.conditioning.configs.2": {"id": "pitch", "type": "number", "config": {"max_val": 8}},
        "model.model.diffusion.cross_attention_cond_ids": ["kind", "pitch", "seconds_total"],
        "model.model.diffusion.global_cond_ids": ["pitch", "seconds_total"],
    }
    entry = {"kind": 0, "pitch": 1, "seconds_total": 5}
    (finding,) = look(COND, {**without, **of(entry)})
    assert said([finding]) == [("note", "demo-length", f"{DEMO}.demo_cond.0.seconds_total")]
    assert finding.message == "`seconds_total` asks for 5 s, but a demo has 0.74 s (`sample_size` 32768)"
    assert look(COND, {**without, **of({**entry, "seconds_total": 0.7})}) == []
    assert look(COND, of({**ENTRY, "seconds_total": 5})) == [], "a window of a longer sound"


def holes(**counts: int) -> dict[str, Any]:
    return {DEMO: {"demo_cfg_scales": [1], "inpaint_demos": counts}}


def test_holes_of_the_dataset_need_latents(look: Look) -> None:
    for demo in (holes(num_causal=2), {DEMO: {"demo_cfg_scales": [1], "num_demos": 2}}):
        (finding,) = look(FILLS, demo)
        assert (finding.severity, finding.rule) == ("error", "inpaint-demo")
        assert finding.message == (
            "demos of the dataset need latents as data: masks of sounds are 256 times too long, and the first demo would fail"
        )
        assert look(LATENT_FILLS, demo) == []


def test_holes_of_the_dataset_need_masks(look: Look) -> None:
    plain = {"model.model_type": "diffusion_cond_inpaint", "training.inpainting": ..., "training.pre_encoded": True}
    latents = "model=tiny_diffusion_cond_inpaint LATENTS"
    named = {"model.model.diffusion.input_concat_ids": [], "model.model.diffusion.config.input_concat_dim": 0}
    (finding,) = look(latents, {**plain, **named, **holes(num_causal=1)})
    assert finding.message == "holes are cut as `training.inpainting` says, which is missing: the first demo would fail"
    assert {finding.rule for finding in look(latents, {**plain, **holes(num_causal=1)})} == {"inpainting"}, "one mistake"


def test_no_more_holes_than_sounds_in_a_batch(look: Look) -> None:
    (finding,) = look(LATENT_FILLS, holes(num_full_mask=4, num_causal=1))
    assert said([finding]) == [("error", "inpaint-demo", f"{DEMO}.inpaint_demos.num_causal")]
    assert finding.message == (
        "the demos ask for 5 sounds, but a batch holds 4: none is left for `num_causal`, and the first demo would fail"
    )
    (finding,) = look(LATENT_FILLS, holes(num_full_mask=3, num_causal=2))
    assert said([finding]) == [("warning", "inpaint-demo", f"{DEMO}.inpaint_demos")]
    assert finding.message == "the demos ask for 5 sounds, but a batch holds 4: the others are not shown: only 4 are"
    assert look(LATENT_FILLS, holes(num_full_mask=2, num_causal=2)) == []


def test_demos_that_are_never_made(look: Look) -> None:
    (finding,) = look(FILLS, {DEMO: {"demo_cfg_scales": [1]}})
    assert said([finding]) == [("warning", "no-demos", DEMO)]
    assert look(FILLS, {DEMO: {"demo_cfg_scales": [1], "demo_cond": [ENTRY]}}) == []
    uncond = "model=tiny_diffusion_uncond dataset=synthetic"
    assert said(look(uncond, {DEMO: {"demo_steps": 10}})) == [("warning", "no-demos", DEMO)]
    assert look(uncond) == []
