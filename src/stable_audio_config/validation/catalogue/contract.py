"""The engine's cross-field rules by their ids, and what became of each: a rule, another finding, or the reason why neither.

The ids come from reading the engine's source once, area by area; rules carry them in `contract`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..rule import RULES
from . import sentence

AREAS: dict[str, tuple[str, int]] = {
    "R-AE": ("Autoencoders", 28),
    "R-DC": ("Diffusion model, pretransform and data", 11),
    "R-DIT": ("Diffusion transformer and its conditions", 25),
    "R-CO": ("Conditioners and metadata", 13),
    "R-TR": ("Training of diffusion models", 19),
    "R-DM": ("Demos", 11),
    "R-UN": ("Unconditional diffusion", 2),
    "R-DA": ("Diffusion autoencoders", 3),
    "R-LM": ("Language models", 4),
    "R-CL": ("CLAP", 4),
    "R-AR": ("ARC", 11),
    "R-DS": ("Data loaders and trainer", 13),
    "R-GEN": ("Everything", 4),
}
"""Beginning of an id -> its area, and how many there are."""

ELSEWHERE: dict[str, tuple[tuple[str, ...], str]] = {
    "R-AE-16": (("missing-key",), "The data model of `loss_configs` requires `time.weights`."),
    "R-AE-21": (("wrong-value",), "`warmup_mode` takes `adv` and `full` only."),
    "R-DC-11": (("unknown-key",), "Only the pretransform `autoencoder` has these keys; the message says so."),
    "R-DIT-14": (("wrong-value",), "`global_cond_type` takes `prepend` and `adaLN` only, in this case."),
    "R-DIT-16": (("wrong-value",), "`timestep_features_dim` takes even numbers only."),
    "R-TR-13": (("wrong-type",), "`include` and `exclude` take lists only."),
    "R-TR-16": (("no-files", "too-few-files"), "The files of `val_dataset` are counted like those of `dataset`."),
    "R-TR-19": (
        ("checkpoint",),
        "Names and shapes are counted when the weights are loaded; the config inside a checkpoint is compared before.",
    ),
    "R-DM-3": (("missing-key",), "A `demo` section requires both; without the section `sat train` makes no demos."),
    "R-DM-4": (("wrong-value", "wrong-type"), "`demo_cfg_scales` takes a list with one entry or more."),
    "R-LM-3": (("broken-in-engine",), "No language model of engine 0.0.20 gets as far: every one is reported."),
    "R-AR-5": (
        ("latents",),
        "The engine's loaders make a `padding_mask` for every sound. That of latents stands beside each, and is looked at.",
    ),
    "R-DS-2": (("too-few-files",), "Files are counted before the run starts."),
    "R-DS-3": (("missing-file", "no-files"), "Folders are looked into before the run starts."),
    "R-DS-4": (("unreadable-file",), "A few files are opened before training: where none can be read, the run is refused."),
    "R-DS-6": (("no-files",), "The first sample of the first tar file is looked at."),
    "R-DS-8": (("missing-file",), "A list that is named must exist."),
    "R-DS-9": (("latents",), "The lengths of a few latents are compared before the run starts."),
    "R-GEN-3": (("wrong-type",), "Nothing is converted: `true` and `false` have no quotes."),
}
"""Id -> (findings that no function in `rules` makes, how)."""

NOT_STATIC: dict[str, str] = {
    "R-AE-26": (
        "No config can be wrong here: the engine reverses a list in the dictionary that it is given, so `engine/` gives "
        "every build a fresh copy."
    ),
    "R-AE-27": (
        "Nothing in a config asks for it: the engine's own export cannot write `.safetensors`; `sat unwrap` writes the file itself."
    ),
    "R-AE-28": ("The engine counts on a GPU in one place; `engine/compat.py` computes that number on whatever device there is."),
    "R-DC-8": ("The config of a pretransform does not say at which sample rate it was trained, so there is nothing to compare."),
    "R-DC-9": (
        "Latents are stored undivided by `scale`, and every training divides them by its own: nothing on the disk says "
        "which was meant."
    ),
    "R-DIT-25": (
        "The same config gives slightly other results with and without the package `flash_attn`: a fact of the machine, "
        "which `sat doctor` shows."
    ),
    "R-CO-13": "Not a mistake: a conditioner whose width differs from `output_dim` is meant to get a projection.",
    "R-TR-6": "Not a mistake: a default that changed with engine 0.0.20. The reference page of the key says what 0 means.",
    "R-DM-6": (
        "How the engine treats an error in a demo, whatever caused it. The causes that can be seen in a config have rules "
        "of their own."
    ),
    "R-DS-1": "No worker processes are needed here: `engine/compat.py` gives the loader what it takes to work without them.",
    "R-GEN-1": "No file can say it: YAML and JSON have lists only, and `engine/` hands the engine plain lists.",
    "R-GEN-2": "No file can say it: `engine/` hands every factory a fresh plain dictionary.",
    "R-GEN-4": (
        "How the engine treats a loss that misses its input, whatever caused it. The cause that can be seen in a config is R-DA-3."
    ),
}
"""Id -> why no finding can be made from files alone."""

PARTLY: dict[str, str] = {
    "R-DS-4": "Whether every clip is silent shows only when all of them are decoded.",
}
"""Id -> what of it cannot be told from files alone, though the rest can."""


@dataclass(frozen=True)
class Row:
    """What became of one of the engine's rules."""

    id: str
    area: str
    rules: tuple[str, ...]
    """Names of findings."""
    note: str
    """What the rules hold true, how else it is found, or why it is not looked for."""


def rows() -> Iterator[Row]:
    """Every id, in order."""
    from .. import rules  # noqa: F401  Fills RULES.

    for beginning, (area, count) in AREAS.items():
        for number in range(1, count + 1):
            id = f"{beginning}-{number}"
            checks = [entry for entry in RULES if id in entry.contract]
            others, how = ELSEWHERE.get(id, ((), ""))
            texts = [*(sentence(check) for check in checks), how, NOT_STATIC.get(id, ""), PARTLY.get(id, "")]
            names = [*(check.name for check in checks), *others]
            yield Row(id, area, tuple(dict.fromkeys(names)), " ".join(text for text in dict.fromkeys(texts) if text))
