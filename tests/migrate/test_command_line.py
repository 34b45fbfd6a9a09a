"""Command lines of the engine's scripts: read as argparse reads them, said in words of `sat`."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.datamodels.experiment import RunOptions
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.migrate.command_line import read_command
from stable_audio_config.migrate.flags import FLAGS, PRE_ENCODE, TRAIN
from stable_audio_config.migrate.ini import ini_of, read_ini
from stable_audio_config.migrate.settings import fates, new_words, spelled, to_overrides
from stable_audio_config.migrate.shell import calls_in
from stable_audio_config.report.finding import Refused

PUBLISHED = Path(__file__).parent.parent / "published" / "ini"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(words: str, script: str = "train") -> str:
    with pytest.raises(Refused) as refused:
        read_command(words.split(), script)  # type: ignore[arg-type]
    return refused.value.findings[0].message


def test_the_command_of_the_readme_in_new_words() -> None:
    words = "--model-config m.json --dataset-config d.json --name x --batch-size 8"
    assert new_words(read_command(words.split(), "train")) == ["train", "name=x", "batch_size=8", "model=m.json", "dataset=d.json"]


def test_values_know_the_word_that_holds_them() -> None:
    command = read_command(["--name", "x", "--model-config=m.json", "--seed", "1", "--seed", "2"], "train")
    places = {key: (value.value, value.word) for key, value in command.values.items() if value.written}
    assert places == {"name": ("x", 1), "model_config": ("m.json", 2), "seed": (2, 6)}


def test_abbreviations_are_those_of_argparse() -> None:
    assert read_command(["--bat", "8", "--val-e", "5"], "train").value("batch_size") == 8
    assert "ambiguous option: --num could match" in refusal("--num 3")


def test_an_ini_file_with_one_flag_of_a_beginning_takes_the_abbreviation() -> None:
    ini = ini_of("[DEFAULTS]\nnum_workers = 6\n", "x.ini")
    assert read_command(["--num", "3"], "train", ini=ini).value("num_workers") == 3


def test_what_the_script_refuses_is_refused() -> None:
    assert "invalid int value: `x`" in refusal("--batch-size x")
    assert "unrecognized arguments: --batch-siz3 4" in refusal("--batch-siz3 4")
    assert "expected one argument" in refusal("--seed")
    assert "the following arguments are required: --dataset-config, --output-path" in refusal("--ckpt-path x", "pre_encode")


def test_the_ini_file_of_the_command_line_is_read_and_typed_words_win() -> None:
    Path("my.ini").write_text("[DEFAULTS]\nbatch_size = 2\nseed = 7\nprecision = 16\nmine = 3\nflag = True\n", encoding="utf-8")
    command = read_command(["--config-file", "my.ini", "--seed", "8", "--mine", "4", "--flag"], "train")
    assert {key: command.value(key) for key in ("batch_size", "seed", "mine", "flag", "precision")} == {
        "batch_size": 2, "seed": 8, "mine": 4, "flag": True, "precision": 16,
    }  # fmt: skip
    assert command.values["batch_size"].line == 2
    assert to_overrides(command) == ["batch_size=2", "precision='16'", "seed=8"]
    assert [(fate.key, fate.value) for fate in fates(command) if fate.outcome == "kept"] == [("mine", 4), ("flag", True)]


def test_a_truth_value_that_is_typed_is_true_whatever_it_says() -> None:
    ini = ini_of("[DEFAULTS]\nflag = False\n", "x.ini")
    assert read_command(["--flag", "False"], "train", ini=ini).value("flag") is True
    assert read_command([], "train", ini=ini).value("flag") is False


def test_the_defaults_file_beside_is_read_where_none_is_named() -> None:
    Path("defaults.ini").write_text("[DEFAULTS]\nbatch_size = 3\n", encoding="utf-8")
    assert to_overrides(read_command([], "train")) == ["batch_size=3"]
    assert refusal("--config-file gone.ini") == "the file `gone.ini` does not exist"
    assert refusal("--config-file x.gin") == "`x.gin` is a gin file: prefigure then reads nothing else"


@pytest.mark.parametrize("file", sorted(PUBLISHED.glob("*.ini")), ids=lambda file: file.stem)
def test_the_published_ini_files_change_nothing_but_what_they_say(file: Path) -> None:
    command = read_command([], "train", ini=read_ini(file))
    expected = {
        "defaults_0_0_19": ["name=stable_audio_tools"],
        "defaults_earlier": ["name=stable_audio_tools", "devices=1", "batch_size=8", "num_workers=8"],
    }
    assert sorted(to_overrides(command)) == sorted(expected[file.stem])


def test_the_table_agrees_with_the_published_ini_file() -> None:
    ini = read_ini(PUBLISHED / "defaults_0_0_19.ini")
    table = {flag.key: flag.default for flag in TRAIN}
    assert {key: entry.value for key, entry in ini.entries.items()} == table


def test_defaults_of_the_scripts_are_the_defaults_here() -> None:
    others = {"name", "save_dir", "model", "dataset", "val_dataset"}
    for flags, model in ((TRAIN, RunOptions), (PRE_ENCODE, PreEncodeConfig)):
        for flag in flags:
            if flag.becomes is None or flag.becomes in others or flag.required:
                continue
            field = model.model_fields[flag.becomes]
            assert field.is_required() or (flag.default or None) == (field.default or None), flag.key


def test_every_flag_has_a_key_here_or_a_reason() -> None:
    for script, flags in FLAGS.items():
        for flag in flags:
            assert bool(flag.becomes) != bool(flag.why), (script, flag.key)


OLD_AND_NEW = {
    "--strategy deepspeed --precision 32": "strategy=deepspeed precision='32'",
    "--logger tensorboard": "logger=none",
    "--logger comet": "logger=comet",
    "--remove-pretransform-weight-norm post_load": "remove_pretransform_weight_norm=post_load",
    "--remove-pretransform-weight-norm both": "",
    "--gradient-clip-val 1": "gradient_clip_val=1.0",
    "--num-gpus 2": "devices=2",
    "--num-gpus 2 --strategy=": "strategy=ddp_find_unused_parameters_true devices=2",
    "--strategy=": "",
    "--recover true --save-top-k 3 --project p": "",
    "--ckpt-path runs/step=10.ckpt": r"ckpt_path='runs/step=10.ckpt'",
    "--val-every 100 --val-dataset-config v.json": "val_every=100 val_dataset=v.json",
    "--name 123": "name='123'",
    "--seed -1": "seed=-1",
}


@pytest.mark.parametrize("old", OLD_AND_NEW)
def test_old_words_and_new_words(old: str) -> None:
    assert " ".join(to_overrides(read_command(shlex.split(old), "train"))) == OLD_AND_NEW[old]


def test_the_other_scripts() -> None:
    words = "--ckpt-path ae.ckpt --dataset-config d.json --output-path out --batch-size 4 --is-discrete --limit-batches 3"
    assert " ".join(new_words(read_command(words.split(), "pre_encode"))) == (
        "pre-encode ckpt_path=ae.ckpt dataset=d.json output_path=out batch_size=4 is_discrete=true"
    )
    words = "--model-config m.json --ckpt-path last.ckpt --use-safetensors"
    assert " ".join(new_words(read_command(words.split(), "unwrap_model"))) == (
        "unwrap last.ckpt -o exported_model.safetensors --safetensors"
    )
    words = "--model-config m.json --ckpt-path m.ckpt --share"
    command = read_command(words.split(), "run_gradio")
    assert new_words(command) == ["generate", "model=m.json", "ckpt_path=m.ckpt", "model_half=true"]
    assert [fate.key for fate in fates(command) if fate.outcome == "dropped"] == ["share"]


TEXTS = [
    "x",
    "a b",
    "it's",
    "a,b",
    "5",
    "1e3",
    "true",
    "null",
    "a=b",
    "x'y\\",
    "/data/my music/é",
    "[a]",
    "a: b",
    "-x",
    "\\",
    "nan",
]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_survives_the_grammar_of_overrides(text: str) -> None:
    assert compose(Request((f"name={spelled(text)}",))).tree["name"] == text


def test_a_shell_script_is_taken_apart() -> None:
    text = """#!/bin/bash
