"""`sat lsp` as an editor sees it: a process that answers over standard input and output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from editors.mistakes import FILES, MISTAKES
from lsp.editor import Editor, Json
from lsp.project import EXPERIMENT, MODEL

E, M = "conf/experiment/mine.yaml", "conf/model/mine.yaml"


def place(text: str, words: str, offset: int = 0) -> tuple[int, int]:
    """Line and character of some words, which stand once in the text."""
    assert text.count(words) == 1, words
    index = text.index(words) + offset
    return text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1)


def applied(text: str, edits: list[Json]) -> str:
    """The text after edits of a text of plain ASCII."""
    lines = text.splitlines(keepends=True)

    def index(position: Json) -> int:
        return sum(map(len, lines[: position["line"]])) + position["character"]

    for edit in sorted(edits, key=lambda edit: -index(edit["range"]["start"])):
        text = text[: index(edit["range"]["start"])] + edit["newText"] + text[index(edit["range"]["end"]) :]
    return text


@pytest.fixture
def opened(editor: Editor) -> Editor:
    """The experiment and its model are open, as they are on disk."""
    for name, text in ((M, MODEL), (E, EXPERIMENT)):
        found = editor.change(name, text) if name in editor.versions else editor.open(name)
        assert found == []
    return editor


def hovered(editor: Editor, name: str, text: str, words: str, offset: int = 1) -> str:
    found = editor.ask("textDocument/hover", editor.at(name, *place(text, words, offset)))
    return "" if found is None else str(found["contents"]["value"])


def offered(editor: Editor, name: str, text: str) -> list[str]:
    """What may be written at `|`, with that taken out."""
    line, character = place(text, "|")
    editor.change(name, text.replace("|", ""))
    return [item["label"] for item in editor.ask("textDocument/completion", editor.at(name, line, character))["items"]]


def target(editor: Editor, name: str, text: str, words: str, offset: int = 1) -> tuple[str, int] | None:
    """File name and line of a definition."""
    found = editor.ask("textDocument/definition", editor.at(name, *place(text, words, offset)))
    return None if found is None else ("/".join(found["uri"].split("/")[-2:]), found["range"]["start"]["line"])


def test_a_mistake_shows_while_it_is_typed_with_its_rule_and_page_and_is_gone_when_mended(opened: Editor) -> None:
    (found,) = opened.change(E, EXPERIMENT.replace("batch_size: 2", "batch_sise: 2"))
    line, character = place(EXPERIMENT, "batch_size")
    assert found["range"] == {"start": {"line": line, "character": character}, "end": {"line": line, "character": character + 10}}
    assert (found["severity"], found["code"], found["source"]) == (1, "unknown-key", "sat")
    assert found["codeDescription"]["href"].endswith("/docs/rules/unknown-key.md")
    assert "did you mean `batch_size`" in found["message"]
    assert opened.change(E, EXPERIMENT) == []


def test_a_text_that_is_not_valid_shows_where(opened: Editor) -> None:
    (found,) = opened.change(E, EXPERIMENT.replace("batch_size: 2", "batch_size: [2"))
    assert (found["code"], found["range"]["start"]["line"]) == ("syntax", place(EXPERIMENT, "max_steps")[0])


def test_two_values_that_disagree_name_each_other(opened: Editor) -> None:
    (found,) = opened.change(M, MODEL.replace("cond_token_dim: 128", "cond_token_dim: 64"))
    assert found["code"] == "cond-token-dim"
    assert found["range"]["start"]["line"] == place(MODEL, "cond_token_dim")[0]
    (related, *_) = found["relatedInformation"]
    assert related["location"]["uri"] == opened.uri(M)
    assert related["location"]["range"]["start"]["line"] == place(MODEL, "cond_dim: 128\n    configs")[0]


def test_an_unsaved_preset_counts_for_the_experiment_that_names_it(opened: Editor) -> None:
    opened.change(M, MODEL.replace("num_heads: 4", "num_heads: 5"))
    opened.settle()
    shown = opened.shown[opened.uri(E)]
    assert [found["code"] for found in shown] == ["attention-heads"]
    assert shown[0]["range"]["start"]["line"] == place(EXPERIMENT, "override /model")[0]
    assert shown[0]["relatedInformation"][0]["location"]["uri"] == opened.uri(M)
    assert [found["code"] for found in opened.shown[opened.uri(M)]] == ["attention-heads"], "once, not once for each document"
    assert opened.folder.joinpath(M).read_text() == MODEL


def test_a_preset_that_there_is_not_is_shown_at_its_entry(opened: Editor) -> None:
    (found,) = opened.change(E, EXPERIMENT.replace("/dataset: synthetic", "/dataset: sinthetic"))
    assert (found["code"], found["range"]["start"]["line"]) == ("unknown-preset", 3)


def test_a_file_of_someone_else_is_left_alone(editor: Editor) -> None:
    (editor.folder / "package.json").write_text('{"name": "x", "scripts": {}}')
    (editor.folder / "compose.yaml").write_text("name: x\nservices:\n  a: {image: b}\n")
    language = '{"model_type": "clap", "transformers_version": "4.56", "text_config": {}}'
    for name, text in {"config.json": language, "bert/config.json": '{"model_type": "bert"}'}.items():
        (editor.folder / name).parent.mkdir(exist_ok=True)
        (editor.folder / name).write_text(text)
        assert editor.open(name) == []
    assert editor.open("package.json") == []
    assert editor.open("compose.yaml") == []


def test_a_document_that_no_file_holds_yet_is_judged_by_itself(editor: Editor) -> None:
    found = editor.open("conf/model/new.yaml", MODEL.replace("num_heads: 4", "num_heads: 5"))
    assert [one["code"] for one in found] == ["attention-heads"]
    assert editor.open("conf/experiment/new.yaml", EXPERIMENT) == []


def test_findings_of_a_closed_document_are_taken_back(opened: Editor) -> None:
    (opened.folder / "extra.json").write_text('{"model_type": "autoencode", "sample_rate": 1}')
    assert opened.open("extra.json") != []
    opened.tell("textDocument/didClose", {"textDocument": {"uri": opened.uri("extra.json")}})
    opened.change(E, EXPERIMENT)
    opened.settle()
    assert opened.shown[opened.uri("extra.json")] == []


def test_a_cure_is_one_edit_of_the_buffer_and_what_is_not_sure_is_not_preferred(opened: Editor) -> None:
    text = EXPERIMENT.replace("batch_size: 2", "batch_sise: 2  # per process")
    (found,) = opened.change(E, text)
    context: Json = {"diagnostics": [found]}
    asked = {"textDocument": {"uri": opened.uri(E)}, "range": found["range"], "context": context}
    cure, everything = opened.ask("textDocument/codeAction", asked)
    assert (cure["title"], cure["kind"], cure["isPreferred"]) == ("Rename `batch_sise` to `batch_size`", "quickfix", True)
    assert cure["diagnostics"] == [found]
    assert applied(text, cure["edit"]["changes"][opened.uri(E)]) == EXPERIMENT.replace("size: 2", "size: 2  # per process")
    assert everything["kind"] == "source.fixAll.sat"


def test_everything_that_has_one_cure_is_mended_at_once(opened: Editor) -> None:
    text = EXPERIMENT.replace("batch_size", "batch_sise").replace("max_steps", "max_stepz").replace("use_ema", "use_emaa")
    assert len(opened.change(E, text)) == 3
    start = {"line": 0, "character": 0}
    context: Json = {"diagnostics": [], "only": ["source.fixAll"]}
    asked = {"textDocument": {"uri": opened.uri(E)}, "range": {"start": start, "end": start}, "context": context}
    (everything,) = opened.ask("textDocument/codeAction", asked)
    assert applied(text, everything["edit"]["changes"][opened.uri(E)]) == EXPERIMENT


SHIPPED = """\
# @package _global_
defaults:
  - override /model: tiny_diffusion_cond
  - override /dataset: synthetic
