"""What a shell is told when somebody presses Tab. Arguments and options name these functions as their `shell_complete`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

ROOTS = {"generate": "inference", "pre-encode": "pre_encode"}
"""Command -> what it composes; all others compose an experiment."""


def _quietly(work: Callable[[], list[str]]) -> list[CompletionItem[str]]:
    """No suggestions where they cannot be worked out: a traceback under the cursor would help nobody."""
    from click.shell_completion import CompletionItem

    try:
        return [CompletionItem(word) for word in work()]
    except Exception:
        return []


def words(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Overrides, presets and files, for a command that composes something."""

    def work() -> list[str]:
        from ..completion.words import suggestions

        return suggestions(
            incomplete, _typed(ctx, param), ctx.params.get("config_dir"), ROOTS.get(ctx.info_name or "", "experiment")
        )

    return _quietly(work)


def _typed(ctx: click.Context, param: click.Parameter) -> tuple[str, ...]:
    """The words of this argument before the cursor."""
    typed: Any = ctx.params.get(param.name or "")
    return tuple(typed) if isinstance(typed, (tuple, list)) else ()


def words_or_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The same for a command that also looks at files of the engine, and at folders."""

    def work() -> list[str]:
        from ..completion.words import CHECKPOINTS, files, suggestions

        found = suggestions(incomplete, _typed(ctx, param), ctx.params.get("config_dir"), "experiment")
        return list(dict.fromkeys([*found, *files(incomplete, (".yaml", ".yml", ".json", *CHECKPOINTS))]))

    return _quietly(work)


def keys(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Keys of an experiment, without what follows them."""

    def work() -> list[str]:
        from ..completion.keys import keys_after

        return [key.removesuffix("=") for key in keys_after(incomplete, {})]

    return _quietly(work)


def preset_words(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """`model/tiny_autoencoder`."""

    def work() -> list[str]:
        from ..completion.context import folders_for
        from ..completion.words import presets_of
        from ..compose.places import GROUPS

        folders = folders_for((), ctx.params.get("config_dir"))
        known = (f"{group}/{name}" for group in GROUPS for name in presets_of(group, folders))
        return [word for word in known if word.startswith(incomplete)]

    return _quietly(work)


def types_of(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The types of the part that `sat new` is to write."""

    def work() -> list[str]:
        from ..datamodels.shapes import kind

        asked = ctx.params.get("kind")  # Click forgets it where an option that wants a value has none yet.
        kinds = ("model", "dataset") if asked is None else (asked,) if asked in ("model", "training", "dataset") else ()
        return [tag for name in kinds for tag in kind(name).tags if tag.startswith(incomplete)]

    return _quietly(work)


def rules(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Names of findings."""
    from ..completion.context import table

    return _quietly(lambda: [name for name in table()["rules"] if name.startswith(incomplete)])
