"""`sat validate` as a command: exit codes, formats, whatever may stand in a file, and what it never does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from stable_audio_config.cli.fixing import mend
from stable_audio_config.source.reading import LARGEST
from stable_audio_config.validation.check import check_files

MINE = """\
# mine
defaults:
  - override /model: tiny_autoencoder
  - override /dataset: synthetic
name: mine
"""
DATA = {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}
Sat = Callable[..., Any]

LIMIT = 120
"""Seconds for a process, on a machine that is busy with ten others."""


def program(*words: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stable_audio_config", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=LIMIT, check=False, **options)


# Exit codes and what is printed.


def test_a_clean_file(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps(DATA))
    assert (sat("validate", "data.json").code, sat("validate", "data.json").out) == (0, "data.json: no findings\n")
    assert sat("validate", "-q", "data.json").out == ""
    (tmp_path / "more.json").write_text(json.dumps(DATA))
    assert sat("validate", ".").out == "2 files: no findings\n"


def test_a_file_with_a_mistake(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps(DATA | {"random_crop": "yes"}, indent=1))
    result = sat("validate", "data.json")
    assert (result.code, result.err) == (1, "")
    assert result.out == (
        'error[wrong-type]: `random_crop` must be true or false, not "yes"\n'
        "  --> data.json:9:17 `random_crop`\n"
        "   |\n"
        ' 9 |  "random_crop": "yes"\n'
        "   |                 ^^^^^\n"
        "\n"
        "1 error\n"
    )


def test_warnings_are_errors_only_where_that_is_asked(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps(DATA | {"nobody_reads_this": 1}))
    assert (sat("validate", "data.json").code, sat("validate", "--strict", "data.json").code) == (0, 1)


def test_words_and_files_of_an_experiment(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    assert sat("validate", "experiment=quick_test", "batch_size=4").out == "experiment=quick_test batch_size=4: no findings\n"
    assert sat("validate", "mine.yaml", "batch_size=0").code == 1
    assert "command line" in sat("validate", "mine.yaml", "batch_size=0").out


def test_wrong_use(sat: Sat) -> None:
    assert sat("validate").code == 2
    assert "name a file, a folder" in sat("validate").err
    assert sat("validate", "--format", "xml", "a.yaml").code == 2


@pytest.mark.parametrize("style", ["json", "sarif"])
def test_programs_read_what_they_are_given(sat: Sat, tmp_path: Path, style: str) -> None:
    (tmp_path / "data.json").write_text("{")
    for name, count in (("data.json", 1), (None, 0)):
        result = sat("validate", "--format", style, *([name] if name else ["experiment=quick_test"]))
        tree = json.loads(result.out)
        assert (len(tree["findings"] if style == "json" else tree["runs"][0]["results"]), result.code) == (count, min(count, 1))


def test_lines_for_editors_and_for_github(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text("{")
    concise = sat("validate", "--format", "concise", "data.json").out
    assert concise.startswith("data.json:1:2: error[syntax]: not valid JSON")
    assert sat("validate", "--format", "github", "data.json").out.startswith("::error file=data.json,line=1,col=2,title=syntax::")


# Whatever may stand in a file.


def levels(line: str, reference: str) -> str:
    """Ten lines, each of which repeats the one before ten times."""
    pairs = pairwise("abcdefghijk")
    return "".join(line.format(new=new, ten=reference.format(old=old) * 10) + "\n" for old, new in pairs)


BAD: dict[str, bytes | str] = {
    "truncated.json": '{"model_type": "autoencoder", "sample_rate": 44',
    "truncated.yaml": "model_type: autoencoder\nmodel: {encoder: [1, 2",
    "binary.json": bytes(range(256)),
    "binary.yaml": b"\x7fELF\0\0\0",
    "utf16.json": '{"model_type": "lm"}'.encode("utf-16"),
    "latin1.yaml": "name: é".encode("latin-1"),
    "bom.json": b'\xef\xbb\xbf{"dataset_type": "x"}',
    "bom.yaml": b"\xef\xbb\xbfdataset_type: x\n",
    "tabs.yaml": "dataset_type: audio_dir\ndatasets:\n\t- id: a\n",
    "crlf.yaml": "dataset_type: audio_dir\r\ndatasets: 5\r\n",
    "twice.json": '{"dataset_type": "wds",\n "a": "\\"", "dataset_type": "s3"}',
    "twice.yaml": "dataset_type: wds\ndataset_type: s3\n",
    "tag.yaml": "dataset_type: !!python/object/apply:os.system ['touch owned']\n",
    "module.yaml": "dataset_type: !!python/name:os.system\n",
    "anchor.yaml": "dataset_type: &a audio_dir\ndatasets: *a\n",
    "loop.yaml": "dataset_type: audio_dir\ndatasets: &a [*a]\n",
    "bomb.yaml": "a: &a [1]\n" + levels("{new}: &{new} [{ten}]", "*{old}, "),
    "deep.json": '{"model_type": ' * 10_000 + "1" + "}" * 10_000,
    "deep.yaml": "model_type: " + "[" * 10_000 + "]" * 10_000,
    "open.yaml": "[" * 200_000,
    "nan.json": '{"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": NaN}], "drop_last": Infinity}',
    "inf.yaml": "dataset_type: audio_dir\ndatasets: [{id: a, path: .inf}]\n",
    "negative.json": '{"model_type": "autoencoder", "sample_rate": -1, "sample_size": -5, "model": {}}',
    "empty_list.json": '{"dataset_type": "audio_dir", "datasets": []}',
    "huge.json": '{"model_type": "autoencoder", "sample_size": 1' + "0" * 400 + "}",
    "digits.json": '{"model_type": "autoencoder", "sample_size": 1' + "0" * 5000 + "}",
    "hex.yaml": "model_type: autoencoder\nsample_size: 0x" + "f" * 5000,
    "empty.json": "",
    "list.json": "[]",
    "text.yaml": "hello",
    "half.json": '{"dataset_type": "\\ud800"}',
    "escape.json": '{"dataset_type": "audio_dir", "\\u001b[31m\\n": 1, "datasets": 5}',
    "old.ini": "[DEFAULTS]\nname = a\n",
    "circle.yaml": MINE + "project: ${save_dir}\nsave_dir: ${project}\n",
    "growing.yaml": MINE + "_a: xx\n" + levels("_{new}: {ten}", "${{_{old}}}") + "project: ${_k}\n",
    "hydra.yaml": MINE + "hydra: null\n",
    "header.yaml": "# @package a: b\n" + MINE,
}  # fmt: skip


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    for name, content in BAD.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    (tmp_path / "gone.json").symlink_to("nowhere.json")
    (tmp_path / "itself.yaml").symlink_to("itself.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(100_000_000)
    return tmp_path


def test_anything_in_a_file_ends_in_a_finding_that_names_it(bad: Path) -> None:
    done = program("validate", "--format", "json", ".", cwd=bad)
    assert (done.returncode, done.stderr) == (1, ""), "no traceback, nothing beside the findings"
    found = json.loads(done.stdout)["findings"]
    errors = {finding["file"] for finding in found if finding["severity"] == "error"}
    assert errors == {*BAD, "gone.json", "itself.yaml", "large.json"}
    lined = {finding["file"] for finding in found if finding["line"] is not None}
    unlined = {
        "binary.json",
        "binary.yaml",
        "utf16.json",
        "latin1.yaml",
        "loop.yaml",
        "bomb.yaml",
        "deep.json",
        "deep.yaml",
        "open.yaml",
    }
    unlined |= {"list.json", "text.yaml", "old.ini", "gone.json", "itself.yaml", "large.json"}
    assert errors - lined <= unlined, "what is said about a key names its line"
    assert not (bad / "owned").exists()


@pytest.mark.parametrize("style", ["text", "concise", "github", "sarif"])
def test_anything_can_be_printed(bad: Path, sat: Sat, style: str) -> None:
    names = [str(bad / name) for name in ("half.json", "escape.json", "crlf.yaml", "huge.json", "tag.yaml")]
    result = sat("validate", "--format", style, *names)
    assert (result.code, result.err) == (1, "")
    assert "\x1b[31m" not in result.out


def test_a_name_that_no_terminal_can_show(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\n.json")
    (tmp_path / name).write_text("{")
    for style in ("text", "json", "github"):
        done = program("validate", "--format", style, ".", cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert (done.returncode, done.stderr) == (1, "")


def test_standard_input_that_never_ends(tmp_path: Path) -> None:
    endless = "import sys\nwhile True: sys.stdout.write('a: 1 # ' * 10_000)"
    with subprocess.Popen([sys.executable, "-c", endless], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as source:
        try:
            done = program("validate", "-", cwd=tmp_path, stdin=source.stdout)
        finally:
            source.kill()
    assert done.returncode == 1
    assert f"`-` is larger than {LARGEST // 1_000_000} MB" in done.stdout


def test_devices_and_words_that_are_no_files(sat: Sat) -> None:
    assert "is larger than" in sat("validate", "/dev/zero").out
    for word in ("a" * 5000, "a" * 5000 + ".json", f"model={'a' * 5000}", '{"model_type": "lm"}', "nowhere.json"):
        result = sat("validate", word)
        assert (result.code, result.err) == (1, ""), word[:20]


# What it never does.

WATCHED = """
import os, sys

