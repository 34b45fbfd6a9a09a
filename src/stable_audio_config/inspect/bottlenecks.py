"""The weights of bottlenecks, and the tokens that the discrete ones give."""

from __future__ import annotations

from math import prod

from ..validation.view import Absent, Node
from .tensors import Shapes, Tensors, embedding, linear, normed_conv, trained

_WITHOUT = ("tanh", "vae", "l2_norm", "wasserstein", "dithered_fsq")
"""Those that learn nothing."""


def bottleneck(node: Node) -> Tensors:
    """The weights of a bottleneck.

    Raises:
        Absent: it is a plugin's.
    """
    kind = node("type")
    if kind in _WITHOUT:
        return Tensors()
    if kind == "softnorm":
        return _softnorm(node.part("config"))
    if kind in ("rvq", "rvq_vae"):
        return _residual(node.part("config"))
    if kind in ("dac_rvq", "dac_rvq_vae"):
        return trained(_dac(node.part("config")))
    if kind == "fsq":
        return trained(_finite(node.part("config")))
    raise Absent(node.path)


def _softnorm(config: Node) -> Tensors:
    """Its running deviation is a parameter that never takes gradients."""
    dim = config("dim")
    learnt = Tensors(((1, dim, 1), (1, dim, 1), (1, config("noise_augment_dim"), 1)))
    return learnt.with_gradients(not config("freeze")) + Tensors((), ((1,),) if config("auto_scale") else ())


def _residual(config: Node) -> Tensors:
    """Codebooks are moving averages unless they are learnt by gradients: then they are parameters."""
    dim, size = config("dim"), config("codebook_size")
    width = dim if config("codebook_dim") is None else config("codebook_dim")
    around = [] if width == dim else [*linear(dim, width), *linear(width, dim)]
    books = 1 if config("shared_codebook") else config("num_quantizers")
    learnt = config("learnable_codebook") or config("orthogonal_reg_weight") > 0
    entries: Shapes = [(1, size, width)]
    averages: Shapes = [(1, size), (1, size, width)]
    learns = (*around, *(entries * books if learnt else []))
    return Tensors(learns, (), tuple((averages + ([] if learnt else entries)) * books))


def _dac(config: Node) -> Shapes:
    width, wanted, books = config("input_dim"), config("codebook_dim"), config("n_codebooks")
    shapes: Shapes = []
    for index in range(books):
        narrow = wanted if isinstance(wanted, int) else wanted[index]
        shapes += [*normed_conv(width, narrow, 1), *normed_conv(narrow, width, 1), *embedding(config("codebook_size"), narrow)]
    return shapes


def _finite(config: Node) -> Shapes:
    inner, bias = len(config("levels")) * config("num_codebooks"), config("projection_has_bias")
    dim = inner if config("dim") is None else config("dim")
    return [] if dim == inner else [*linear(dim, inner, bias), *linear(inner, dim, bias)]


def tokens(node: Node) -> tuple[int, int]:
    """(codebooks, entries of each) of a discrete bottleneck.

    Raises:
        Absent: it gives no tokens.
    """
    kind = node("type")
    if kind in ("rvq", "rvq_vae"):
        return node("config.num_quantizers"), node("config.codebook_size")
    if kind in ("dac_rvq", "dac_rvq_vae"):
        return node("config.n_codebooks"), node("config.codebook_size")
    if kind == "fsq":
        return node("config.num_codebooks"), prod(node("config.levels"))
    if kind == "dithered_fsq":
        levels, dim = node("config.levels"), node("config.dim")
        return node("config.num_codebooks"), levels**dim if isinstance(levels, int) else prod(levels)
    raise Absent(node.path)
