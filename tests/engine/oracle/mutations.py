"""Mistakes, drawn by seed: each takes one valid experiment and changes one thing in its model, training or dataset section."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .watched import Path

Tree = dict[str, Any]
Site = tuple[Path, Any]


@dataclass(frozen=True)
class Mutant:
    """One changed experiment."""

    number: int
    base: str
    operator: str
    path: Path
    """The key that was changed, removed or added."""
    what: str
    """What was done, for a reader."""
    tree: Tree
    also: tuple[Path, ...] = ()
    """Other key paths at which a finding is right: what a renamed key was called before."""


SECTIONS = ("model", "training", "dataset")

OWN_PATHS = (("dataset", "datasets", 0, "path"), ("dataset", "datasets", 0, "custom_metadata_module"))
"""Places of files, whose mistakes are another matter."""

WIDTHS = (
    "in_channels", "out_channels", "latent_dim", "io_channels", "channels", "dimension", "dim", "input_dim", "d_model", "embed_dim",
    "cond_dim", "cond_token_dim", "global_cond_dim", "prepend_cond_dim", "input_concat_dim", "local_add_cond_dim", "output_dim",
    "context_embedding_features", "downsampling_ratio", "dim_in", "dim_heads", "num_heads", "patch_size", "joint_embed_dim",
    "codebook_dim", "n_filters", "sample_size", "sample_rate", "audio_channels", "attention_heads",
)  # fmt: skip

WORDS: dict[str, tuple[str, ...]] = {
    "diffusion_objective": ("v", "rectified_flow", "rf_denoiser"),
    "timestep_sampler": ("uniform", "logit_normal", "trunc_logit_normal", "log_snr", "log_snr_uniform"),
    "loss_normalization": ("none", "timestep", "sample", "sample_channel"),
    "adapter_type": ("lora", "dora", "dora-rows", "dora-cols", "bora", "lora-xs"),
    "global_cond_type": ("prepend", "adaLN"),
    "norm_type": ("layer_norm", "rms_norm", "dyt"),
    "qk_norm": ("l2", "ln", "rms", "dyt", "none"),
    "embed_type": ("avg_pool", "cls"),
    "wavelet": ("bior2.2", "bior2.4", "bior2.6", "bior2.8", "bior4.4", "bior6.8"),
    "model_type": ("autoencoder", "diffusion_uncond", "diffusion_cond", "diffusion_cond_inpaint", "diffusion_autoencoder", "clap"),
    "dataset_type": ("audio_dir", "pre_encoded"),
}
"""Key -> its words."""

TYPES: dict[str, tuple[str, ...]] = {
    "encoder": ("oobleck", "seanet", "dac", "taae", "same"),
    "decoder": ("oobleck", "seanet", "dac", "taae", "same"),
    "bottleneck": ("tanh", "vae", "rvq", "dac_rvq", "rvq_vae", "l2_norm", "wasserstein", "fsq", "dithered_fsq", "softnorm"),
    "pretransform": ("autoencoder", "wavelet", "patched"),
    "pretransform_config": ("autoencoder", "wavelet", "patched"),
    "configs": ("int", "number", "list"),
    "diffusion": ("dit", "adp_1d", "adp_cfg_1d"),
    "optimizer": ("AdamW", "Adam", "SGD", "Adamax", "RAdam", "CAdamW"),
    "scheduler": ("InverseLR", "ConstantLR", "ExponentialLR", "StepLR"),
    "discriminator": ("oobleck", "encodec", "dac", "convnext", "conv", "dilated_conv"),
}
"""Key of a part -> its tags."""

EXTRAS: tuple[tuple[str, Any], ...] = (
    ("comment", "for later"), ("dropout", 0.1), ("soft_clip", True), ("scale_factor", 2), ("use_ema_model", True), ("causal", True),
    ("warmup", 10), ("n_heads", 4), ("activation", "elu"), ("bias", True), ("version", 2), ("kernel_size", 7), ("normalize", False),
    ("dim", 64), ("mask_padding", True), ("weight_decay", 0.1), ("latent_crop_length", 64), ("depth", 2), ("scale", 1.5),
)  # fmt: skip


def sites(tree: Any, path: Path = ()) -> Iterator[Site]:
    """Every key path below the sections, with its value; items of lists too."""
    below: Iterable[tuple[Any, Any]] = enumerate(tree) if isinstance(tree, list) else ()
    if isinstance(tree, dict):
        below = [(key, tree[key]) for key in (tree if path else SECTIONS)]
    for key, value in below:
        here = (*path, key)
        if here in OWN_PATHS:
            continue
        if len(here) > 1:
            yield here, value
        yield from sites(value, here)


def changed(tree: Tree, path: Path, value: Any) -> Tree:
    """A copy with another value at the path."""
    tree = copy.deepcopy(tree)
    _at(tree, path[:-1])[path[-1]] = value
    return tree


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


Operator = Callable[[random.Random, Tree, list[Site]], tuple[Path, str, Tree, tuple[Path, ...]] | None]


def delete(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    path, _ = rng.choice([site for site in places if isinstance(site[0][-1], str)])
    tree = copy.deepcopy(tree)
    del _at(tree, path[:-1])[path[-1]]
    return path, "delete", tree, ()


def typo(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    path, _ = rng.choice([site for site in places if isinstance(site[0][-1], str)])
    old, tree = str(path[-1]), copy.deepcopy(tree)
    spot = rng.randrange(1, len(old)) if len(old) > 1 else 0
    swapped = old[: spot - 1] + old[spot] + old[spot - 1] + old[spot + 1 :] if spot else old + old
    new = rng.choice([old[:spot] + old[spot + 1 :], swapped, old + "s", old[:spot] + old[spot] + old[spot:]])
    owner = _at(tree, path[:-1])
    if new in owner or not new:
        return None
    renamed = {new if key == old else key: value for key, value in owner.items()}
    owner.clear(), owner.update(renamed)
    return (*path[:-1], new), f"was {old}", tree, (path,)


def number(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    path, value = rng.choice([site for site in places if _is_number(site[1])])
    new = rng.choice([value * 2, value + 1, 0, -value if value else -1])
    return path, f"{value} -> {new}", changed(tree, path, new), ()


def width(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    path, value = rng.choice([site for site in places if site[0][-1] in WIDTHS and _is_number(site[1])])
    new = rng.choice([value * 2, value // 2, value + 1, value - 1, value + 8, value * 3])
    return path, f"{value} -> {new}", changed(tree, path, new), ()


def flip(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    switches = [site for site in places if isinstance(site[1], bool)]
    if not switches:
        return None
    path, value = rng.choice(switches)
    return path, f"{value} -> {not value}", changed(tree, path, not value), ()


def quoted(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    """Another JSON type. Not scored."""
    path, value = rng.choice([site for site in places if not isinstance(site[1], dict)])
    new = rng.choice([str(value), [value], None, {"value": value}])
    return path, f"{value!r} -> {new!r}", changed(tree, path, new), ()


def items(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    lists = [site for site in places if isinstance(site[1], list) and site[1]]
    path, value = rng.choice(lists)
    how, new, spot = rng.choice(["drop", "add", "scale", "empty", "reverse"]), copy.deepcopy(value), rng.randrange(len(value))
    if how == "drop":
        del new[spot]
    elif how == "add":
        new.append(copy.deepcopy(new[-1]))
    elif how == "empty":
        new = []
    elif how == "reverse":
        new.reverse()
    elif _is_number(new[spot]):
        new[spot] = rng.choice([new[spot] * 2, new[spot] + 1, 0])
    else:
        return None
    return path, f"{how}: {str(value)[:60]} -> {str(new)[:60]}", changed(tree, path, new), ()


def tag(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    """Another known word, or another known type with the old one's config."""
    path, value = rng.choice([(path, value) for path, value in places if _words(path)])
    new = rng.choice(_words(path))
    owner = (path[:-1],) if path[-1] in ("type", "model_type", "dataset_type") else ()
    return path, f"{value} -> {new}", changed(tree, path, new), owner


