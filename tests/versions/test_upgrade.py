"""`sat upgrade` as a command: what it shows, what it writes, and what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Sat = Callable[..., Any]

OLD = """\
# my model
model_type: diffusion_cond  # with text
sample_rate: 44100
model:
  diffusion:
    type: dit
    config:
      depth: 2
      remove_norms: true   # no norms
training:
  mask_padding: true  # because of short sounds

  # the end
  arc:
    sampling:
      steps: 8
    use_model_as_teacher: true
"""
NEW = """\
# my model
model_type: diffusion_cond  # with text
sample_rate: 44100
model:
  diffusion:
    type: dit
    config:
      norm_kwargs: {"init_alpha": 10.0}
      depth: 2
      norm_type: dyt   # no norms
training:
  mask_loss_weight: 0.0  # because of short sounds

  # the end
  arc:
    use_model_as_teacher: true
"""


def test_the_changes_are_shown_and_nothing_is_written(sat: Sat, tmp_path: Path) -> None:
    file = tmp_path / "model.yaml"
    file.write_text(OLD)
    result = sat("upgrade", "model.yaml")
    assert result.code == 0
    assert "-  mask_padding: true  # because of short sounds\n+  mask_loss_weight: 0.0  # because of short sounds\n" in result.out
    assert result.out.endswith("1 file: 1 to change; --write does it\n")
    assert "note[older-engine]" in result.err
    assert file.read_text() == OLD
    assert sat("upgrade", "--check", "model.yaml").code == 1
    assert file.read_text() == OLD


def test_written_with_comments_and_order(sat: Sat, tmp_path: Path) -> None:
    file = tmp_path / "model.yaml"
    file.write_text(OLD)
    result = sat("upgrade", "--write", "model.yaml")
    assert (result.code, file.read_text()) == (0, NEW)
    assert result.out.endswith("1 file: 1 changed\n")
    again = sat("upgrade", "--check", "model.yaml")
    assert (again.code, again.out, again.err) == (0, "1 file: nothing to change\n", "")
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.yaml"], "nothing is left beside it"


def test_a_json_file_keeps_its_indent_its_line_ends_and_its_mark(sat: Sat, tmp_path: Path) -> None:
    tree = {
        "model_type": "diffusion_cond",
        "model": {"diffusion": {"type": "dit"}},
        "training": {"arc": {"sampling": {"steps": 4}}},
    }
    text = "\ufeff" + json.dumps(tree, indent="\t").replace("\n", "\r\n")
    (tmp_path / "model.json").write_bytes(text.encode())
    assert sat("upgrade", "--write", "model.json").code == 0
    tree["training"] = {"arc": {}}
    assert (tmp_path / "model.json").read_bytes().decode() == "\ufeff" + json.dumps(tree, indent="\t").replace("\n", "\r\n")


def test_what_a_file_leaves_unsaid_is_kept_where_its_version_is_told(sat: Sat, tmp_path: Path) -> None:
    tree = {"model_type": "diffusion_cond", "model": {"diffusion": {"type": "dit"}}, "training": {"use_ema": False}}
    (tmp_path / "model.json").write_text(json.dumps(tree, indent=4))
    assert sat("upgrade", "model.json").out == "1 file: nothing to change\n"
    assert sat("upgrade", "--write", "--from-engine", "0.0.19", "model.json").code == 0
    after = json.loads((tmp_path / "model.json").read_text())
    assert after["training"] == {"use_ema": False, "mask_loss_weight": 1.0}
    assert after["model"]["diffusion"]["sampling_distribution_shift_options"] == {"type": "none"}
    assert sat("upgrade", "--write", "--to-engine", "0.0.19", "model.json").code == 0
    assert json.loads((tmp_path / "model.json").read_text()) == tree


def test_an_experiment_of_ours_leaves_nothing_unsaid(sat: Sat, tmp_path: Path) -> None:
    """It has always been for engine 0.0.20, and what it does not say comes from presets."""
    text = "defaults:\n  - override /model: tiny_diffusion_cond\n  - override /dataset: synthetic\nname: mine\n"
    (tmp_path / "mine.yaml").write_text(text)
    result = sat("upgrade", "--check", "--from-engine", "0.0.19", "mine.yaml")
    assert (result.code, result.out, result.err) == (0, "1 file: nothing to change\n", "")


def test_a_deprecated_key_is_moved(sat: Sat, tmp_path: Path) -> None:
    model = {"model_type": "diffusion_cond", "model": {"diffusion": {"type": "dit"}}}
    (tmp_path / "mine.yaml").write_text(
        yaml.safe_dump({"model": model, "training": {"mask_padding_attention": True, "use_ema": True}})
    )
    assert sat("upgrade", "--write", "mine.yaml").code == 0
    after = yaml.safe_load((tmp_path / "mine.yaml").read_text())
    assert after["model"]["model"]["diffusion"] == {"type": "dit", "mask_padding_attention": True}
    assert after["training"] == {"use_ema": True}


def test_a_folder_is_gone_through_and_each_bad_file_is_said(sat: Sat, tmp_path: Path) -> None:
    folder = tmp_path / "my configs ü"
    (folder / "deep").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("a.yaml", "deep/b.yml", ".git/c.yaml"):
        (folder / name).write_text(OLD)
    (folder / "broken.json").write_text('{"model_type": ')
    (folder / "latin.yaml").write_bytes(b"name: \xe9\n")
    (folder / "defaults.ini").write_text("[DEFAULTS]\nname = x\n")
    (folder / "fine.yaml").write_text("name: mine\n")
    result = sat("upgrade", "--write", str(folder))
    assert result.code == 1
    assert result.err.count("error[") == 2 and "broken.json" in result.err and "latin.yaml" in result.err
    assert result.out.endswith("5 files: 2 changed\n")
    assert (folder / "a.yaml").read_text() == (folder / "deep" / "b.yml").read_text() == NEW
    assert (folder / ".git" / "c.yaml").read_text() == OLD


def test_a_file_with_something_that_cannot_be_carried_is_left_whole(sat: Sat, tmp_path: Path) -> None:
    text = "model_type: autoencoder\nmodel:\n  encoder:\n    type: local_attn\ntraining:\n  eval_loss_configs:\n    pesq: {}\n"
    (tmp_path / "model.yaml").write_text(text)
    result = sat("upgrade", "--write", "model.yaml")
    assert (result.code, (tmp_path / "model.yaml").read_text()) == (1, text)
    assert "error[no-equal]: the encoder `local_attn` was removed in engine 0.0.20" in result.err


def test_what_cannot_be_changed_in_place_is_said(sat: Sat, tmp_path: Path) -> None:
    """The anchor is used twice: a change of one would be a change of both."""
    text = "model_type: diffusion_cond\nkept: &shared {mask_padding: true, x: 1}\ntraining: *shared\n"
    (tmp_path / "model.yaml").write_text(text)
    result = sat("upgrade", "--write", "model.yaml")
    assert (result.code, (tmp_path / "model.yaml").read_text()) == (1, text)
    assert "error[by-hand]: `training.mask_padding` cannot be changed in this file without losing its form" in result.err
    assert "= help: call it `mask_loss_weight`" in result.err


def test_a_full_disk_is_said(sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import stable_audio_config.source.edit as edit

    def full(_file: Path, _text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(edit, "write_whole", full)
    (tmp_path / "model.yaml").write_text(OLD)
    result = sat("upgrade", "--write", "model.yaml")
    assert (result.code, (tmp_path / "model.yaml").read_text()) == (1, OLD)
    assert "error[not-writable]: `model.yaml` was left as it is" in result.err and "No space left" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing argument"),
        (("--check", "--write", "a.yaml"), "--check looks and --write changes: choose one"),
        (("--to", "2", "a.yaml"), "--to 2: there is version 1 of the format"),
        (("--to", "0", "a.yaml"), "--to 0: there is version 1 of the format"),
        (("--from-engine", "0.0.7", "a.yaml"), "'0.0.7' is not one of '0.0.19', '0.0.20'"),
    ],
)
def test_what_is_asked_for_must_be_possible(sat: Sat, arguments: tuple[str, ...], message: str) -> None:
    result = sat("upgrade", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_file_that_is_not_there(sat: Sat) -> None:
    result = sat("upgrade", "gone.yaml")
    assert result.code == 1
    assert "error[missing-file]: the file `gone.yaml` does not exist" in result.err


def test_every_published_example_of_0_0_19_comes_through(sat: Sat) -> None:
    """Those that 0.0.20 cannot run are refused by name, and nothing else is."""
    published = Path(__file__).parents[1] / "published"
    refused = set()
    for file in sorted(published.glob("*.json")) + sorted((published / "datasets").glob("*.json")):
        result = sat("upgrade", "--from-engine", "0.0.19", str(file))
        if result.code:
            refused.add(file.stem)
            assert "[no-equal]" in result.err
    assert refused == {"stable_audio_1_0"}
