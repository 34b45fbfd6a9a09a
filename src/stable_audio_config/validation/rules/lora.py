"""Low-rank adapters: what they are put on, how wide they can be, and what lies beneath them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product

from ...report.finding import Path, Severity
from ..layers import Layer, conditioner_layers, dit_layers
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node

_RANGE = re.compile(r"\[(\d+)-(\d+)\]")


@dataclass(frozen=True)
class _Adapters:
    """One section with adapters, and the layers that it may choose from."""

    section: Node
    layers: list[Layer]
    whole: bool
    """False for a discriminator's backbone, which is trained as a whole where no adapter fits."""
    where: tuple[tuple[Path, str], ...] = ()
    """What says how many layers there are."""

    def chosen(self) -> list[Layer]:
        """The layers that it puts adapters on."""
        include, exclude = self.section("include"), self.section("exclude")
        return [layer for layer in self.layers if (include is None or fits(layer.name, include)) and not fits(layer.name, exclude)]


def fits(name: str, patterns: Iterable[str] | None) -> bool:
    """Whether a layer's name contains one of the patterns (engine: `_matches_any`)."""
    return any(piece in name for pattern in patterns or () for piece in expanded(pattern.strip()))


def expanded(pattern: str) -> list[str]:
    """`layers.[0-2].` as `layers.0.`, `layers.1.`, `layers.2.`."""
    parts = _RANGE.split(pattern)
    texts, starts, ends = parts[0::3], parts[1::3], parts[2::3]
    ranges = [
        [str(number) for number in range(int(low), int(high) + step, step)]
        for low, high in zip(starts, ends, strict=True)
        for step in [1 if int(high) >= int(low) else -1]
    ]
    return ["".join(map("".join, zip(texts, (*choice, ""), strict=True))) for choice in product(*ranges)]


def _adapters(setup: Setup) -> Iterator[_Adapters]:
    """Every section with adapters that the engine reads, as far as the layers of its model are known."""
    training, model = setup.training, setup.model.part("model")
    if training.has("arc"):
        arc = training.part("arc")
        if arc.has("lora"):
            yield _Adapters(arc.part("lora"), _conditional_layers(model), True)
        if arc.has("discriminator.lora"):
            yield _Adapters(arc.part("discriminator.lora"), _backbone_layers(arc, model), False)
    elif training.has("lora_config"):
        layers = _unconditional_layers(model) if setup.model_type == "diffusion_uncond" else _conditional_layers(model)
        yield _Adapters(training.part("lora_config"), layers, True, tuple(_depth(model)))


def _depth(model: Node) -> Iterator[tuple[Path, str]]:
    config = (model.part("diffusion") if model.has("diffusion") else model).part("config")
    if config.written("depth"):
        yield config.at("depth"), f"depth: {config('depth')}"


def _conditional_layers(model: Node) -> list[Layer]:
    conditioners = model.part("conditioning").parts("configs")
    if len(conditioners) < len(model.part("conditioning").tree.get("configs") or ()):
        raise Absent(model.at("conditioning.configs"))
    return [*_network_layers(model), *(layer for node in conditioners for layer in conditioner_layers(node))]


def _network_layers(model: Node) -> list[Layer]:
    diffusion = model.part("diffusion")
    if diffusion("type") != "dit":
        raise Absent(diffusion.path)
    return list(dit_layers(diffusion.part("config")))


def _unconditional_layers(model: Node) -> list[Layer]:
    if model("type") != "dit":
        raise Absent(model.path)
    return list(dit_layers(model.part("config")))


def _backbone_layers(arc: Node, model: Node) -> list[Layer]:
    if arc.has("discriminator_base_model"):
        return _network_layers(arc.part("discriminator_base_model").part("model"))
    if arc("use_model_as_discriminator") or arc("model_self_discriminator"):
        return _network_layers(model)
    raise Absent(arc.path)


@rule("lora-layers", on=WHOLE, mirrors="models.lora.model.add_lora", contract=("R-TR-12",))
def layers_left(setup: Setup) -> Iterator[Problem]:
    """Adapters need at least one layer whose name fits `include` and not `exclude`.

    Both are lists of parts of names, such as `to_qkv` or `layers.[0-3].`; the engine says nothing about a part that no name
    contains. If no layer is left at all, the optimizer gets nothing to train and training cannot start. (A discriminator's backbone
    is then trained as a whole.)
    """
    for adapters in _adapters(setup):
        section = adapters.section
        if not adapters.chosen():
            yield _nothing_left(adapters)
            continue
        for index, name in enumerate(section("include") or ()):
            if not any(fits(layer.name, [name]) for layer in adapters.layers):
                at, help = (*section.at("include"), index), _near(name, adapters.layers) or "leave it out"
                yield Problem(at, f"no layer's name contains `{name}`", help=help, severity="warning")


