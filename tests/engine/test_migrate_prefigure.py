"""INI files and command lines as prefigure itself reads them: ours gives the same values, or a finding that says why not."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stable_audio_config.migrate.command_line import read_command
from stable_audio_config.migrate.ini import ini_of
from stable_audio_config.report.finding import Refused

pytestmark = pytest.mark.engine

PUBLISHED = sorted((Path(__file__).parent.parent / "published" / "ini").glob("*.ini"))

QUICK = settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def theirs(text: str, words: list[str]) -> dict[str, Any] | None:
    """What prefigure gives the script; None where it fails, or argparse ends the process."""
    from prefigure.prefigure import get_all_args

    Path("x.ini").write_text(text, encoding="utf-8", newline="")
    sys.argv = ["train.py", "--config-file", "x.ini", *words]
    try:
        return vars(get_all_args())
    except (SystemExit, Exception):
        return None


def ours(text: str, words: list[str]) -> tuple[dict[str, Any] | None, set[str]]:
    """The same by our reading, and the keys that a finding is about; or None, and what the findings say."""
    try:
        ini = ini_of(text, "x.ini")
        command = read_command(words, "train", ini=ini)
    except Refused as refused:
        return None, {finding.message for finding in refused.findings}
    told = {entry.key for entry in ini.entries.values() for finding in ini.findings if finding.line == entry.line}
    return {key: value.value for key, value in command.values.items() if key in known(ini)}, told


def known(ini: Any) -> set[str]:
    """What prefigure makes flags of."""
    return {"name", "config_file", "wandb_config", *(entry.key for entry in ini.entries.values() if entry.read)}


def compare(text: str, words: list[str] | None = None) -> bool:
    """Whether both read the same, or ours says with a finding why not; False where we read what prefigure does not."""
    words = words or []
    got, (mine, said) = theirs(text, words), ours(text, words)
    if got is not None and mine is None:
        assert all("flag" in message for message in said), said  # Two keys that are one name for the script.
    if got is None or mine is None:
        return mine is None
    by_dest = {key.replace("-", "_").lstrip("_"): value for key, value in mine.items()}
    got.pop("config_file"), by_dest.pop("config_file", None)
    assert {key: (type(value), repr(value)) for key, value in got.items()} == {
        key: (type(value), repr(value)) for key, value in by_dest.items()
    }
    return True


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
@pytest.mark.parametrize(
    "words", [[], ["--name", "x", "--batch-size", "8"], ["--save-dir=a_dir", "--strategy", ""], ["--rec", "false"], ["--seed=3"]]
)
def test_published_ini_files_are_read_alike(file: Path, words: list[str]) -> None:
    text = file.read_text(encoding="utf-8")
    if words == ["--rec", "false"] and "recover" not in text:
        words = ["--pretrained-ckpt", "x"]
    assert compare(text, words)


LITERALS = """\
True|False|true|None|''|""|"16-mixed"|auto|8|-1|0.0|1e-4|1e400|'my_dir'|a_dir/b|[1, 2]|(1,)|{1: 2}|{[]: 1}|b'x'|8 # per GPU
wandb # or|'x # y' # z|50%|50%%|%(seed)s|0x10|1_000|007|C:\\new|'C:\\new'|a = b|a: b|-|...|1+2j|nan|é|\\|'|"|lambda: 1
__import__('os')"""
LETTERS = st.characters(min_codepoint=32, max_codepoint=0x2100, exclude_characters="\x7f\x85\u2028\u2029")
VALUES = st.one_of(st.sampled_from([*LITERALS.replace("\n", "|").split("|"), "[" * 200]), st.text(LETTERS, max_size=6))
NAMES = """\
name project batch_size recover save_dir seed num_gpus Batch_Size a-b a_b config_file wandb_config help h é 1 _ x.y name_of
config-file"""
KEYS = st.one_of(st.sampled_from([*NAMES.split(), "my key"]), st.from_regex(r"[a-z_]{1,5}", fullmatch=True))
OTHERS = ["", "# a comment", "; a comment", "  # indented", "  more", "\tmore = 1", "[OTHER]", "[DEFAULTS]", "[DEFAULT]", "alone"]
LINES = st.one_of(st.tuples(KEYS, st.sampled_from([" = ", "=", ": ", ":", "  =  "]), VALUES).map("".join), st.sampled_from(OTHERS))


@QUICK
@given(st.lists(LINES, max_size=6), st.sampled_from(["\n", "\n", "\r\n"]))
def test_any_ini_file_that_prefigure_reads_gives_what_prefigure_gave(lines: list[str], end: str) -> None:
    compare(end.join(["[DEFAULTS]", *lines, ""]))


TYPING = """\
--name x --batch-size 8 --batch --seed=3 --seed -1 --recover --flag False --save-dir a_dir --strategy --listed ab --none --num 3
--num-w -- 1.5 --batch-size=x -h2"""
WORDS = st.lists(st.sampled_from([*TYPING.split(), "", "a b"]), max_size=5)
TYPED = """\
[DEFAULTS]
batch_size = 4
recover = false
flag = True
none = None
listed = [1]
save_dir = ''
strategy = "auto"
num_nodes = 1
num_workers = 6
seed = 42
lr = 1e-4
"""


@QUICK
@given(WORDS)
def test_any_words_behind_the_script_are_read_alike(words: list[str]) -> None:
    compare(TYPED, words)


def test_the_traps_of_prefigure_are_real_and_told() -> None:
    text = "[DEFAULTS]\nname = mine\nuse_it = True\nsave_dir = 'my_dir'\nlogger = wandb # or comet\nrecover = false\n"
    got = theirs(text, [])
    assert got is not None
    assert (got["name"], got["use_it"], got["save_dir"]) == (None, False, Path("'my_dir'"))
    assert (got["logger"], got["recover"]) == ("wandb # or comet", "false")
    assert ours(text, [])[1] == {"name", "use_it", "save_dir", "logger", "recover"}
