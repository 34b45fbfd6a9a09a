"""Conditioners and the lists that name them: every id exists, every conditioner is used, every key means one of them."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ...report.finding import Path
from ..conditions import learns
from ..id_lists import INPAINT, TOKEN_LISTS, Use, duplicates
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Node
from ..wiring import Wiring, own_wiring, wirings

RESERVED = frozenset((
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "clear", "compile", "cpu", "cuda",
    "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state", "get_parameter",
    "get_submodule", "half", "ipu", "items", "keys", "load_state_dict", "modules", "mtia", "named_buffers", "named_children",
    "named_modules", "named_parameters", "parameters", "pop", "register_backward_hook", "register_buffer", "register_forward_hook",
    "register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook", "register_module", "register_parameter",
    "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_", "set_extra_state", "set_submodule",
    "share_memory", "state_dict", "to", "to_empty", "train", "training", "type", "update", "values", "xpu", "zero_grad",
))  # fmt: skip
"""What a `ModuleDict` of torch 2.7 has of its own: it takes no member of such a name."""


@rule(
    "unknown-conditioner",
    on=WHOLE,
    mirrors="models.diffusion.ConditionedDiffusionModelWrapper.get_conditioning_inputs",
    contract=("R-DIT-12", "R-DIT-22"),
)
def unknown_ids(setup: Setup) -> Iterator[Problem]:
    """Every id in a list is the id of a conditioner.

    The lists of `diffusion` (or `lm`) say which conditioner reaches the network how. The engine looks their ids up when the first
    batch arrives, and fails with a KeyError; only `modular_local_cond_configs` are skipped without a word, so that their
    projections are never trained. `inpaint_mask` and `inpaint_masked_input` need no conditioner: inpainting makes them.
    """
    for wiring in wirings(setup):
        for name, places in wiring.unknown.items():
            yield _misspelt(name, wiring) if name in wiring.misspelt else _unknown(name, places, wiring)


def _misspelt(listed: str, wiring: Wiring) -> Problem:
    conditioner, places = wiring.meant[listed], wiring.unknown[listed]
    at = wiring.ids[conditioner]
    lists = list(dict.fromkeys(f"`{use.where}`" for use in places))
    name = f"{' and '.join(lists)} {'names' if len(lists) == 1 else 'name'} `{listed}`"
    message = f"no list names the conditioner `{conditioner}`, but {name}: the first step would fail"
    related = tuple((use.at, f"{use.where}: {listed}") for use in places)
    return Problem(at, message, help=f"did you mean `{listed}`?", fix=setting(at, listed), related=related)


def _unknown(name: str, places: list[Use], wiring: Wiring) -> Problem:
    first, *others = places
    near = [wiring.meant[name]] if name in wiring.meant else get_close_matches(name, list(wiring.ids), n=1, cutoff=0.6)
    twice = None if name in wiring.meant else next(iter(duplicates(wiring.model).items()), None)
    skipped = all(use.where == "modular_local_cond_configs" for use in places)
    then = "it is skipped, and its projection never trained" if skipped else "the first step would fail"
    related = [(use.at, f"{use.where}: {name}") for use in others]
    related += [(at, f"id: {twice[0]}") for at in twice[1]] if twice else [(wiring.model.at("conditioning.configs"), "configs")]
    return Problem(
        first.at,
        f"`{first.where}` names `{name}`, but no conditioner has this id: {then}",
        help=f"two conditioners have the id `{twice[0]}`: is one of them `{name}`?" if twice else _meant(near, wiring),
        related=tuple(related),
        fix=setting(first.at, near[0]) if near and not others and not twice else None,
    )


def _meant(near: list[str], wiring: Wiring) -> str:
    known = ", ".join(f"`{known}`" for known in wiring.ids)
    return f"did you mean `{near[0]}`?" if near else f"the conditioners are {known}" if known else "there are no conditioners"


@rule("unused-conditioner", on=WHOLE, mirrors="models.conditioners.MultiConditioner.forward", contract=("R-DIT-13",))
def unused(setup: Setup) -> Iterator[Problem]:
    """Every conditioner is named by a list.

    The engine runs every conditioner on every batch, whether or not a list of `diffusion` names it. One that no list names costs
    time and memory, its key must be in the metadata all the same, and what it says never reaches the network. Where it has weights
    of its own they are never trained, which is an error; a frozen one is a warning, and so is any under LoRA, which trains none.
    """
    for wiring in wirings(setup):
        if wiring.unknown.keys() - wiring.meant.keys() or any(port.expected and not port.named for port in wiring.ports.values()):
            continue  # That finding says what is missing from which list.
        for name in wiring.lost:
            trained = (name not in wiring.nodes or learns(wiring.nodes[name])) and not wiring.adapted
            what = "learns" if trained else "gives"
            yield Problem(
                wiring.ids[name],
                f"no list names the conditioner `{name}`: what it {what} never reaches the network",
                help="name it in a list of the network, such as `cross_attention_cond_ids`, or leave the conditioner out",
                severity="error" if trained else "warning",
            )


@rule("duplicate-conditioner", on=WHOLE, mirrors="models.conditioners.create_multi_conditioner_from_conditioning_config")
def same_ids(setup: Setup) -> Iterator[Problem]:
    """No two conditioners have the same id.

    The engine keeps conditioners in a dictionary by id: of two with the same id it builds both and keeps the last.
    """
    for wiring in wirings(setup):
        for name, places in duplicates(wiring.model).items() if not wiring.unknown.keys() - wiring.meant.keys() else ():
            trees = [node.tree for node in wiring.model.part("conditioning").parts("configs") if node.at("id") in places]
            same = all(tree == trees[0] for tree in trees)
            yield Problem(
                places[0],
                f"{'two' if len(places) == 2 else len(places)} conditioners have the id `{name}`: only the last one is used",
                help="leave this one out" if same else "give them different ids, or leave this one out",
                related=tuple((at, f"id: {name}") for at in places[1:]),
                severity="warning" if same else "error",
            )


@rule("conditioner-id", on="NamedConditioner", mirrors="models.conditioners.MultiConditioner")
def reserved_conditioner(conditioner: Node) -> Iterator[Problem]:
    """An id is not the name of something that is there already.

    Conditioners, and the projections of `modular_local_cond_configs`, are members of a `ModuleDict` of torch, which refuses names
    such as `type`, `keys` or `training`. Inpainting overwrites what conditioners named `inpaint_mask` and `inpaint_masked_input`
    give.
    """
    yield from _reserved(conditioner)


@rule("conditioner-id", on="ModularLocalCond", mirrors="models.transformer.TransformerBlock")
def reserved_modular(entry: Node) -> Iterator[Problem]:
    """An id is not the name of something that is there already."""
    yield from _reserved(entry)


def _reserved(node: Node) -> Iterator[Problem]:
    name = node("id")
    if name in RESERVED:
        message = f"`{name}` cannot be an id: every module of torch has something of that name, and the model cannot be built"
        yield Problem(
            "id", message, help="choose another id, here and in the lists; `default_keys` can map it to the metadata's key"
        )


@rule("conditioner-id", on=WHOLE, severity="warning", mirrors="training.diffusion.DiffusionCondTrainingWrapper.training_step")
def overwritten(setup: Setup) -> Iterator[Problem]:
    """An id is not the name of something that is there already."""
    if not setup.training.has("inpainting"):
        return
    known, explained = own_wiring(setup).ids, own_wiring(setup).meant.values()
    for name in INPAINT:
        if name in known and name not in explained:
            message = f"`inpainting` puts its own `{name}` in the place of what this conditioner gives"
            related = ((setup.training.at("inpainting"), "inpainting"),)
            yield Problem(known[name], message, help="give the conditioner another id", related=related)


@rule("pre-encoded-keys", on=WHOLE, mirrors="models.conditioners.MultiConditioner.forward", contract=("R-DIT-21",))
def finished_tensors(setup: Setup) -> Iterator[Problem]:
    """`pre_encoded_keys` names conditioners that no token list names.

    For these ids the metadata holds finished tensors: they are stacked, and the conditioner is not run. They come without a mask,
    which cross attention and prepended tokens cannot do without, so the first step fails. An id that no conditioner has is ignored.
    """
    for wiring in wirings(setup):
        at = wiring.model.at("conditioning.pre_encoded_keys")
        for index, name in enumerate(wiring.model("conditioning.pre_encoded_keys")):
            place = next((use for use in wiring.uses if use.id == name and use.where in TOKEN_LISTS), None)
            if name not in wiring.ids and name not in wiring.unknown:
                yield _ignored((*at, index), name, "`pre_encoded_keys` names", list(wiring.ids))
            elif place is not None:
                yield Problem(
                    (*at, index),
                    f"`{name}` is a finished tensor without a mask, but `{place.where}` needs one: the first step would fail",
                    help="name it in `global_cond_ids` or a list for signals, or let its conditioner run",
                    related=((place.at, f"{place.where}: {name}"),),
                )


@rule("default-keys", on=WHOLE, mirrors="models.conditioners.MultiConditioner.forward", contract=("R-CO-9",))
def other_keys(setup: Setup) -> Iterator[Problem]:
    """`default_keys` names conditioners, and another key of the metadata for each.

    It says which key of the metadata is read for a conditioner where the metadata hold nothing under its id. An id that no
    conditioner has is ignored. Within one batch the engine stays with the other key from the first item on that needs it: items
    that hold the id itself, and not the other key, then fail, so let all items hold the same keys.
    """
    for wiring in wirings(setup):
        for name, key in wiring.model("conditioning.default_keys").items():
            at = (*wiring.model.at("conditioning.default_keys"), name)
            if name not in wiring.ids and name not in wiring.unknown:
                yield _ignored(at, name, "`default_keys` has", list(wiring.ids))
            elif key == name:
                message = f"`default_keys` sends `{name}` to itself: that changes nothing"
                yield Problem(at, message, help="leave it out", fix=removing(at), severity="warning")


def _ignored(at: Path, name: str, who: str, known: list[str]) -> Problem:
    """A key that means no conditioner: an error where it resembles one, since then a setting is lost."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    help = f"did you mean `{near[0]}`?" if near else "leave it out"
    message = f"{who} `{name}`, but no conditioner has this id: it is ignored"
    return Problem(at, message, help=help, severity="error" if near else "warning")
