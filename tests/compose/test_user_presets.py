"""The user's own folder of presets: where it is looked for, what it hides, and what is said about a name that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from stable_audio_config.compose.composer import LISTED, Composition, Request, compose
from stable_audio_config.compose.places import SHIPPED, hidden_presets, preset_folders, preset_names
from stable_audio_config.report.finding import Finding, Refused


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_preset(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return folder


def composed(*words: str, config_dir: str | None = None) -> Composition:
    return compose(Request(words, config_dir=config_dir))


def finding(*words: str, **request: str) -> Finding:
    with pytest.raises(Refused) as refused:
        compose(Request(words, **request))
    (only,) = refused.value.findings
    return only


def test_only_the_shipped_tree_without_a_folder_of_ones_own() -> None:
    assert preset_folders(None, None) == [SHIPPED]


def test_the_folders_in_their_order(here: Path) -> None:
    given = with_preset(here / "given", "model/a.yaml", "")
    beside = with_preset(here / "project", "model/a.yaml", "")
    conf = with_preset(here / "conf", "model/a.yaml", "")
    assert preset_folders(str(given), beside / "mine.yaml") == [given, beside, conf, SHIPPED]
    assert preset_folders(None, beside / "experiment" / "mine.yaml") == [beside, conf, SHIPPED], "the folder above will do"
    assert preset_folders(str(conf), None) == [conf, SHIPPED], "no folder twice"


def test_the_variable_names_a_folder_and_the_option_beats_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = with_preset(here / "one", "model/a.yaml", ""), with_preset(here / "two", "model/a.yaml", "")
    monkeypatch.setenv("SAT_CONFIG_DIR", str(one))
    assert preset_folders(None, None) == [one, SHIPPED]
    assert preset_folders(str(two), None) == [two, SHIPPED]


def test_a_folder_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert finding(config_dir="nope").message == "the preset folder `nope` does not exist"
    monkeypatch.setenv("SAT_CONFIG_DIR", "gone")
    assert finding().message == "the preset folder `gone` does not exist"


def test_a_preset_of_ones_own_is_chosen_by_name(here: Path) -> None:
    with_preset(here / "conf", "dataset/mine.yaml", "dataset_type: audio_dir\ndatasets: [{id: a, path: sounds}]\n")
    with_preset(here / "conf", "training/fast.json", '{"learning_rate": 1.0}')
    with_preset(
        here / "conf", "experiment/both.yaml", "defaults:\n  - override /dataset: mine\n  - override /training: fast\nseed: 5\n"
    )
    result = composed("experiment=both", "model=tiny_autoencoder")
    assert result.tree["dataset"]["datasets"] == [{"id": "a", "path": "sounds"}]
    assert result.tree["training"] == {"learning_rate": 1.0}
    assert result.tree["seed"] == 5
    assert result.notes == ()


def test_a_recipe_of_ones_own_is_the_default_for_its_model_type(here: Path) -> None:
    with_preset(here / "conf", "training/_default/autoencoder.yaml", "learning_rate: 2.0\n")
    assert composed("model=tiny_autoencoder").tree["training"] == {"learning_rate": 2.0}


def test_a_root_config_of_ones_own(here: Path) -> None:
    folder = with_preset(here / "mine", "root.yaml", "defaults:\n  - _self_\n  - model: tiny_autoencoder\nseed: 9\n")
    tree = compose(Request((), "root", str(folder))).tree
    assert (tree["seed"], tree["model"]["model_type"]) == (9, "autoencoder")
    assert compose(Request((), "root.yaml", str(folder))).tree == tree


def test_a_preset_that_hides_a_shipped_one_is_noted(here: Path) -> None:
    with_preset(here / "conf", "training/autoencoder_adversarial.yaml", "learning_rate: 1.0\n")
    (note,) = composed("training=autoencoder_adversarial").notes
    where = Path("conf/training/autoencoder_adversarial.yaml")
    assert note == Finding(
        rule="hidden-preset",
        severity="note",
        message=f"`training=autoencoder_adversarial` is your `{where}`, which hides the shipped preset of the same name",
        path=("training",),
        help="rename it if you meant the other one",
    )


def test_a_preset_that_hides_another_of_ones_own_is_noted(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    far = with_preset(tmp_path_factory.mktemp("far"), "model/a.yaml", "")
    near = with_preset(here / "near", "model/a.json", "{}")
    (note,) = hidden_presets([far, near, SHIPPED], {"model": "a", "dataset@val_dataset": "synthetic"})
    assert note.message == f"`model=a` is your `{far / 'model' / 'a.yaml'}`, which hides another preset of the same name"


def test_names_are_listed_without_suffixes_and_without_parts_of_others(here: Path) -> None:
    for name in ("b.yaml", "a.json", "sub/c.yml", "_part.yaml", "_parts/d.yaml", "notes.txt"):
        with_preset(here, f"model/{name}", "")
    assert preset_names([here], "model") == ["a", "b", "sub/c"]
    shipped = {file.stem for file in (SHIPPED / "training").glob("*.yaml")}
    assert preset_names([SHIPPED], "training") == sorted(shipped), "and no recipe of `_default`"


def test_a_misspelt_preset_gets_a_suggestion() -> None:
    found = finding("model=tiny_autoencodr")
    assert (found.rule, found.message) == ("unknown-preset", "there is no preset `tiny_autoencodr` in group `model`")
    assert found.help == "did you mean `model=tiny_autoencoder`?"


def test_a_name_unlike_any_other_gets_the_list() -> None:
    known = preset_names([SHIPPED], "experiment")
    assert len(known) <= LISTED
    assert finding("experiment=zzz").help == f"there are {', '.join(f'`{name}`' for name in known)}"


def test_of_many_presets_those_most_like_the_name_are_listed(here: Path) -> None:
    for number in range(LISTED):
        with_preset(here / "conf", f"model/mine_{number}.yaml", "")
    known = preset_names([here / "conf", SHIPPED], "model")
    first = ", ".join(f"`{name}`" for name in known[:LISTED])
    assert finding("model=").help == f"there are {first}, and {len(known) - LISTED} more"
    mine = ", ".join(f"`mine_{number}`" for number in range(LISTED))
    assert finding("model=zzz_mine_zzzzzzz").help == f"there are {mine}, and {len(known) - LISTED} more"


@pytest.mark.parametrize("value", ["5", "1e5", "true"])
def test_a_name_that_looks_like_a_number_is_a_name(value: str) -> None:
    assert finding(f"dataset={value}").message == f"there is no preset `{value}` in group `dataset`"


def test_an_unknown_root_config_says_where_was_looked() -> None:
    found = finding(config_name="nope")
    assert (found.message, found.help) == ("there is no config `nope`", f"looked in {SHIPPED}")


@pytest.mark.parametrize("name", ["experiments/quick_test", "experiment/quick_test", "experiments/quick_test.yaml"])
def test_config_name_is_another_spelling_of_experiment(name: str) -> None:
    assert compose(Request(("seed=1",), name)).choices["experiment"] == "quick_test"


@pytest.mark.parametrize("line", ["# @packag", "# @package", "#@package a b", "# @author the two of us"])
def test_a_first_line_that_hydra_takes_for_a_header_and_cannot_read_is_a_finding(tmp_path: Path, line: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{line}\nname: mine\n")
    with pytest.raises(Refused) as refused:
        compose(Request((str(file),)))
    (finding,) = refused.value.findings
    assert (finding.rule, finding.line, finding.message) == ("composition", 1, f"`{line}` must name one package")