model:
  model:
    diffusion:
      config:
        embed_dim: 100  # a hundred
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SHIPPED, SHIPPED.replace("        embed_dim", "        num_heads: 2\n        embed_dim")),
        (SHIPPED + "name: x", SHIPPED.replace("        embed_dim", "        num_heads: 2\n        embed_dim") + "name: x"),
    ],
)
def test_a_cure_in_a_shipped_preset_is_made_in_the_experiment(opened: Editor, before: str, after: str) -> None:
    (found,) = opened.change(E, before)
    assert (found["code"], found["range"]["start"]["line"]) == ("attention-heads", place(before, "embed_dim")[0])
    assert "(in preset model/tiny_diffusion_cond.yaml:" in found["message"]
    asked = {"textDocument": {"uri": opened.uri(E)}, "range": found["range"], "context": {"diagnostics": [found]}}
    (cure,) = opened.ask("textDocument/codeAction", asked)
    assert cure["title"] == "Set `num_heads` to 2 in this experiment"
    assert applied(before, cure["edit"]["changes"][opened.uri(E)]) == after


def test_hover_tells_meaning_default_unit_origin_and_what_follows(opened: Editor) -> None:
    told = hovered(opened, E, EXPERIMENT, "sample_size")
    assert "`model.sample_size`: `65536`" in told
    assert "in audio samples" in told
    assert "takes: a whole number above 0, or null" in told
    assert f"written: [conf/experiment/mine.yaml:12]({opened.uri(E)}#L12)" in told
    assert f"beats: [conf/model/mine.yaml:4]({opened.uri(M)}#L4): `32768`" in told
    assert "1.49 s at 44100 Hz" in told
    assert "4 layers of 128, 65536 tokens" in told


