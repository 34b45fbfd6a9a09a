"""Whatever stands in a file, reading and judging it ends in findings: nothing but `Refused` is ever raised.

A thorough run: FUZZ_EXAMPLES=5000 python -m pytest tests/validation/test_fuzz.py
"""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.report.finding import Finding, Refused
from stable_audio_config.report.formats import FORMATS
from stable_audio_config.source.edit import Change, edited
from stable_audio_config.source.positions import positions
from stable_audio_config.source.reading import tree_of
from stable_audio_config.source.writing import as_yaml
from stable_audio_config.validation.document import Kind, judge_document, kind_of_document
from stable_audio_config.validation.judge import judge

Tree = dict[str, Any]
Key = tuple[str | int, ...]

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)

PUBLISHED = [
    json.loads(file.read_text(encoding="utf-8")) for file in sorted((Path(__file__).parent.parent / "published").glob("*.json"))
]
JUDGED = ("model", "dataset", "training")


def _keys(tree: Any) -> set[str]:
    if isinstance(tree, dict):
        return {*tree, *(key for value in tree.values() for key in _keys(value))}
    return {key for value in tree for key in _keys(value)} if isinstance(tree, list) else set()


WORDS = sorted(_keys(PUBLISHED) | {"dataset_type", "datasets", "id", "path", "defaults", "lora", "arc", "val_dataset", "seed"})
TAGS = ["autoencoder", "diffusion_cond", "lm", "clap", "audio_dir", "pre_encoded", "vae", "oobleck", "dit", "t5", "number", "int"]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70),
    st.integers(-(2**63), 2**63),
    st.sampled_from([0, -1, 1, 2**31, 2**62, 1e308, -1e308, 1e-308, 0.0, -0.0, float("nan"), float("inf"), -float("inf")]),
    st.floats(),
    st.sampled_from(["", "???", "${name}", "${", "_", "1e-4", "true", "\n", "a.b", "é", "\u2028", *TAGS]),
    st.text(max_size=8),
)
NAMES = st.one_of(st.sampled_from(WORDS), st.text(max_size=6))
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=5)), max_leaves=25
)
TREES = st.dictionaries(NAMES, ANYTHING, max_size=6)


def paths_in(tree: Any, path: Key = ()) -> list[Key]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [here for key, value in items for here in ((*path, key), *paths_in(value, (*path, key)))]


@st.composite
def mutants(draw: st.DrawFn, bases: list[Tree]) -> Tree:
    """A valid tree with some values replaced, taken out, moved or added."""
    tree: Tree = copy.deepcopy(draw(st.sampled_from(bases)))
    for _ in range(draw(st.integers(1, 4))):
        known = paths_in(tree)
        if not known:
            break
        path = draw(st.sampled_from(known))
        node: Any = tree
        for step in path[:-1]:
            node = node[step]
        deed = draw(st.sampled_from(["replace", "replace", "remove", "add", "move", "wrap"]))
        if deed == "replace":
            node[path[-1]] = draw(ANYTHING)
        elif deed == "remove":
            del node[path[-1]]
        elif deed == "add" and isinstance(node, dict):
            node[draw(NAMES)] = draw(ANYTHING)
        elif deed == "move":
            node[path[-1]] = copy.deepcopy(_at(tree, draw(st.sampled_from(known))))
        else:
            node[path[-1]] = [node[path[-1]]]
    return tree


def _at(tree: Any, path: Key) -> Any:
    for step in path:
        inside = step in tree if isinstance(tree, dict) else isinstance(tree, list) and isinstance(step, int) and step < len(tree)
        tree = tree[step] if inside else None
    return tree


def shown(found: list[Finding]) -> None:
    """Every renderer takes the findings, and keeps to its form."""
    assert all(isinstance(finding, Finding) and finding.message for finding in found)
    for renderer in FORMATS.values():
        renderer(found)
    assert len(json.loads(FORMATS["json"](found))["findings"]) == len(found)
    assert len(FORMATS["concise"](found).splitlines()) == len(found) + 1


@FUZZ
@given(tree=st.one_of(TREES, mutants(PUBLISHED)), what=st.sampled_from(JUDGED))
def test_any_tree_can_be_judged_as_a_file(tree: Tree, what: Any) -> None:
    assert kind_of_document(tree, f"{what}/file.json") in get_args(Kind)
    shown(judge_document(tree, what))


