"""What the commands do, from Python."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .report.finding import Finding, Refused
from .validation.judge import findings_in, judge

if TYPE_CHECKING:
    from .compose.composer import Composition
    from .datamodels.experiment import ExperimentConfig


def load_experiment(*words: str, config_name: str = "config", config_dir: str | None = None) -> ExperimentConfig:
    """The experiment that `sat train WORDS...` would run: composed, typed and checked. Imports no torch and writes nothing.

    Args:
        words: overrides (`"batch_size=8"`, `"experiment=quick_test"`), or one experiment file.
        config_name: the root config.
        config_dir: the folder of your presets; None looks for one (`$SAT_CONFIG_DIR`, beside the experiment file, `./conf`).

    Raises:
        Refused: with every error found, in `.findings`.
    """
    from .compose.composer import Request, compose

    experiment, _ = judged(compose(Request(words, config_name, config_dir)))
    return experiment


def validate(tree: dict[str, Any] | ExperimentConfig) -> ExperimentConfig:
    """The typed form of a plain tree that holds a whole experiment. Imports no module that it names in `plugins`: do that before.

    Args:
        tree: plain data; or an experiment, such as a changed copy of another, which is checked again.

    Raises:
        Refused: with every error found.
    """
    if not isinstance(tree, dict):
        from .datamodels.base import plain

        written: dict[str, Any] = plain(tree)
        return validate(written)
    experiment, found = judge(tree)
    errors = [finding for finding in found if finding.severity == "error"]
    if experiment is None or errors:
        raise Refused(*errors)
    return experiment


def judged(composition: Composition) -> tuple[ExperimentConfig, list[Finding]]:
    """The typed experiment, and the warnings and notes about it. The modules that it names in `plugins` are imported first.

    Raises:
        Refused: with every finding, if one of them is an error; or one of those modules cannot be imported.
    """
    _load(_named(composition.tree.get("plugins")))
    experiment, found = _judged(composition)
    if experiment is None or any(finding.severity == "error" for finding in found):
        raise Refused(*found)
    return experiment, found


def findings_about(composition: Composition, *, plugins: bool = False) -> list[Finding]:
    """Everything found in an experiment, each with the place where it was written.

    Args:
        plugins: whether the modules that the experiment names in `plugins` may be imported, which runs their code. Without, types
            that only they could know are a warning.
    """
    named = _named(composition.tree.get("plugins"))
    if plugins:
        _load(named)
    found = _placed(composition, findings_in(composition.tree))
    return found if plugins or not named else [_perhaps_known(finding, named) for finding in found]


def _perhaps_known(finding: Finding, named: tuple[str, ...]) -> Finding:
    """A type or key that a plugin may add cannot be called wrong where that plugin was not asked."""
    if finding.rule not in ("unknown-type", "unknown-key") or finding.fix is not None:
        return finding
    help = f"`{named[0]}` may know it: sat validate --plugins imports what the experiment names"
    return replace(finding, severity="warning", help=help)


def _judged(composition: Composition) -> tuple[ExperimentConfig | None, list[Finding]]:
    experiment, found = judge(composition.tree)
    return experiment, _placed(composition, found)


def _placed(composition: Composition, judgement: list[Finding]) -> list[Finding]:
    """What composing and judging found, each with the place where it was written."""
    found = [*composition.notes, *judgement]
    if not found:
        return []
    from .compose.origins import origins_of  # Worked out only when there is something to say.
    from .report.locate import located

    return [finding for finding in located(found, origins_of(composition).of) if not _of_our_own(finding)]


def _of_our_own(finding: Finding) -> bool:
    """A default recipe serves many models: that one of its keys is without effect on this one is nothing to tell its user."""
    return finding.rule == "no-effect" and (finding.source or "").startswith("preset training/_default/")


def _load(modules: tuple[str, ...]) -> None:
    if modules:
        from .plugins import load_named

        load_named(modules)


def _named(plugins: Any) -> tuple[str, ...]:
    """The modules to import; whatever else stands there is found wrong when the experiment is checked."""
    return tuple(name for name in plugins if isinstance(name, str)) if isinstance(plugins, (list, tuple)) else ()
