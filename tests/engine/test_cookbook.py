"""docs/04-cookbook.md with the real engine: the recipes' files as they stand there, their commands shrunk to a few steps."""

from __future__ import annotations

import json
import runpy
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from page_blocks import SMALL, blocks_of, expanded, shrunk, write, write_music

from stable_audio_config.compose.places import SHIPPED

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parent.parent.parent / "docs" / "04-cookbook.md"
tiny: dict[str, Any] = runpy.run_path(str(Path(__file__).with_name("tiny.py")))


def without_words(preset: str) -> dict[str, Any]:
    """A shipped tiny model that reads only what the loader knows of every sound: a text encoder would have to be fetched."""
    tree: dict[str, Any] = yaml.safe_load((SHIPPED / "model" / f"{preset}.yaml").read_text(encoding="utf-8"))
    conditioning, diffusion = tree["model"]["conditioning"], tree["model"]["diffusion"]
    conditioning["configs"] = [entry for entry in conditioning["configs"] if entry["id"] == "seconds_total"]
    diffusion["cross_attention_cond_ids"] = diffusion["global_cond_ids"] = ["seconds_total"]
    diffusion["config"].update(embed_dim=64, depth=1, num_heads=2, global_cond_dim=conditioning["cond_dim"])
    return tree


def test_the_recipes_lead_to_sounds(sat: Callable[..., Any]) -> None:
    write_music()
    Path("conf/model").mkdir(parents=True)
    for name, preset in (("small_text", "tiny_diffusion_cond"), ("small_holes", "tiny_diffusion_cond_inpaint")):
        Path(f"conf/model/{name}.yaml").write_text(yaml.safe_dump(without_words(preset)), encoding="utf-8")
    tiny["save_model"](without_words("tiny_diffusion_cond"), Path("base_model.ckpt"))
    printed = []
    for block in blocks_of(PAGE):
        if block.title is not None:
            write(block)
        elif block.how.startswith(SMALL):
            for words in shrunk(block):
                done = sat(*expanded(words[1:]))
                assert done.code == 0, (words, done.out, done.err)
                printed.append(done.out + done.err)
    [sound] = Path("sounds").glob("*.wav")
    with wave.open(str(sound)) as file:
        assert (file.getframerate(), file.getnchannels()) == (44100, 2)
    [first, *_] = sorted(Path("latents").rglob("0*.json"))
    assert json.loads(first.read_text(encoding="utf-8"))["prompt"] == first_prompt(first)
    assert len(list(Path("runs/finetune").iterdir())) == 1, "recover goes on in the same folder"
    assert [len(list(Path("runs", name).iterdir())) for name in ("autoencoder", "on_latents", "inpaint")] == [1, 1, 1]
    assert any("going on from runs/finetune/" in text for text in printed)


def first_prompt(file: Path) -> str:
    """What prompts.py makes of the name of the sound that a latent was made of."""
    return Path(json.loads(file.read_text(encoding="utf-8"))["relpath"]).stem.replace("_", " ")