@FUZZ
@given(tree=mutants(PUBLISHED))
def test_any_change_of_a_published_config_can_be_judged(tree: Tree) -> None:
    shown(judge_document(tree, "model"))


@pytest.fixture(scope="module")
def experiments() -> list[Tree]:
    latents = "dataset.datasets.0.path=latents"
    words = [("experiment=quick_test",), ("experiment=tiny_diffusion", latents)]
    words += [(f"model=tiny_{name}", "dataset=synthetic") for name in ("lm", "clap", "diffusion_autoencoder", "diffusion_uncond")]
    return [compose(Request(each)).tree for each in words]


@FUZZ
@given(data=st.data())
def test_any_change_of_an_experiment_can_be_judged(experiments: list[Tree], data: st.DataObject) -> None:
    _, found = judge(data.draw(mutants(experiments)))
    shown(found)


PIECES = st.sampled_from([
    "{", "}", "[", "]", ",", ": ", "\n", "\n  ", "- ", "&a ", "*a", "<<: ", "!!int ", "!!x ", "'", '"', "#", "|\n", "? ", "\t",
    "---\n", "%", "a", "b", "1", "null", "\\u0041", "\\", "\ufeff", "\r", "\x85", "\u2028", "\ud800", "é", "😀", "0x", "1e5", "9:9",
    "$", "@", "`", "...",
])  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(PIECES, max_size=25).map("".join),
    TREES.map(lambda tree: json.dumps(tree)),
    TREES.map(as_yaml),
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A valid text with a stretch of it taken out, or something put in."""
    text: str = draw(st.one_of(TREES.map(json.dumps), TREES.map(as_yaml)))
    start, end = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    return text[:start] + draw(st.one_of(PIECES, st.text(max_size=5))) + text[min(end, start + 5) :]


@settings(FUZZ, max_examples=4 * EXAMPLES)
@given(text=st.one_of(TEXTS, damaged()), is_json=st.booleans())
def test_any_text_is_read_or_refused(text: str, is_json: bool) -> None:
    try:
        tree = tree_of(text, "file", is_json=is_json)
    except Refused as refused:
        shown(list(refused.findings))
        assert all(finding.source == "file" for finding in refused.findings)
        tree = None
    places = positions(text, is_json)
    if tree is None:
        return
    lines = text.removeprefix("\ufeff").splitlines()
    for place in places.values():
        assert 1 <= place.key.line <= len(lines)
        value_line = lines[place.value.line - 1] if place.value.line <= len(lines) else ""  # An empty value at the end of the text.
        assert place.value.column <= len(value_line) + 1
    if is_json:
        assert set(places) == set(paths_in(tree)), "every key of a JSON text has a place"


CHANGES = st.builds(
    Change,
    st.sampled_from(["set", "remove", "rename"]),
    st.lists(st.one_of(NAMES, st.integers(0, 3)), min_size=1, max_size=3).map(tuple),
    ANYTHING,
)


@FUZZ
@given(text=TEXTS, is_json=st.booleans(), changes=st.lists(CHANGES, min_size=1, max_size=2))
def test_any_change_of_any_text_is_made_or_left(text: str, is_json: bool, changes: list[Change]) -> None:
    after = edited(text, changes, is_json=is_json)
    assert after is None or isinstance(tree_of(after, "file", is_json=is_json), dict)


@FUZZ
@given(data=st.data(), is_json=st.booleans())
def test_a_change_that_is_made_changes_one_key_and_nothing_else(data: st.DataObject, is_json: bool) -> None:
    tree = data.draw(TREES)
    text = json.dumps(tree, indent=data.draw(st.sampled_from([None, 2]))) if is_json else as_yaml(tree)
    known = paths_in(tree)
    if not known:
        return
    path = data.draw(st.sampled_from(known))
    value = data.draw(SCALARS)
    after = edited(text, [Change("set", path, value)], is_json=is_json)
    if after is None:
        return
    changed = tree_of(after, "file", is_json=is_json)
    before = tree_of(text, "file", is_json=is_json)
    assert repr(_at(changed, path)) == repr(value)
    differing = [other for other in paths_in(changed) if repr(_at(changed, other)) != repr(_at(before, other))]
    assert set(differing) <= {path[:end] for end in range(1, len(path) + 1)}
