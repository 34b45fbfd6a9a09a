"""What the commands that only look at something do, from Python: nothing is run, written or downloaded; no torch is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .inspect.summary import Summary
    from .report.notebook import Findings
    from .starting.presets import Preset
    from .validation.catalogue import Entry
    from .validation.compare import Difference
    from .validation.doctor import Health
    from .validation.explain import Explanation


def check(*words: str, config_dir: str | None = None, plugins: bool = False) -> Findings:
    """Everything that `sat validate WORDS...` finds, each finding with its place; nothing is raised for a mistake.

    Args:
        words: files and folders, or what an experiment is composed of (`"experiment=quick_test"`, `"batch_size=8"`).
        config_dir: the folder of your presets; None looks for one.
        plugins: whether modules that an experiment names in `plugins` may be imported, which runs their code.
    """
    from .report.notebook import Findings
    from .validation.check import check_files, check_words

    if words and not any("=" in word for word in words):
        return Findings(check_files(list(words), config_dir, plugins)[0])
    return Findings(check_words(words, config_dir, plugins))


def compose_tree(*words: str, config_name: str = "config", config_dir: str | None = None) -> dict[str, Any]:
    """The plain tree that `sat train WORDS... --cfg` prints: composed, not checked.

    Raises:
        Refused: it cannot be composed.
    """
    from .compose.composer import Request, compose

    return compose(Request(words, config_name, config_dir)).tree


def explain(key: str, *words: str, config_dir: str | None = None) -> Explanation:
    """What one key means in the experiment that the words name, its value, where that was written and what it beat.

    Args:
        key: such as `"training.learning_rate"`; its end alone will do where that is unambiguous.
        words: as for `load_experiment`.

    Raises:
        Refused: the experiment cannot be composed, or has no such key.
    """
    from .compose.composer import Request, compose
    from .validation.explain import explain as explained

    return explained(compose(Request(words, "config", config_dir)), key)


def inspect_model(*words: str, config_dir: str | None = None) -> Summary:
    """How a model is made: the way of the signal, where conditions enter, parameters, memory for training.

    Args:
        words: a file, a run's folder, a checkpoint, or what an experiment is composed of.

    Raises:
        Refused: it cannot be read, or holds no model that can be looked at.
    """
    from .inspect.given import given
    from .inspect.summary import summary
    from .report.finding import refuse
    from .validation.view import Absent

    found = given(words, config_dir)
    try:
        return summary(found.setup)
    except Absent:
        raise refuse("usage", f"`{found.name}` holds no model that can be looked at", help="check(...) says why") from None


def diff(one: str, other: str, *, config_dir: str | None = None) -> list[Difference]:
    """What makes two experiments different, the gravest first; defaults that one side writes out are no difference.

    Args:
        one: a file, a run's folder, a checkpoint with its config inside, or a preset (`"model=stable_audio_2_0"`).
        other: the same.

    Raises:
        Refused: one of them cannot be read.
    """
    from .inspect.fit import fingerprint
    from .inspect.given import given
    from .validation.compare import compare

    sides = given((one,), config_dir), given((other,), config_dir)
    found = compare(sides[0].tree, sides[1].tree, fingerprint)
    return [difference for difference in found if difference.effect != "same"]


def show(place: str) -> dict[str, Any]:
    """The plain tree inside a checkpoint, in a run's folder or in a file, in the shape of an experiment.

    Raises:
        Refused: it cannot be read, or holds none.
    """
    from .inspect.given import given

    return given((place,)).tree


def presets(group: str | None = None, *, config_dir: str | None = None) -> list[Preset]:
    """Every preset that can be chosen here, or those of one group, the user's own before the shipped ones.

    Raises:
        Refused: there is no such group, or no such folder.
    """
    from .starting.presets import presets as every_preset

    return every_preset(config_dir, group)


def rule(name: str) -> Entry:
    """What a finding's name means, and why.

    Raises:
        Refused: there is no such name.
    """
    from .report.finding import refuse
    from .validation.catalogue import entries

    known = entries()
    if name not in known:
        raise refuse("usage", f"there is no finding called `{name}`", help="sat rule lists them all")
    return known[name]


def doctor() -> Health:
    """What this machine and this installation are, and what is wrong with them. Neither engine nor plugins are loaded."""
    from .validation.doctor import examined

    return examined()


def json_schema(name: str, *, authoring: bool = False) -> dict[str, Any]:
    """The JSON Schema of a kind of file (draft 2020-12).

    Args:
        name: `experiment`, `model`, `training`, `dataset`, `pre_encode`, `inference`, `engine_model` or `engine_dataset`.
        authoring: of files as people write them, with presets, `${...}`, `???` and comments, instead of complete ones.

    Raises:
        Refused: there is no such kind, or it has no authoring flavour.
    """
    from .report.finding import refuse
    from .schemas.documents import all_definitions, document, flavours
    from .source.modeline import FILES

    flavour: Literal["authoring", "strict"] = "authoring" if authoring else "strict"
    if name not in FILES or flavour not in flavours(name):
        raise refuse("usage", f"there is no {flavour} schema of `{name}`", help=f"there are {', '.join(FILES)}")
    return document(name, flavour, all_definitions())


def bug_report(*words: str, config_dir: str | None = None) -> str:
    """What `sat report WORDS...` writes: findings, versions and the composed experiment, without secrets, homes and names."""
    from .feedback.collect import collected

    return collected(words, config_dir)