def test_hover_on_an_interpolation_tells_what_it_comes_to(opened: Editor) -> None:
    told = hovered(opened, E, EXPERIMENT, "${name}", 3)
    assert '`save_dir`: `"runs/mine"`' in told
    assert '`${name}` is `"mine"`' in told


def test_hover_on_a_preset_shows_what_it_says_of_itself(opened: Editor) -> None:
    assert "Two numbers and a kind become tones." in hovered(opened, E, EXPERIMENT, "mine\n  - override", 1)
    assert "- model: `mine`\n- training: `default`\n- dataset: `synthetic`" in hovered(opened, E, EXPERIMENT, "defaults:")


def test_a_preset_that_changes_on_disk_is_read_again(tmp_path: Path) -> None:
    watched = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
    model, experiment = tmp_path / M, tmp_path / E
    for file, text in ((model, MODEL), (experiment, EXPERIMENT)):
        file.parent.mkdir(parents=True)
        file.write_text(text)
    with Editor(tmp_path, capabilities=watched) as started:
        assert started.open(E) == []
        assert started.registered == ["workspace/didChangeWatchedFiles"]
        model.write_text(MODEL.replace("num_heads: 4", "num_heads: 5"))
        started.tell("workspace/didChangeWatchedFiles", {"changes": [{"uri": started.uri(M), "type": 2}]})
        (found,) = started.found(E)
        assert found["code"] == "attention-heads"
        assert found["relatedInformation"][0]["location"]["uri"] == started.uri(M)


def test_hover_on_a_condition_shows_its_shape(opened: Editor) -> None:
    told = hovered(opened, M, MODEL, "[kind, seconds_total]", 2)
    assert "`kind`, int: 1 x 128 → `cross_attention_cond_ids`" in told


def test_keys_are_offered_by_the_branch_that_a_preset_has_chosen(opened: Editor) -> None:
    names = offered(opened, E, EXPERIMENT.replace("  use_ema: false", "  use_ema: false\n  |"))
    assert {"learning_rate", "optimizer_configs", "cfg_dropout_prob"} <= set(names)
    assert "use_ema" not in names, "it is written already"
    assert "loss_configs" not in names, "that is a key of autoencoders"


def test_keys_are_offered_while_the_text_is_not_valid(opened: Editor) -> None:
    assert "embed_dim" in offered(opened, M, MODEL.replace("      embed_dim: 128\n", "      emb|\n"))


def test_tags_words_and_presets_are_offered(opened: Editor) -> None:
    assert {"oobleck", "dac"} <= set(offered(opened, M, "model_type: autoencoder\nmodel:\n  encoder:\n    type: |\n"))
    assert offered(opened, E, EXPERIMENT.replace("use_ema: false", "use_ema: |")) == ["true", "false"]
    assert "bf16-mixed" in offered(opened, E, EXPERIMENT.replace("precision: 32-true", "precision: |"))
    assert {"mine", "tiny_lm"} <= set(offered(opened, E, EXPERIMENT.replace("/model: mine", "/model: |")))
    assert "override /training" in offered(opened, E, EXPERIMENT.replace("  - override /model: mine", "  - ov|"))


def test_ids_of_conditioners_are_offered_where_one_is_named(opened: Editor) -> None:
    assert offered(opened, M, MODEL.replace("global_cond_ids: [seconds_total]", "global_cond_ids: [|]")) == [
        "kind",
        "seconds_total",
    ]
    demos = EXPERIMENT.replace("{kind: 1, seconds_total: 1}", "{kind: 1, |}")
    assert offered(opened, E, demos) == ["seconds_total"]


def test_keys_are_offered_inside_an_interpolation(opened: Editor) -> None:
    assert "model.sample_rate" in offered(opened, E, EXPERIMENT.replace("${name}", "${model.|}"))