def _words(path: Path) -> tuple[str, ...]:
    if path[-1] == "type":
        part = path[-3] if isinstance(path[-2], int) else path[-2]
        return TYPES.get(str(part), ())
    return WORDS.get(str(path[-1]), ())


def word(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    """A word that is none."""
    path, value = rng.choice([site for site in places if isinstance(site[1], str) and len(site[1]) > 1])
    new = rng.choice([value[:-1], value + "x", "nothing", value.upper() if value.upper() != value else value.lower()])
    return path, f"{value} -> {new}", changed(tree, path, new), ()


def ident(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    ids = [
        (path, value) for path, value in places if isinstance(value, str) and (path[-1] == "id" or str(path[-2]).endswith("_ids"))
    ]
    ids += [
        (path, path[-1])
        for path, _ in places
        if len(path) > 2 and "demo_cond" in path and isinstance(path[-1], str) and path[-1] != "demo_cond"
    ]
    ids = [site for site in ids if site[0][0] != "dataset"]
    if not ids:
        return None
    path, value = rng.choice(ids)
    new = rng.choice([other for _, other in ids] + ["genre", "seconds_start", "prompt"])
    if isinstance(path[-1], str) and path[-1] != "id":
        return (*path[:-1], new), f"{value} -> {new}", _renamed(tree, path, new), (path,)
    return path, f"{value} -> {new}", changed(tree, path, new), ()


def _renamed(tree: Tree, path: Path, new: str) -> Tree:
    tree = copy.deepcopy(tree)
    owner = _at(tree, path[:-1])
    owner[new] = owner.pop(path[-1])
    return tree


def extra(rng: random.Random, tree: Tree, places: list[Site]) -> Any:
    path, value = rng.choice(
        [*(site for site in places if isinstance(site[1], dict)), *(((name,), tree[name]) for name in SECTIONS)]
    )
    key, new = rng.choice(EXTRAS)
    if key in value:
        return None
    return (*path, key), f"added: {new}", changed(tree, (*path, key), new), ()


OPERATORS: dict[str, tuple[Operator, int]] = {
    "delete": (delete, 5),
    "typo": (typo, 5),
    "number": (number, 5),
    "width": (width, 5),
    "list": (items, 4),
    "tag": (tag, 4),
    "word": (word, 2),
    "id": (ident, 3),
    "extra": (extra, 4),
    "flip": (flip, 1),
    "type": (quoted, 1),
}
"""Name -> (what it does, how often against the others)."""


def mutant(number: int, seed: int, bases: dict[str, Tree]) -> Mutant:
    """Mutant `number` of a seed: always the same."""
    rng = random.Random(f"{seed}:{number}")
    names, operators = list(bases), list(OPERATORS)
    base = names[number % len(names)]
    tree, places = bases[base], list(sites(bases[base]))
    while True:
        operator = rng.choices(operators, [OPERATORS[name][1] for name in operators])[0]
        made = OPERATORS[operator][0](rng, tree, places)
        if made is not None and made[2] != tree:
            path, what, new, also = made
            return Mutant(number, base, operator, path, what, new, also)
