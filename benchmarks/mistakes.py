"""Claim: a mistake in a configuration is reported long before the engine is loaded, let alone before it trips over it."""

from __future__ import annotations

from pathlib import Path

from measure import Row, in_turns, python, run, sat, wall_time
from quick_test import SHORT, Tree, changed, compose, write

REPEATS = 3


def rows(folder: Path, environment: dict[str, str], repeats: int) -> list[Row]:
    """Two rows per mistake: until `sat validate` and `sat train` have reported it, against the bare script's dying of it."""
    mistakes = _mistakes(folder, environment)
    samples = {}
    for name, (_, tree, ours_says, bare_says) in mistakes.items():
        ours, bare = write(tree, folder, name)
        model = bare[bare.index("--model-config") + 1]
        sides = {
            "validate": (sat("validate", model), ours_says),
            "train": (sat(*ours), ours_says),
            "bare": (python(*bare), bare_says),
        }
        for side, (command, says) in sides.items():
            output = run(command, folder, fails=True, environment=environment)
            assert says in output, f"{name}: `{says}` is not in the output of {side}:\n{output[-3000:]}"
            samples[f"{side} {name}"] = wall_time(command, folder, fails=True, environment=environment)
    found = in_turns(samples, repeats, warm_up=0)
    return [
        Row(
            f"{command} until {what} is reported",
            found[f"{side} {name}"],
            "the same through a bare script on the engine",
            found[f"bare {name}"],
            at_least=target,
            inverse=True,
        )
        for name, (what, *_) in mistakes.items()
        for side, command, target in (("validate", "`sat validate MODEL.json`", 100), ("train", "`sat train`", 50))
    ]


def _mistakes(folder: Path, environment: dict[str, str]) -> dict[str, tuple[str, Tree, str, str]]:
    """Name -> description, experiment, a word of our message, a word of the engine's."""
    autoencoder = compose(folder, environment, "experiment=quick_test", *SHORT)
    sound = ("dataset=synthetic", "training.pre_encoded=false")
    diffusion = compose(folder, environment, "experiment=tiny_diffusion", *sound, *SHORT)
    inside = ("model", "model")
    return {
        "misspelt_key": (
            "a misspelt key (`downsampling_rato`)",
            changed(autoencoder, *inside, "downsampling_ratio", name="downsampling_rato"),
            "downsampling_rato",
            "downsampling_ratio must be specified",
        ),
        "wrong_type": (
            "a wrong type (`channels: sixteen`)",
            changed(autoencoder, *inside, "encoder", "config", "channels", to="sixteen"),
            "channels",
            "TypeError",
        ),
        "wrong_demos": (
            "a wrong `num_demos` (`five`)",
            changed(diffusion, "training", "demo", "num_demos", to="five"),
            "num_demos",
            "TypeError",
        ),
    }