def hook(event, words):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.")):
        done.append((event, str(words)[:200]))
    if event.startswith(("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink", "shutil.")):
        done.append((event, str(words)[:200]))
    if event == "open" and isinstance(words[2], int) and words[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        done.append((event, str(words)[:200]))
    if event == "import" and words[0] in ("mine_to_run", "metadata_to_run", "torch", "stable_audio_tools"):
        done.append((event, words[0]))

done = []
from stable_audio_config.cli import main
sys.addaudithook(hook)
try:
    main()
except SystemExit as ended:
    print("code", ended.code)
print("done", done)
"""


def watched(cwd: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCHED, *words], cwd=cwd, capture_output=True, text=True, timeout=LIMIT, check=False,
        env={**os.environ, "PYTHONPATH": str(cwd)},
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_it_runs_nothing_of_a_config_opens_no_connection_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine_to_run.py").write_text("open('owned', 'w').close()\n")
    (tmp_path / "metadata_to_run.py").write_text("open('owned', 'w').close()\ndef get_custom_metadata(info, audio): ...\n")
    text = MINE.replace("synthetic", "audio_dir") + "plugins: [mine_to_run]\nsave_dir: new/folder\nbatch_sise: 1\nlogger: wandb\n"
    text += "dataset: {datasets: [{id: a, path: 's3://x/y', custom_metadata_module: metadata_to_run.py}]}\n"
    text += "model: {model: {bottleneck: {type: mine}}}\n"
    (tmp_path / "mine.yaml").write_text(text)
    (tmp_path / "model.json").write_text(json.dumps({"model_type": "diffusion_cond", "model": {"conditioning": {"configs": [
        {"id": "p", "type": "t5", "config": {"t5_model_name": "t5-base"}}]}}}))  # fmt: skip
    before = sorted(path.name for path in tmp_path.rglob("*"))
    for words in (["mine.yaml"], ["model.json", "--fix"], ["."], ["experiment=quick_test"], ["mine.yaml", "--fix"]):
        told = watched(tmp_path, "validate", *words)
        assert told.endswith("done []\n"), told
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_a_type_that_only_a_named_plugin_can_know_is_left_open(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE + "plugins: [no_such_plugin]\nmodel: {model: {bottleneck: {type: mine}}}\n")
    result = sat("validate", "mine.yaml")
    assert (result.code, "warning[unknown-type]" in result.out) == (0, True)
    result = sat("validate", "--plugins", "mine.yaml")
    assert (result.code, "error[plugin]" in result.out) == (1, True)


# Mending.


def test_a_cure_is_shown_and_written_only_when_asked(sat: Sat, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE + "batch_sise: 16  # as large as it gets\n")
    before = file.read_bytes()
    shown = sat("validate", "--fix", "mine.yaml")
    assert (shown.code, file.read_bytes()) == (1, before)
    assert "-batch_sise: 16  # as large as it gets\n+batch_size: 16  # as large as it gets\n" in shown.out
    done = sat("validate", "--fix", "--yes", "mine.yaml")
    assert (done.code, file.read_text()) == (0, MINE + "batch_size: 16  # as large as it gets\n")
    assert sat("validate", "mine.yaml").out == "mine.yaml: no findings\n"


def test_what_has_no_cure_stays_a_finding(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps(DATA | {"random_crp": True, "dataset_type": "audio_dri"}, indent=2))
    (tmp_path / "data.json").write_text(json.dumps(DATA | {"random_crp": True, "drop_last": "maybe"}, indent=2))
    result = sat("validate", "--fix", "--yes", "data.json")
    assert (result.code, "wrong-type" in result.out, "unknown-key" in result.out) == (1, True, False)
    assert '"random_crop": true' in (tmp_path / "data.json").read_text()


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b""], ids=["mark", "no mark"])
@pytest.mark.parametrize("end", ["\r\n", "\n"], ids=["windows", "unix"])
def test_everything_else_stays_byte_for_byte(sat: Sat, tmp_path: Path, content: bytes, end: str) -> None:
    before = content + (MINE + "batch_sise: 16\nlogger: 'csv'   #  é\n").replace("\n", end).encode()
    (tmp_path / "mine.yaml").write_bytes(before)
    assert sat("validate", "--fix", "--yes", "mine.yaml").code == 0
    assert (tmp_path / "mine.yaml").read_bytes() == before.replace(b"batch_sise", b"batch_size")


def test_a_model_file_named_by_an_experiment_is_mended_where_it_stands(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps(DATA | {"random_crp": True}, indent=2))
    (tmp_path / "mine.yaml").write_text(MINE.replace("synthetic", "data.json"))
    assert sat("validate", "--fix", "--yes", "mine.yaml").code == 0
    assert '"random_crop": true' in (tmp_path / "data.json").read_text()
    assert (tmp_path / "mine.yaml").read_text() == MINE.replace("synthetic", "data.json")


def test_what_was_typed_or_shipped_is_not_mended(sat: Sat) -> None:
    result = sat("validate", "--fix", "--yes", "experiment=quick_test", "batch_sise=4")
    assert (result.code, "unknown-key" in result.out) == (1, True)


def test_a_disk_that_is_full_leaves_the_file_whole(sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "mine.yaml"
    file.write_text(MINE + "batch_sise: 16\n")
    monkeypatch.setattr(os, "fsync", full)
    result = sat("validate", "--fix", "--yes", "mine.yaml")
    assert (result.code, file.read_text()) == (1, MINE + "batch_sise: 16\n")
    assert "No space left on device" in result.out + result.err
    assert "Traceback" not in result.out + result.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_folder_that_may_not_be_written_to_leaves_the_file_whole(
    sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_words: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = tmp_path / "mine.yaml"
    file.write_text(MINE + "batch_sise: 16\n")
    monkeypatch.setattr("tempfile.mkstemp", closed)  # Root may write everywhere, so the system is asked to say no.
    result = sat("validate", "--fix", "--yes", "mine.yaml")
    assert (result.code, file.read_text()) == (1, MINE + "batch_sise: 16\n")
    assert "error[not-writable]: `mine.yaml` was left as it is" in result.out
    assert "error[unknown-key]" in result.out, "what was not mended is still to be mended"


# What an experiment needs of this machine.


def test_data_that_is_not_on_this_machine_is_looked_for_when_asked(sat: Sat, tmp_path: Path) -> None:
    text = MINE.replace("synthetic", "audio_dir") + "dataset:\n  datasets:\n    - {id: a, path: sounds}\n"
    (tmp_path / "mine.yaml").write_text(text)
    assert sat("validate", "mine.yaml").code == 0, "an experiment may be checked where its data is not"
    for words in (["mine.yaml"], ["mine.yaml", "batch_size=4"]):
        result = sat("validate", "--here", "--format", "concise", *words)
        assert result.code == 1
        assert "mine.yaml:8:21: error[missing-file]: the folder `sounds` does not exist" in result.out
    assert sat("validate", "--here", "mine.yaml", "batch_size=0").out.count("error[") == 1, "the experiment itself comes first"


def test_training_says_where_the_path_stands_that_leads_nowhere(sat: Sat, tmp_path: Path) -> None:
    text = MINE.replace("synthetic", "audio_dir") + "dataset:\n  datasets:\n    - {id: a, path: sounds}\n"
    (tmp_path / "mine.yaml").write_text(text)
    result = sat("train", "mine.yaml")
    assert (result.code, "  --> mine.yaml:8:21 `dataset.datasets.0.path`\n" in result.err) == (1, True)
    assert not (tmp_path / "runs").exists()


def test_synthetic_sounds_that_are_yet_to_be_made_are_not_missing(
    sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAT_CACHE", str(tmp_path / "cache"))
    result = sat("validate", "--here", "--format", "json", "experiment=quick_test")
    assert [finding for finding in json.loads(result.out)["findings"] if finding["path"][:1] == ["dataset"]] == []
    assert not (tmp_path / "cache").exists()


EXAMPLES = Path(__file__).parent.parent / "examples"


def _with_comments(file: Path) -> list[str]:
    """The file with a comment behind each of its values; all of them."""
    lines = file.read_text(encoding="utf-8").splitlines()
    lines = [f"{line}  # kept {number}" if line.strip() and "#" not in line else line for number, line in enumerate(lines)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines


def test_every_sure_cure_of_an_example_cures_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cured = 0
    for folder in sorted(EXAMPLES.iterdir()):
        here = tmp_path / folder.name
        copytree(folder, here)
        monkeypatch.chdir(here)
        before = check_files(["bad.yaml"])[0]
        curable = [finding for finding in before if finding.rule == folder.name and _is_curable(finding, here)]
        if not curable:
            continue
        kept = _with_comments(Path("bad.yaml"))
        before = check_files(["bad.yaml"])[0]
        mend(before, write=True, show=False)
        left = {(finding.rule, finding.path) for finding in check_files(["bad.yaml"])[0]}
        for finding in curable:
            assert (finding.rule, finding.path) not in left, f"{folder.name} is not cured"
        text = Path("bad.yaml").read_text(encoding="utf-8")
        lost = [line for line in kept if "# kept" in line and line.partition("# kept")[2] not in text]
        assert len(lost) <= len(curable), "only the comment of a key that is taken out goes with it"
        cured += 1
    assert cured >= 10


def _is_curable(finding: Any, here: Path) -> bool:
    edits = finding.fix.edits if finding.fix is not None and finding.fix.sure else ()
    return bool(edits) and all(edit.file is not None and Path(edit.file).is_relative_to(here) for edit in edits)