def test_what_is_offered_fits_a_json_file(editor: Editor) -> None:
    text = '{\n  "model_type": "autoencoder",\n  "sample_size": 1,\n  "|"\n}\n'
    line, character = place(text, "|")
    editor.open("model_config.json", text.replace("|", ""))
    items = editor.ask("textDocument/completion", editor.at("model_config.json", line, character))["items"]
    made = {item["label"]: item["textEdit"] for item in items}
    assert applied(text.replace("|", ""), [made["sample_rate"]]) == text.replace('"|"', '"sample_rate": ')
    assert "training" in made


def test_definitions_of_presets_references_and_conditioners(opened: Editor) -> None:
    assert target(opened, E, EXPERIMENT, "mine\n  - override") == ("model/mine.yaml", 0)
    assert target(opened, E, EXPERIMENT, "synthetic") == ("dataset/synthetic.yaml", 0)
    assert target(opened, E, EXPERIMENT, "${name}", 3) == ("experiment/mine.yaml", place(EXPERIMENT, "name: mine")[0])
    assert target(opened, M, MODEL, "[seconds_total]", 2) == ("model/mine.yaml", place(MODEL, "id: seconds_total")[0])
    assert target(opened, E, EXPERIMENT, "seconds_total: 1") == ("model/mine.yaml", place(MODEL, "id: seconds_total")[0])
    assert target(opened, E, EXPERIMENT, "sample_size") == ("model/mine.yaml", place(MODEL, "sample_size")[0]), "what it beats"


def test_a_conditioner_is_renamed_in_every_file_that_names_it(opened: Editor) -> None:
    at = opened.at(M, *place(MODEL, "id: seconds_total", 5))
    assert opened.ask("textDocument/prepareRename", at)["placeholder"] == "seconds_total"
    edits = opened.ask("textDocument/rename", {**at, "newName": "length"})["changes"]
    assert applied(MODEL, edits[opened.uri(M)]) == MODEL.replace("seconds_total", "length")
    assert set(edits) == {opened.uri(M)}, "the model alone: it does not know who names it"
    from_experiment = opened.at(E, *place(EXPERIMENT, "seconds_total: 1", 2))
    edits = opened.ask("textDocument/rename", {**from_experiment, "newName": "length"})["changes"]
    assert applied(MODEL, edits[opened.uri(M)]) == MODEL.replace("seconds_total", "length")
    assert applied(EXPERIMENT, edits[opened.uri(E)]) == EXPERIMENT.replace("seconds_total", "length")
    assert len(opened.ask("textDocument/references", {**from_experiment, "context": {"includeDeclaration": True}})) == 4


def test_what_cannot_be_renamed_says_why(opened: Editor) -> None:
    at = opened.at(M, *place(MODEL, "id: seconds_total", 5))
    with pytest.raises(RuntimeError, match="there is a conditioner `kind` already"):
        opened.ask("textDocument/rename", {**at, "newName": "kind"})
    elsewhere = opened.at(M, *place(MODEL, "embed_dim", 1))
    assert opened.ask("textDocument/prepareRename", elsewhere) is None
    with pytest.raises(RuntimeError, match="only the id of a conditioner"):
        opened.ask("textDocument/rename", {**elsewhere, "newName": "x"})


def test_columns_are_counted_as_the_editor_counts_them(opened: Editor) -> None:
    text = EXPERIMENT.replace("name: mine\n", "name: mine\n_note: {song: 🎹🎹, batch: 🎹}\n")
    text = text.replace("{kind: 1, seconds_total: 1}", '{"🎹": "🎹🎹", kind: 1, seconds_total: 1}')
    found = [one for one in opened.change(E, text) if one["code"] == "demo-cond"]
    line, character = place(text, '"🎹🎹"')
    # One character beyond the basic plane stands before the value. It counts twice, and so do those inside.
    assert [one["range"] for one in found] == [
        {"start": {"line": line, "character": character + 1}, "end": {"line": line, "character": character + 7}}
    ]
    # Three of them stand before `kind`.
    line, character = place(text, "kind: 1")
    told = opened.ask("textDocument/hover", opened.at(E, line, character + 3))
    assert told["range"]["start"] == {"line": line, "character": character + 3}
    assert told["range"]["end"] == {"line": line, "character": character + 7}


