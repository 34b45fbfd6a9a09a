"""Each step between two versions has examples in a folder of its name.

    NAME.old.yaml NAME.new.yaml    the same in both versions; up gives one, down the other
    NAME.back.yaml                 what down gives instead, where the way is not back to the same
    NAME.up.yaml NAME.up.txt       what `sat upgrade --from-engine 0.0.19` says of something without an equal, word for word
    NAME.down.yaml NAME.down.txt   the same for --to-engine 0.0.19

After a change of words: python -m pytest tests/versions/test_steps.py --update-examples
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stable_audio_config.datamodels.base import Data, successor
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.tagged import imported
from stable_audio_config.validation.document import kind_of_document
from stable_audio_config.versions import deprecated
from stable_audio_config.versions.carry import carry
from stable_audio_config.versions.engine_0_0_20 import STEPS

FOLDER = Path(__file__).parent / "steps"
PAIRS = sorted(FOLDER.glob("*/*.old.yaml"))
WITHOUT_EQUAL = sorted([*FOLDER.glob("*/*.up.yaml"), *FOLDER.glob("*/*.down.yaml")])
BY_NAME = {step.name: step for step in (*STEPS, *deprecated.STEPS)}


def name_of(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def read(file: Path) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return tree


def carried(file: Path, direction: Any) -> dict[str, Any]:
    """What the step that the file is an example of makes of it; nothing is without an equal."""
    tree = read(file)
    done = carry(tree, kind_of_document(tree, file.name), [BY_NAME[file.parent.name]], direction, complete=True)
    assert [one for one in done.unequal if one.severity != "note"] == []
    assert read(file) == tree, "what was given stays as it was"
    return done.tree


@pytest.mark.parametrize("old", PAIRS, ids=name_of)
def test_up_gives_the_new_form(old: Path) -> None:
    assert carried(old, "up") == read(old.with_name(old.name.replace(".old.", ".new.")))


@pytest.mark.parametrize("old", PAIRS, ids=name_of)
def test_down_gives_the_old_form_back(old: Path) -> None:
    back = old.with_name(old.name.replace(".old.", ".back."))
    new = old.with_name(old.name.replace(".old.", ".new."))
    assert carried(new, "down") == read(back if back.exists() else old)


@pytest.mark.parametrize("old", PAIRS, ids=name_of)
def test_going_up_twice_changes_nothing_more(old: Path) -> None:
    new = old.with_name(old.name.replace(".old.", ".new."))
    tree = read(new)
    assert carry(tree, kind_of_document(tree, new.name), [BY_NAME[old.parent.name]]).tree == tree


@pytest.mark.parametrize("file", WITHOUT_EQUAL, ids=name_of)
def test_what_has_no_equal_is_said(
    file: Path, sat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(file.parent)
    way = ("--from-engine", "0.0.19") if ".up." in file.name else ("--to-engine", "0.0.19")
    result = sat("upgrade", file.name, *way)
    expected = file.with_suffix(".txt")
    if request.config.getoption("--update-examples"):
        expected.write_text(result.err, encoding="utf-8")
    assert result.err == expected.read_text(encoding="utf-8")
    assert "[no-equal]" in result.err
    assert result.code == (1 if "error[" in result.err else 0)


def test_each_step_has_a_pair_and_each_folder_a_step() -> None:
    assert {file.parent.name for file in FOLDER.glob("*/*")} == set(BY_NAME)
    assert {file.parent.name for file in PAIRS} == set(BY_NAME)


def test_each_way_that_can_lack_an_equal_shows_one() -> None:
    """A step that only leads up has its example there; the others say what they cannot carry in at least one direction."""
    shown = {file.parent.name for file in WITHOUT_EQUAL}
    assert set(BY_NAME) - shown == {"deprecated-keys"}, "what is deprecated has an equal, or it would not be"


def test_every_key_that_is_gone_in_0_0_20_is_handled_by_a_step() -> None:
    models = {cls for kind in KINDS.values() for place in kind.branches.values() for cls in imported(place).__mro__}
    found = {key for cls in _below(Data) | models for key, what in getattr(cls, "gone", {}).items() if what.version == "0.0.20"}
    written = {key for file in FOLDER.glob("*/*.yaml") if ".new." not in file.name for key in _keys(read(file))}
    assert found >= {"mask_padding", "remove_norms", "latent_extension"}, "the marks were found"
    assert found - written == set()


def test_every_word_that_is_gone_in_0_0_20_is_refused_by_a_step() -> None:
    found = {
        tag for kind in KINDS.values() for tag, what in kind.gone.items() if what.version == "0.0.20" and "removed" in what.what
    }
    assert found == {"local_attn"}
    assert "local_attn" in (FOLDER / "parts-removed" / "local-attention.up.txt").read_text(encoding="utf-8")


def test_every_deprecated_key_is_moved_to_its_successor() -> None:
    for cls in _below(Data):
        for key in cls.model_fields:
            wanted = successor(cls, key)
            if wanted is None:
                continue
            tree = {
                "model_type": "diffusion_cond",
                "model": {"diffusion": {"type": "dit"}},
                "training": {key: True, "use_ema": True},
            }
            after = carry(tree, "model", deprecated.STEPS).tree
            node: Any = {"model": after, "training": after["training"]}
            for step in wanted.split("."):
                node = node[step]
            assert node is True and key not in after["training"]
    marked = {key for cls in _below(Data) for key in cls.model_fields if successor(cls, key) is not None}
    assert marked == set(deprecated.MOVED)


@pytest.mark.parametrize("key", deprecated.MOVED)
def test_a_deprecated_key_works_and_a_note_names_its_successor(key: str, sat: Callable[..., Any]) -> None:
    shift = "model.model.diffusion.distribution_shift_options={base_shift: 0.5}"
    result = sat("train", "model=tiny_diffusion_cond", "dataset=synthetic", f"training.{key}=true", shift, "--cfg")
    assert result.code == 0
    assert yaml.safe_load(result.out)["training"][key] is True
    assert f"note[deprecated]: `{key}` in the training section is deprecated" in result.err
    assert "set it in model.diffusion" in result.err


def _below(cls: type[Data]) -> set[type[Data]]:
    for kind in KINDS.values():
        for place in kind.branches.values():
            imported(place)
    found: set[type[Data]] = set()
    for inner in cls.__subclasses__():
        found |= {inner, *_subclasses(inner)}
    return {one for one in found if one.__module__.startswith("stable_audio_config.")}


def _subclasses(cls: type[Data]) -> set[type[Data]]:
    return {inner for child in cls.__subclasses__() for inner in (child, *_subclasses(child))}


def _keys(node: Any) -> set[str]:
    if isinstance(node, dict):
        return {str(key) for key in node} | {inner for value in node.values() for inner in _keys(value)}
    return {inner for item in node for inner in _keys(item)} if isinstance(node, list) else set()
