"""What a schema says about a key beside what it takes: its meaning, its default, and the pages of the rules that look at it."""

from __future__ import annotations

import inspect
import json
import re
from functools import cache
from typing import Any

from pydantic import BaseModel

from ..datamodels.absent import OrAbsent
from ..datamodels.base import field_docs, plain, since, successor
from ..datamodels.kinds import KINDS
from ..report.formats import DOCS
from ..validation.catalogue import entries
from .examples import examples

Tree = dict[str, Any]

Model = type[BaseModel]

MOST = 4
"""Rules named at one key."""

TAGS = {kind.key for kind in KINDS.values()}
"""Keys that say which part it is. Any of their values leads to rules, so that none is named there."""

NO_DEFAULT = OrAbsent[int].__metadata__  # type: ignore[misc]
"""The marks of a field whose None means that nothing was written."""


@cache
def notes(models: tuple[Model, ...], key: str, *, editor: bool) -> Tree:
    """What is said of a key that one of the models has, or several: every meaning once, and the default that they share.

    Args:
        editor: whether the schema is for editors, which show links to the pages of the rules that name the key.
    """
    having = [model for model in models if key in model.model_fields]
    meanings = list(dict.fromkeys(text for model in having if (text := _meaning(model, key))))
    found: Tree = {"description": "\n\n".join(meanings)} if meanings else {}
    if meanings and editor and (pages := _links(key)):
        found["markdownDescription"] = f"{found['description']}\n\nRules: {pages}"
    defaults = {json.dumps(_default(model, key)) for model in having}
    if len(defaults) == 1 and (written := _default(having[0], key)) and not (editor and written[0] is None):
        found["default"] = written[0]  # yaml-language-server 1.25 offers no keys at all where one of them has null for its default.
    if editor and len(having) == 1 and key not in TAGS and (shown := examples(having[0], key)):
        found["examples"] = shown
    if having and all(successor(model, key) for model in having):
        found["deprecated"] = True
    return found


def meaning_of(model: Model) -> str:
    """The docstring of a data model; empty where it has none of its own."""
    return inspect.cleandoc(vars(model).get("__doc__") or "")


def _meaning(model: Model, key: str) -> str:
    version = since(model, key)
    text = " ".join(field_docs(model).get(key, "").split())
    return f"{text} Since engine {version}." if text and version else text


def _default(model: Model, key: str) -> list[Any]:
    """The default in a list, which is empty where there is none to write."""
    field = model.model_fields[key]
    if field.is_required():
        return []
    value = field.get_default(call_default_factory=True)
    if value is None and any(mark in field.metadata for mark in NO_DEFAULT):
        return []
    return [] if isinstance(value, BaseModel) else [plain(value)]


def _links(key: str) -> str:
    rules = [] if key in TAGS else _rules_about().get(key, [])
    return ", ".join(f"[{name}]({DOCS}/{name}.md)" for name in rules[:MOST])


@cache
def _rules_about() -> dict[str, list[str]]:
    """Key -> the rules that name it in the sentence that they hold to."""
    found: dict[str, list[str]] = {}
    for entry in entries().values():
        said = " ".join([entry.says, *(statement.says for statement in entry.statements)])
        for key in dict.fromkeys(re.findall(r"`(?:[a-z_]+\.)?([a-z_]+)`", said)):
            found.setdefault(key, []).append(entry.name)
    return found