#SBATCH --nodes=2
DATA=/data/music; export MODEL="${DATA}/my model.json"
cd x && CUDA_VISIBLE_DEVICES=0 python3 ./train.py --dataset-config $DATA/d.json --model-config "$MODEL" \\
   --name here --save-dir $OUT > log.txt 2>&1 &
torchrun --nproc 2 train.py --seed ${SEED:-3} | tee log
if [ -f x ]; then python /a/b/unwrap_model.py --ckpt-path 'it''s.ckpt'; fi
echo python train.py --name no
# python train.py --name no
"""
    calls = calls_in(text, "run.sh")
    assert [(call.script, call.line, call.words) for call in calls] == [
        ("train", 4, ("--dataset-config", "/data/music/d.json", "--model-config", "/data/music/my model.json", "--name", "here",
                      "--save-dir", "$OUT")),
        ("train", 6, ("--seed", "3")),
        ("unwrap_model", 7, ("--ckpt-path", "its.ckpt")),
    ]  # fmt: skip
    assert [(finding.line, finding.message) for finding in calls[0].findings] == [
        (4, "`$OUT` is set outside of this script: its value is not known here")
    ]


def test_an_open_quote_is_refused_with_its_line() -> None:
    with pytest.raises(Refused) as refused:
        calls_in("echo 'x\npython train.py --name 'x\n", "run.sh")
    assert [(finding.line, finding.message) for finding in refused.value.findings] == [
        (2, "the words of this line cannot be told apart: no closing quotation")
    ]
