"""What may be typed after a command, and what is said about what may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.compose.overrides import sort_words, to_hydra
from stable_audio_config.compose.places import SHIPPED
from stable_audio_config.report.finding import Finding, Refused


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def quick(*words: str) -> dict[str, Any]:
    return compose(Request(("experiment=quick_test", *words))).tree


def finding(*words: str) -> Finding:
    with pytest.raises(Refused) as refused:
        compose(Request(words))
    (only,) = refused.value.findings
    return only


@pytest.mark.parametrize(
    ("typed", "hydra"),
    [
        ("batch_size=4", "++batch_size=4"),
        ("model.sample_size=1", "++model.sample_size=1"),
        ("+batch_size=4", "+batch_size=4"),
        ("++batch_size=4", "++batch_size=4"),
        ("~name", "~name"),
        ("~dataset=synthetic", "~dataset=synthetic"),
        ("hydra.sweep.dir=x", "hydra.sweep.dir=x"),
        ("hydra/launcher=joblib", "hydra/launcher=joblib"),
        ("model=tiny_autoencoder", "model=tiny_autoencoder"),
        ("model={model_type: lm}", "++model={model_type: lm}"),
        ("model=null", "model=_nothing"),
        ("val_dataset=null", "dataset@val_dataset=_nothing"),
        ("val_dataset=synthetic", "dataset@val_dataset=synthetic"),
        ("training=[a,b]", "training=[a,b]"),
        ("dataset=2026", "dataset='2026'"),
        ("dataset=TRUE", "dataset='TRUE'"),
        ("model=a,b", "model=a,b"),
        ("name=null", "++name=null"),
        ("ckpt_path=runs/step=00000100.ckpt", "++ckpt_path='runs/step=00000100.ckpt'"),
        ("model.svd_bases_path='a=b'", "++model.svd_bases_path='a=b'"),
    ],
)
def test_how_a_word_reads_in_hydras_grammar(typed: str, hydra: str) -> None:
    assert to_hydra(typed, [SHIPPED]) == hydra


def test_a_path_is_quoted_for_hydra(here: Path) -> None:
    (here / "it's, a \\ file.json").write_text("{}")
    (here / "sounds").mkdir()
    assert to_hydra("model=it's, a \\ file.json", [SHIPPED]) == "model='it\\'s, a \\ file.json'"
    assert to_hydra("dataset=sounds", [SHIPPED]) == "dataset='sounds'"
    assert to_hydra("model=sounds", [SHIPPED]) == "model=sounds", "only a dataset may be a folder"


def test_a_preset_beats_a_folder_of_its_name(here: Path) -> None:
    (here / "synthetic").mkdir()
    assert to_hydra("dataset=synthetic", [SHIPPED]) == "dataset=synthetic"


def test_words_are_sorted_into_overrides_and_one_file() -> None:
    words = sort_words(("seed=1", "mine.yaml", "~name"))
    assert (words.overrides, words.experiment) == (("seed=1", "~name"), Path("mine.yaml"))
    assert sort_words(("experiment=sub/mine.yml",)).experiment == Path("sub/mine.yml")
    assert sort_words(("experiment=quick_test",)).experiment is None


@pytest.mark.parametrize(
    ("words", "message", "help"),
    [
        (
            ("quick_test",),
            "`quick_test` is neither `key=value` nor an experiment file (.yaml)",
            "write experiment=quick_test, or quick_test=VALUE",
        ),
        (("m.json",), "`m.json` is neither `key=value` nor an experiment file (.yaml)", "write model=m.json or dataset=m.json"),
        (("a.yaml", "b.yml"), "one experiment file at a time, not 2: a.yaml, b.yml", None),
        (("=4",), "`=4` sets a value, but does not say of what", "write KEY=4"),
    ],
)  # fmt: skip
def test_a_word_that_is_nothing_of_the_kind_is_a_usage_error(words: tuple[str, ...], message: str, help: str | None) -> None:
    with pytest.raises(Refused) as refused:
        sort_words(words)
    assert refused.value.findings == (Finding(rule="usage", message=message, help=help),)


def test_overrides_of_any_kind_of_value() -> None:
    tree = quick(
        "batch_size=16",
        "precision=bf16-mixed",
        "project='a, b'",
        "devices=[0,1]",
        "model.model.encoder.config.strides=[2,4,8,4]",
        "training.demo={demo_every: 3}",
        "training.learning_rate=3e-5",
        "recover=true",
        "save_dir=/data/my runs",
    )
    assert (tree["batch_size"], tree["precision"], tree["project"], tree["devices"]) == (16, "bf16-mixed", "a, b", [0, 1])
    assert tree["model"]["model"]["encoder"]["config"]["strides"] == [2, 4, 8, 4]
    assert tree["training"]["demo"] == {"demo_every": 3}
    assert (tree["training"]["learning_rate"], tree["recover"], tree["save_dir"]) == (3e-5, True, "/data/my runs")


def test_a_key_is_deleted_a_new_one_added_and_a_group_emptied() -> None:
    tree = quick("~name", "~training.demo", "+training.warmup_mode=full", "dataset=null", "model=null")
    assert "name" not in tree and "demo" not in tree["training"]
    assert tree["training"]["warmup_mode"] == "full"
    assert "dataset" not in tree and "model" not in tree


def test_several_presets_of_one_group_lie_over_each_other(here: Path) -> None:
    for name, text in (("one", "learning_rate: 1\nuse_ema: true\n"), ("two", "learning_rate: 2\n")):
        (here / "conf" / "training").mkdir(parents=True, exist_ok=True)
        (here / "conf" / "training" / f"{name}.yaml").write_text(text)
    assert quick("training=[one,two]", "~training.demo", "~training.loss_configs")["training"]["use_ema"] is True


@pytest.mark.parametrize("word", ["dataset=[1]", "dataset=[[a]]", "dataset=[{a: 1}]", "dataset=[true,synthetic]"])
def test_a_list_of_anything_but_presets_is_refused(word: str) -> None:
    found = finding(word)
    assert (found.rule, found.message, found.help) == (
        "override",
        f"`{word}` must list names of presets",
        "for example [first,second]",
    )


@pytest.mark.parametrize(
    ("word", "help"),
    [
        ("name=[", "a value with special characters needs quotes: key='a, b'"),
        ("name='a", "a value with special characters needs quotes: key='a, b'"),
        ("name=Übung", "a value with special characters needs quotes, for the shell and for the value: \"name='Übung'\""),
        ("++name=a(b", "a value with special characters needs quotes, for the shell and for the value: \"name='a(b'\""),
    ],
)
def test_an_override_that_cannot_be_read(word: str, help: str) -> None:
    found = finding(word)
    assert (found.rule, found.message) == ("override", f"`{word.removeprefix('++')}` cannot be read as `key=value`")
    assert found.help == help


def test_the_help_is_right_that_quotes_are_enough() -> None:
    assert quick("name='Übung'")["name"] == "Übung"


def test_several_values_need_multirun() -> None:
    found = finding("batch_size=2,4")
    assert (found.rule, found.message) == ("override", "`batch_size=2,4` holds several values")
    assert found.help == (
        "for a list write batch_size=[2,4]; for a text \"batch_size='2,4'\"; to train once with each of them add --multirun"
    )
    found = finding("model=a,b")
    assert (found.message, found.help) == (
        "`model=a,b` names several presets",
        "choose one, or train once with each of them: add --multirun",
    )


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("~nope", "could not delete from config. `nope` does not exist"),
        ("+batch_size=4", "could not append to config. An item is already at `batch_size`"),
        ("hydra.foo=1", "key `foo` not in `HydraConf`"),
        ("foo@bar=1", "override ++foo@bar=1 looks like a config group override, but config group `foo` does not exist"),
        ("model@foo=tiny_autoencoder", "could not override `model@foo`"),
    ],
)
def test_what_hydra_itself_refuses(word: str, message: str) -> None:
    found = finding(word)
    assert (found.rule, found.message) == ("composition", message)


def test_an_unknown_launcher_is_named() -> None:
    assert finding("hydra/launcher=nope").message == "there is no config `hydra/launcher/nope`"


def test_an_override_of_a_group_that_is_not_there_in_an_experiment_file(here: Path) -> None:
    (here / "mine.yaml").write_text("defaults:\n  - override /modle: tiny_autoencoder\n")
    with pytest.raises(Refused, match="Could not override `modle`"):
        compose(Request(("mine.yaml",)))


def test_a_file_and_a_named_experiment_are_two(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        compose(Request((str(tmp_path / "mine.yaml"), "experiment=quick_test")))
    (finding,) = refused.value.findings
    assert finding.message == f"one experiment at a time, not `{tmp_path / 'mine.yaml'}` and `experiment=quick_test`"
