"""Claim: a mistake in a configuration is reported long before the engine is loaded, let alone before it trips over it."""

from __future__ import annotations

from pathlib import Path

from measure import Row, in_turns, python, run, sat, wall_time
from quick_test import SHORT, Tree, changed, compose, write

REPEATS = 3


def rows(folder: Path, environment: dict[str, str], repeats: int) -> list[Row]:
    """One row per mistake: until `sat train` has reported it, and until the bare script on the engine has died of it."""
    samples = {}
    for name, (_, tree, ours_says, bare_says) in _mistakes(folder, environment).items():
        ours, bare = write(tree, folder, name)
        for side, command, says in (("ours", sat(*ours), ours_says), ("bare", python(*bare), bare_says)):
            output = run(command, folder, fails=True, environment=environment)
            assert says in output, f"{name}: `{says}` is not in the output of {side}:\n{output[-3000:]}"
            samples[f"{side} {name}"] = wall_time(command, folder, fails=True, environment=environment)
    found = in_turns(samples, repeats, warm_up=0)
    return [
        Row(
            f"`sat train` until {what} is reported",
            found[f"ours {name}"],
            "the same through a bare script on the engine",
            found[f"bare {name}"],
            at_least=50,
            inverse=True,
        )
        for name, (what, *_) in _mistakes(folder, environment).items()
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
