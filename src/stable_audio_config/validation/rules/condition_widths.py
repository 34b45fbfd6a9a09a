"""How wide conditioners are, against the widths that the network expects of its lists."""

from __future__ import annotations

from collections.abc import Iterator

from ...report.finding import Path
from ..conditions import learns
from ..id_lists import TOKEN_LISTS
from ..ports import Given, Port, Slip, implied_cond_dim
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..wiring import Wiring, wirings

CROSS, PREPEND = TOKEN_LISTS
GLOBAL = "global_cond_ids"
FAILS = "the first step would fail"


@rule(
    "cond-dim",
    on=WHOLE,
    mirrors="models.conditioners.create_multi_conditioner_from_conditioning_config",
    contract=("R-DIT-2", "R-DIT-4", "R-DIT-7"),
)
def common_width(setup: Setup) -> Iterator[Problem]:
    """`cond_dim` is the width that the network expects of the conditioners.

    Every conditioner without an `output_dim` gives tokens of this width. `cond_token_dim` and `prepend_cond_dim` of the network
    must equal it, and `global_cond_dim` must be as many times it as there are ids in `global_cond_ids`. Where two or more of them
    agree on another number, `cond_dim` is the one that is wrong.
    """
    for wiring in wirings(setup):
        wanted, said = wanted_cond_dim(wiring), _voters(wiring)
        if wanted is None:
            continue
        at, value = wiring.model.at("conditioning.cond_dim"), wiring.model("conditioning.cond_dim")
        names = " and ".join(f"`{port.key}`" for port in said)
        yield Problem(
            at,
            f"`cond_dim` is {value}, but {names} want {wanted}: {FAILS}",
            help=f"set it to {wanted}",
            related=tuple((port.at, f"{port.key}: {port.expected}") for port in said),
            fix=setting(at, wanted),
        )


def wanted_cond_dim(wiring: Wiring) -> int | None:
    """What `cond_dim` should be, where it is the one number that is wrong; else None."""
    said = _voters(wiring)
    votes = {implied_cond_dim(port) for port in said}
    return votes.pop() if len(said) > 1 and len(votes) == 1 and wiring.model("conditioning.cond_dim") not in votes else None


def _voters(wiring: Wiring) -> list[Port]:
    found = (wiring.ports.get(where) for where in (CROSS, PREPEND, GLOBAL))
    return [port for port in found if port is not None and implied_cond_dim(port) is not None]


@rule("cond-token-dim", on=WHOLE, mirrors="models.dit.DiffusionTransformer._forward", contract=("R-DIT-2",))
def cross_width(setup: Setup) -> Iterator[Problem]:
    """`cond_token_dim` is as wide as every conditioner in `cross_attention_cond_ids`.

    With ids and a width of 0 the network has no cross attention, and the first step fails. With a width and no ids there are
    cross attention layers that nothing feeds: conditioners that were meant for them never reach the network. With widths that
    differ the first step fails. In a language model the key is `cross_attn_cond_dim`.
    """
    yield from _each(setup, CROSS)


@rule("prepend-cond-dim", on=WHOLE, mirrors="models.dit.DiffusionTransformer._forward", contract=("R-DIT-7",))
def prepend_width(setup: Setup) -> Iterator[Problem]:
    """`prepend_cond_dim` is as wide as every conditioner in `prepend_cond_ids`.

    With ids and a width of 0, or with widths that differ, the first step fails. With a width and no ids the network has a
    projection that nothing feeds.
    """
    yield from _each(setup, PREPEND)


@rule("global-cond-dim", on=WHOLE, mirrors="models.dit.DiffusionTransformer._forward", contract=("R-DIT-4",))
def global_width(setup: Setup) -> Iterator[Problem]:
    """`global_cond_dim` is as wide as all conditioners in `global_cond_ids` together.

    Their tokens are put beside each other: two conditioners with a `cond_dim` of 768 make 1536. With another width, or with 0, the
    first step fails. With a width and no ids the network has a projection that nothing feeds.
    """
    yield from _each(setup, GLOBAL)


@rule("input-concat-dim", on=WHOLE, mirrors="models.dit.DiffusionTransformer._forward", contract=("R-DIT-8",))
def input_concat_width(setup: Setup) -> Iterator[Problem]:
    """`input_concat_dim` is as many channels as all conditioners in `input_concat_ids` have together.

    They are put beside the input: `inpaint_mask` has 1 channel, `inpaint_masked_input` as many as the latents. With any other
    number the first convolution of the network gets the wrong channels, and the first step fails; without ids it must be 0.
    """
    yield from _each(setup, "input_concat_ids")


