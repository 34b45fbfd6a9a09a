"""Every name that a finding can have, with what there is to say about it: the source of `sat rule` and of `docs/rules`.

What belongs here: names, texts and tables. The texts of rules are their docstrings; those of other findings stand in
`findings.py`. What does not: markdown, examples (tests/examples holds them).
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from ...report.finding import Severity
from ..rule import RULES, Rule
from .findings import DATA, FINDINGS, KEYS, MIGRATION, PYTHON, READING, RESULTS, RUN, Text
from .severities import SEVERITIES, possible

__all__ = ["SUBJECTS", "Entry", "Statement", "entries", "mirrored", "sentence"]

SUBJECTS: dict[str, tuple[str, ...]] = {
    READING: (),
    KEYS: ("odd_numbers",),
    "Latents and lengths": ("geometry", "lengths", "sample_size", "channels"),
    "Encoders, decoders and bottlenecks": ("coders", "bottleneck"),
    "Diffusion networks": ("dit", "transformer", "unet"),
    "Conditioning": ("conditioning", "conditioners", "condition_shapes", "condition_widths", "condition_values", "prompt"),
    "Training": ("training", "autoencoder_training", "diffusion_training", "inpainting", "lora"),
    "Optimizers and schedulers": ("optimizers", "schedulers"),
    "Losses and discriminators": ("losses", "loss_networks", "discriminators", "discriminator_windows"),
    "ARC": ("arc", "arc_heads"),
    "Demos": ("demo", "inpaint_demo"),
    "Language models, CLAP and diffusion autoencoders": ("language_models", "clap", "other_models"),
    DATA: ("data",),
    RUN: ("run", "devices", "precision"),
    "What has no effect": ("no_effect",),
    "What the engine cannot do": ("broken",),
    RESULTS: (),
    MIGRATION: (),
    PYTHON: (),
}
"""Title -> the modules of `rules` that it is about, in the order in which they are read. A module that is not listed is a
subject of its own."""


@dataclass(frozen=True)
class Statement:
    """One thing that a rule says; several checks may say the same."""

    says: str
    """What must hold, in one sentence."""
    why: str
    """Paragraphs, divided by empty lines; empty where the sentence says it all."""
    severities: tuple[Severity, ...]
    """The most severe first."""
    mirrors: tuple[str, ...]
    """The functions that fail or misread, with their package."""


@dataclass(frozen=True)
class Entry:
    """One name."""

    name: str
    subject: str
    """Its title in the index."""
    says: str
    """One sentence for lists."""
    why: str
    """What holds for all its statements, or for findings that no rule makes."""
    severities: tuple[Severity, ...]
    """The most severe first."""
    statements: tuple[Statement, ...]
    """What the rules of that name say; none for findings that no rule makes."""
    contract: tuple[str, ...]
    """Ids of the engine's cross-field rules that it covers."""

    @property
    def page(self) -> str:
        """Where its page stands in the repository."""
        return f"docs/rules/{self.name}.md"


@cache
def entries() -> dict[str, Entry]:
    """Every name, in the order of `SUBJECTS` and then of the alphabet."""
    from .. import rules  # noqa: F401  Fills RULES.

    by_name: dict[str, list[Rule]] = {name: [] for name in FINDINGS}
    for rule in RULES:
        by_name.setdefault(rule.name, []).append(rule)
    found = [_entry(name, checks) for name, checks in by_name.items()]
    order = {title: place for place, title in enumerate(SUBJECTS)}
    found.sort(key=lambda entry: (order.get(entry.subject, len(order)), entry.subject, entry.name))
    return {entry.name: entry for entry in found}


def _entry(name: str, checks: list[Rule]) -> Entry:
    statements = tuple(_statements(checks))
    text = FINDINGS.get(name) or Text(_subject(name, checks), statements[0].says, severities=())
    severities = {*text.severities, *(severity for statement in statements for severity in statement.severities)}
    ids = sorted(
        {id for check in checks for id in check.contract}, key=lambda id: (id.rpartition("-")[0], int(id.rpartition("-")[2]))
    )
    return Entry(name, text.subject, text.says, text.why, _ordered(severities), statements, tuple(ids))


def _ordered(severities: Iterable[Severity]) -> tuple[Severity, ...]:
    known = set(severities)
    return tuple(severity for severity in SEVERITIES if severity in known)


def _subject(name: str, checks: list[Rule]) -> str:
    """The module that has the rule's own name, or most of its checks."""
    modules = Counter(_module(check) for check in checks)
    module = name.replace("-", "_") if name.replace("-", "_") in modules else modules.most_common(1)[0][0]
    known = next((title for title, about in SUBJECTS.items() if module in about), None)
    return known or module.replace("_", " ").capitalize()


def _module(check: Rule) -> str:
    """The module of `rules`, or the package there, that a check stands in."""
    return check.check.__module__.partition(".rules.")[2].partition(".")[0]


def _statements(checks: list[Rule]) -> Iterator[Statement]:
    """Checks that begin with the same sentence are one statement; what they say further stands one after the other."""
    alike: dict[str, list[Rule]] = {}
    for check in checks:
        alike.setdefault(sentence(check), []).append(check)
    for says, group in alike.items():
        further = (_docstring(check).partition("\n")[2].strip() for check in group)
        paragraphs = dict.fromkeys(text for text in further if text)
        functions = dict.fromkeys(mirrored(check.mirrors) for check in group if check.mirrors)
        yield Statement(
            says, "\n\n".join(paragraphs), _ordered(severity for check in group for severity in possible(check)), tuple(functions)
        )


def sentence(check: Rule) -> str:
    """What a check holds true, the first line of its docstring."""
    return _docstring(check).partition("\n")[0]


def _docstring(check: Rule) -> str:
    return inspect.getdoc(check.check) or ""


def mirrored(function: str) -> str:
    """A function of the engine with its package; those of torch, Lightning and others have theirs already."""
    engine = function.partition(".")[0] in ("data", "inference", "models", "training")
    return f"stable_audio_tools.{function}" if engine else function