def test_the_outline_and_the_hints(opened: Editor) -> None:
    outline = opened.ask("textDocument/documentSymbol", {"textDocument": {"uri": opened.uri(M)}})
    assert [one["name"] for one in outline] == ["model_type", "sample_rate", "sample_size", "audio_channels", "model"]
    ids = outline[4]["children"][0]["children"][1]["children"]
    assert [(one["name"], one["detail"]) for one in ids] == [("[0]", "kind"), ("[1]", "seconds_total")]
    everything = {"start": {"line": 0, "character": 0}, "end": {"line": 100, "character": 0}}
    hints = opened.ask("textDocument/inlayHint", {"textDocument": {"uri": opened.uri(E)}, "range": everything})
    assert [hint["label"] for hint in hints] == ["= runs/mine", "1.49 s"]


def test_a_question_about_nothing_has_no_answer(opened: Editor) -> None:
    for line, character in ((0, 3), (500, 2), (0, 900)):
        assert opened.ask("textDocument/definition", opened.at(E, line, character)) is None
    assert opened.ask("textDocument/hover", opened.at("nowhere.yaml", 0, 0)) is None


TEXTS = {
    "nothing": "",
    "no text": "\0",
    "open": "{",
    "a list": "- 1",
    "endless": "a: &b [*b]",
    "keys of lists": "? [1]\n: 2",
    "half a character": '{"a": "\ud83d"}',
    "deep": "x: " + "[" * 400,
    "entries without names": "defaults: [null, 1, {}, {a: b, c: d}, [x]]\nname: x\nbatch_size: 2\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_no_text_ends_the_server(opened: Editor, text: str) -> None:
    opened.change(E, text)
    for request in ("hover", "completion", "definition", "documentSymbol"):
        opened.ask(f"textDocument/{request}", opened.at(E, 0, 1))
    assert opened.errors == []


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with Editor(tmp_path, capabilities={"textDocument": {"rename": {"prepareSupport": True}}}) as started:
        assert started.capabilities["renameProvider"] == {"prepareProvider": True}
    assert started.code == 0


BROKEN = """
from stable_audio_config.lsp import desk, server
def fail(*_):
    print("a stray word")
    raise ZeroDivisionError("ours")
desk.Desk.hover = fail
server.serve(None, plugins=False)
"""


def test_a_mistake_of_our_own_is_a_line_in_the_log_and_the_server_lives_on(tmp_path: Path) -> None:
    with Editor(tmp_path, program=["-c", BROKEN]) as started:
        assert started.open("model.json", '{"model_type": "autoencoder"}') != []
        assert started.ask("textDocument/hover", started.at("model.json", 0, 2)) is None
        assert started.open("other.json", '{"dataset_type": "audio"}') != []
        (logged,) = started.errors
        assert "this is a bug of stable-audio-config" in logged
        assert "ZeroDivisionError: ours" in logged
        started.errors.clear()


def test_without_pygls_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['pygls'] = None; sys.argv = ['sat', 'lsp']; from stable_audio_config.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "`sat lsp` needs `pygls`, which is not installed" in done.stderr
    assert "pip install 'stable-audio-config[editor]'" in done.stderr


ALL_OF_IT = """
import sys
from pathlib import Path
from lsprotocol.types import Position
from stable_audio_config.lsp.buffers import buffer_of
from stable_audio_config.lsp.desk import Desk
from stable_audio_config.lsp import server
file = Path(sys.argv[1])
one = buffer_of(file.as_uri(), 1, file.read_text(), "utf-16")
desk = Desk()
def work():
    desk.check(one.uri)
    for line in range(20):
        for ask in (desk.hover, desk.completion, desk.definition):
            ask(one.uri, Position(line, 5))
desk.look({one.uri: one}, "utf-16", work)
print(sorted({"torch", "numpy", "stable_audio_tools", "wandb"} & sys.modules.keys()), len(desk.reported[one.uri]))
"""


def test_nothing_asks_for_the_engine(folder: Path) -> None:
    run = [sys.executable, "-c", ALL_OF_IT, str(folder / E)]
    done = subprocess.run(run, capture_output=True, text=True, cwd=folder, timeout=120, check=True)
    assert done.stdout == "[] 0\n"


def test_the_twenty_mistakes_show_on_their_lines(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with Editor(tmp_path) as editor:
        for name, text in FILES.items():
            before = [(one["code"], one["message"]) for one in editor.open(name)]  # A note about a short run, say.
            assert not [one for one in editor.shown[editor.uri(name)] if one["severity"] == 1], name
            for mistake in (mistake for mistake in MISTAKES if mistake.file == name):
                found = editor.change(name, mistake.text)
                new = [one["range"]["start"]["line"] + 1 for one in found if (one["code"], one["message"]) not in before]
                assert new == [mistake.line], (mistake.name, found)
            assert [(one["code"], one["message"]) for one in editor.change(name, text)] == before