def _nothing_left(adapters: _Adapters) -> Problem:
    section = adapters.section
    include = section("include")
    if include is None or any(fits(layer.name, include) for layer in adapters.layers):
        key, what, help = "exclude", "`exclude` leaves out every layer", "name fewer layers"
    else:
        near = [found for name in include for found in [_near(name, adapters.layers)] if found]
        names = " or ".join(f"`{name}`" for name in include)
        what = f"no layer's name contains {names}" if include else "`include` is empty"
        key, help = "include", near[0] if near else "leave it out to adapt all layers"
    then = "there would be nothing to train" if adapters.whole else "the whole backbone would be trained"
    severity: Severity = "error" if adapters.whole else "warning"
    return Problem(section.at(key), f"{what}: {then}", help=help, related=adapters.where, severity=severity)


def _near(name: str, layers: list[Layer]) -> str | None:
    pieces = {piece for layer in layers for piece in layer.name.split(".") if not piece.isdigit()}
    found = get_close_matches(name.strip("."), sorted(pieces), n=1, cutoff=0.6)
    return f"did you mean `{found[0]}`?" if found else None


@rule("lora-rank", on=WHOLE, mirrors="models.lora.model.LoRAParametrization")
def rank_of_bases(setup: Setup) -> Iterator[Problem]:
    """The `-xs` adapters cannot be wider than the smaller side of any layer that they are put on.

    They train a small core between singular vectors of the layer's own weight, of which there are only that many. The engine fails
    when it builds the training wrapper. The narrowest layers are the convolutions around a DiT, as wide as the latent.
    """
    for adapters in _adapters(setup):
        section = adapters.section
        rank = section.given("rank")
        if not section("adapter_type").endswith("-xs") or _bases(setup):
            continue
        narrow = min(adapters.chosen(), key=lambda layer: layer.smaller, default=None)
        if narrow is not None and narrow.smaller < rank:
            yield Problem(
                section.at("rank"),
                f"`rank` is {rank}, but `{narrow.name}` has only {narrow.smaller} singular vectors: no wrapper could be built",
                help=f"set rank to at most {narrow.smaller}, or leave the layer out with exclude",
            )


def _bases(setup: Setup) -> bool:
    """Whether the vectors come from a file, whose contents are not known here."""
    return "svd_bases_path" in setup.model.model.fields and setup.model.has("svd_bases_path")


@rule("lora-base", on=WHOLE, severity="warning", mirrors="training.diffusion.DiffusionCondTrainingWrapper", contract=("R-TR-11",))
def trained_weights_below(setup: Setup) -> Iterator[Problem]:
    """Adapters belong on a trained model.

    With `lora_config` (or `arc.lora`) all weights are frozen but those of the adapters, and a checkpoint holds nothing else: also a
    run that goes on needs `pretrained_ckpt_path`. Without it the adapters learn to make up for random weights.
    """
    training, run = setup.training, setup.run
    key = "arc.lora" if training.has("arc") else "lora_config"
    if training.has(key) and not run("pretrained_ckpt_path"):
        message = f"`{key}` freezes the model, but there is no `pretrained_ckpt_path`: its weights would stay random"
        yield Problem(training.at(key), message, help="set pretrained_ckpt_path to a checkpoint of this model")


@rule(
    "no-effect",
    on=WHOLE,
    severity="warning",
    mirrors="training.factory.create_training_wrapper_from_config",
    contract=("R-TR-10",),
)
def unread_bases(setup: Setup) -> Iterator[Problem]:
    """`svd_bases_path` is read for the `-xs` adapters of `training.lora_config` only."""
    training, model = setup.training, setup.model
    if not _bases(setup):
        return
    if training.has("arc"):
        why = "ARC computes them layer by layer"
    elif not training.has("lora_config"):
        why = "nothing reads it without `training.lora_config`"
    elif not training("lora_config.adapter_type").endswith("-xs"):
        why = f"adapters of type `{training('lora_config.adapter_type')}` have no use for them"
    else:
        return
    at = model.at("svd_bases_path")
    yield Problem(at, f"`svd_bases_path` is set, but {why}", help="leave it out", fix=removing(at))


@rule("lora-scale", on="LoRAConfig", severity="warning", mirrors="models.lora.model.LoRAParametrization")
def scale_of_nothing(section: Node) -> Iterator[Problem]:
    """An adapter is scaled by `alpha` divided by `rank`: with 0 it stays out of the model, however long it is trained.

    (Those of the `dora` and `bora` kinds still train their magnitudes.)
    """
    if section.has("alpha") and section("alpha") == 0 and section("adapter_type") in ("lora", "lora-xs"):
        at, rank = section.at("alpha"), section("rank")
        message = "`alpha` is 0, which the adapters are scaled by: what they learn would have no effect"
        yield Problem(at, message, help=f"leave it out, which means {rank} here", fix=setting(at, rank))