@rule("local-add-cond-dim", on=WHOLE, mirrors="models.transformer.TransformerBlock", contract=("R-DIT-10",))
def local_width(setup: Setup) -> Iterator[Problem]:
    """`local_add_cond_dim` is as many channels as all conditioners in `local_add_cond_ids` have together.

    With ids and without a width the network ignores what they give, without a word. With another number the first step fails.
    With a width and no ids every layer has a projection that nothing feeds.
    """
    yield from _each(setup, "local_add_cond_ids")


def _each(setup: Setup, where: str) -> Iterator[Problem]:
    for wiring in wirings(setup):
        port = wiring.ports.get(where)
        if port is None:
            continue
        if not port.named and port.expected:
            yield _unfed(port, wiring)
        elif port.named and port.expected is None and port.has_right_shapes:
            yield _ignored(port, wiring)
        elif where in wiring.slips:
            yield _slipped(port, wiring.slips[where], wiring)
        elif port.given and (wanted_cond_dim(wiring) is None or implied_cond_dim(port) is None):
            yield from _tokens(port, wiring) if where in TOKEN_LISTS else _summed(port, wiring)


def _unfed(port: Port, wiring: Wiring) -> Problem:
    """The network has weights for a list that is empty."""
    related = (_list(port),)
    if port.where == "input_concat_ids":
        message = f"`{port.key}` is {port.expected}, but `{port.where}` names nothing: {FAILS}"
        return Problem(
            port.at, message, help="set it to 0, or name the conditioners", related=related, fix=setting(port.at, 0, sure=False)
        )
    if port.expected is not None and port.expected < 0:
        message = f"`{port.key}` is {port.expected}, which stands for none, and `{port.where}` names nothing"
        return Problem(port.at, message, help="leave it out", related=related, severity="warning")
    idle = wiring.lost
    lost = " and ".join(f"`{name}`" for name in idle)
    then = f"{lost} never reach{'es' if len(idle) == 1 else ''} the network" if idle else "nothing trains these weights"
    message = f"`{port.key}` is {port.expected}, but `{port.where}` names nothing: {then}"
    help = f"name {'them' if len(idle) > 1 else 'it'} in `{port.where}`" if idle else "leave it out, or name conditioners there"
    return Problem(port.at, message, help=help, related=related, severity="error" if _trained(wiring, idle) else "warning")


def _ignored(port: Port, wiring: Wiring) -> Problem:
    """The network has no place for what a list names (`local_add_cond_dim: null`)."""
    elsewhere = {use.id for use in wiring.uses if use.where != port.where}
    names = sorted({use.id for use in wiring.uses if use.where == port.where})
    channels, lost = port.total, " and ".join(f"`{name}`" for name in names)
    return Problem(
        port.list_at,
        f"`{port.where}` names {lost}, but without `{port.key}` the network ignores {'it' if len(names) == 1 else 'them'}",
        help=f"set {port.key} to {channels}" if channels else f"set {port.key}",
        fix=setting(port.at, channels) if channels else None,
        severity="error" if _trained(wiring, [name for name in names if name not in elsewhere]) else "warning",
    )


def _trained(wiring: Wiring, names: list[str]) -> bool:
    """Whether some of these conditioners have weights, which then are never trained."""
    return not wiring.adapted and any(name in wiring.nodes and learns(wiring.nodes[name]) for name in names)


def _tokens(port: Port, wiring: Wiring) -> Iterator[Problem]:
    """Every token is as wide as the network expects."""
    tokens = [entry for entry in port.given if entry.output.shape != "signal"]
    wrong = [entry for entry in tokens if entry.output.width != port.expected]
    widths = {entry.output.width for entry in tokens}
    if not wrong:
        return
    if len(wrong) == len(tokens):
        yield _other_width(port, tokens, widths)
        return
    for entry in {entry.at: entry for entry in wrong}.values():
        yield _outlier(port, entry, elsewhere=_fits_elsewhere(port, entry, wiring))


def _other_width(port: Port, tokens: list[Given], widths: set[int]) -> Problem:
    one = min(widths) if len(widths) == 1 else None
    who = f"`{tokens[0].use.id}`" if len(tokens) == 1 else f"the {len(tokens)} conditioners in `{port.where}`"
    wide = f"{who} {'is' if len(tokens) == 1 else 'are'} {' and '.join(map(str, sorted(widths)))} wide"
    if port.expected == 0:
        message = f"`{port.key}` is 0, so the network has no place for {who}: {FAILS}"
    else:
        message = f"`{port.key}` is {port.expected}, but {wide}: {FAILS}"
    places = dict.fromkeys((entry.at, f"{entry.at[-1]}: {entry.output.width}") for entry in tokens)
    return Problem(
        port.at,
        message,
        help=f"set it to {one}" if one else "give them all the same `output_dim`",
        related=(*places, _list(port)),
        fix=setting(port.at, one) if one else None,
    )


