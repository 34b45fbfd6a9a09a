"""Tokens, sequences and signals: what a list takes against what a conditioner gives."""

from __future__ import annotations

from collections.abc import Iterator

from ..conditions import Output
from ..id_lists import SIGNAL_LISTS, TOKEN_LISTS, Use
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..wiring import Wiring, wirings

CROSS = TOKEN_LISTS[0]
GLOBAL = "global_cond_ids"
FAILS = "the first step would fail"


@rule(
    "conditioner-shape",
    on=WHOLE,
    mirrors="models.diffusion.ConditionedDiffusionModelWrapper.get_conditioning_inputs",
    contract=("R-DIT-6", "R-DIT-8", "R-DIT-11", "R-CO-4"),
)
def shapes(setup: Setup) -> Iterator[Problem]:
    """A list gets the shape that it takes: tokens, one token, or a signal.

    Conditioners give single tokens (`int`, `number`, `list`, pooled CLAP), sequences of tokens (texts), or signals with channels
    and frames (`pretransform`, `source_mix`). `cross_attention_cond_ids` and `prepend_cond_ids` take tokens and sequences,
    `global_cond_ids` single tokens, the other lists signals. A signal among tokens, or a sequence for a global condition, fails at
    the first step. A token among signals does not: its embedding is taken for a signal of as many channels as there are tokens
    (for a token, 1) and as many frames as it is wide, and stretched or cut to the length, which is hardly what is meant.
    """
    for wiring in wirings(setup):
        for use in wiring.uses:
            output = wiring.outputs.get(use.id)
            if output is not None and use.where in SIGNAL_LISTS and output.shape != "signal":
                yield _stretched(wiring, output, use)
            elif output is not None:
                yield from _shape(output, use)


def _stretched(wiring: Wiring, output: Output, use: Use) -> Problem:
    """A token among signals. It fails beside signals of another length, and where the network expects other channels."""
    port = wiring.ports.get(use.where)
    mixed = port is not None and any(entry.output.shape == "signal" for entry in port.given)
    wrong = port.total != port.expected if port is not None else _dim(wiring, use) != output.tokens
    fails = mixed or (wrong and (port is not None or output.tokens is not None))
    channels = f"{_count(output)} channel{'' if output.tokens == 1 else 's'}"
    then = FAILS if fails else f"its embedding would be taken for {channels}"
    message = f"`{use.where}` takes signals, but `{use.id}` gives {_words(output)}: {then}"
    help = "name it in `cross_attention_cond_ids` or `global_cond_ids`"
    return Problem(use.at, message, help=help, severity="error" if fails else "warning")


def _shape(output: Output, use: Use) -> Iterator[Problem]:
    if use.where in TOKEN_LISTS and output.shape == "signal":
        message = f"`{use.where}` takes tokens, but `{use.id}` gives a signal: {FAILS}"
        yield Problem(use.at, message, help="name it in `input_concat_ids` or `local_add_cond_ids`")
    elif use.where == GLOBAL and (output.shape == "signal" or output.tokens != 1):
        message = f"`{GLOBAL}` takes single tokens, but `{use.id}` gives {_words(output)}: {FAILS}"
        instead = "`input_concat_ids` or `local_add_cond_ids`" if output.shape == "signal" else f"`{CROSS}`"
        yield Problem(use.at, message, help=f"name it in {instead}")


def _words(output: Output) -> str:
    return {"token": "a token", "signal": "a signal"}.get(output.shape, f"a sequence of {_count(output)} tokens")


def _count(output: Output) -> str:
    return "many" if output.tokens is None else str(output.tokens)


@rule("modular-local-cond", on=WHOLE, mirrors="models.transformer.TransformerBlock", contract=("R-DIT-11", "R-DIT-12"))
def modular_width(setup: Setup) -> Iterator[Problem]:
    """Each entry of `modular_local_cond_configs` has its own id, and the channels of that conditioner.

    Every layer has a projection for each entry. With another `dim` than the conditioner has channels the first step fails. Of two
    entries with the same id only the last has a projection.
    """
    for wiring in wirings(setup):
        entries = [use for use in wiring.uses if use.where == "modular_local_cond_configs"]
        seen: dict[str, Use] = {}
        for use in entries:
            if use.id in seen:
                message = f"`modular_local_cond_configs` has two entries for `{use.id}`: only the last one is used"
                yield Problem(
                    seen[use.id].at, message, help="leave one out", severity="warning", related=((use.at, f"id: {use.id}"),)
                )
            seen[use.id] = use
            yield from _modular(wiring, use)


def _modular(wiring: Wiring, use: Use) -> Iterator[Problem]:
    output, at, dim = wiring.outputs.get(use.id), (*use.at[:-1], "dim"), _dim(wiring, use)
    if output is not None and output.shape == "signal" and dim is not None and dim != output.width:
        message = f"`dim` is {dim}, but `{use.id}` has {output.width} channel{'' if output.width == 1 else 's'}: {FAILS}"
        related = ((use.at, f"id: {use.id}"),)
        yield Problem(at, message, help=f"set it to {output.width}", related=related, fix=setting(at, output.width))


def _dim(wiring: Wiring, use: Use) -> int | None:
    """The channels that an entry of `modular_local_cond_configs` says."""
    entries = wiring.model.part("diffusion").parts("modular_local_cond_configs")
    found = [entry.tree.get("dim") for entry in entries if entry.path == use.at[:-1]]
    return found[0] if found and isinstance(found[0], int) else None