def _outlier(port: Port, entry: Given, *, elsewhere: bool) -> Problem:
    """The others fit: this one is wrong, or wrong here."""
    key, width, name = entry.at[-1], entry.output.width, entry.use.id
    message = f"`{name}` is {width} wide, but `{port.key}`, like the rest of `{port.where}`, is {port.expected}: {FAILS}"
    said = (port.at, f"{port.key}: {port.expected}")
    if elsewhere:
        help = f"take it out of `{port.where}`, or give it a width of {port.expected}"
        return Problem(entry.use.at, message, help=help, related=(said, (entry.at, f"{key}: {width}")))
    fixable = key in ("output_dim", "cond_dim")
    return Problem(
        entry.at,
        message,
        help=f"set {key} to {port.expected}" if fixable else f"give it a width of {port.expected}",
        related=(said, (entry.use.at, f"{port.where}: {name}")),
        fix=setting(entry.at, port.expected) if fixable else None,
    )


def _fits_elsewhere(port: Port, entry: Given, wiring: Wiring) -> bool:
    """Whether another list names the same conditioner and is satisfied with its width."""
    others = [other for other in wiring.ports.values() if other.where != port.where]
    return any(other.total == other.expected and any(one.use.id == entry.use.id for one in other.given) for other in others)


def _list(port: Port) -> tuple[Path, str]:
    """The list, as another place."""
    return port.list_at, f"{port.where}: [{', '.join(entry.use.id for entry in port.given)}]"


def _slipped(port: Port, slip: Slip, wiring: Wiring) -> Problem:
    """One id in the list explains the width: it is missing, one too many, or another was meant."""
    said = f"`{port.key}` is {port.expected}, but what `{port.where}` names is {port.total} wide"
    if port.where != GLOBAL:
        said = f"`{port.key}` is {port.expected}, but what `{port.where}` names has {port.total} channels"
    related = [(port.at, f"{port.key}: {port.expected}")]
    related += [(wiring.ids[slip.lacks], f"id: {slip.lacks}")] if slip.lacks in wiring.ids else []
    if slip.use is None:
        return Problem(port.list_at, f"{said}: {FAILS}", help=f"add `{slip.lacks}`, which is missing there", related=tuple(related))
    help = f"was `{slip.lacks}` meant in the place of `{slip.use.id}`?" if slip.lacks else f"name `{slip.use.id}` only once"
    fix = setting(slip.use.at, slip.lacks, sure=False) if slip.lacks else None
    related.append(_list(port))  # Another of its ids may be the one that was changed.
    return Problem(slip.use.at, f"{said}: {FAILS}", help=help, related=tuple(related), fix=fix)


def _summed(port: Port, wiring: Wiring) -> Iterator[Problem]:
    """All that is put beside each other is as wide as the network expects."""
    entries, wide = port.given, port.total
    if wide is None or wide == port.expected or not port.has_right_shapes or _blamed_elsewhere(port, wiring):
        return
    parts = " + ".join(str(port.size(entry.output)) for entry in entries)
    is_wide, has = ("are", "wide") if port.where == GLOBAL else ("have", "channels")
    if len(entries) == 1:
        one = has if wide != 1 else has.removesuffix("s")
        said = f"`{entries[0].use.id}` {'is' if port.where == GLOBAL else 'has'} {wide} {one}"
    else:
        said = f"the {len(entries)} conditioners in `{port.where}` {is_wide} {wide} {has} together ({parts})"
    named = [entry for entry in entries if entry.at[-1] in ("cond_dim", "output_dim", "io_channels", "joint_embed_dim")]
    places = dict.fromkeys((entry.at, f"{entry.at[-1]}: {entry.output.width}") for entry in named)
    yield Problem(
        port.at,
        f"`{port.key}` is {port.expected}, but {said}: {FAILS}",
        help=f"set it to {wide}",
        related=(*places, _list(port)),
        fix=setting(port.at, wide),
    )


def _blamed_elsewhere(port: Port, wiring: Wiring) -> bool:
    """Whether the width of one of its conditioners is already blamed, because it does not fit the other tokens."""
    blamed = {problem.at for other in wiring.ports.values() if other.where in TOKEN_LISTS for problem in _tokens(other, wiring)}
    return any(entry.at in blamed for entry in port.given)
