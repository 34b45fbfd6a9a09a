"""How wide a latent is: what each part of an autoencoder says, and what most of them agree on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ..datamodels import shapes
from .geometry import SPLITTING, Width, bottleneck_type, decoder_in, encoder_out, noise_dim
from .setup import Setup
from .view import Absent, Node


@dataclass(frozen=True)
class Claims:
    """The latent's channels as each part has them; None where a part is missing or takes any number."""

    encoder: float | None
    """Half a channel too where a bottleneck would have to split an odd number."""
    decoder: int | None
    codebook: int | None
    stated: int | None

    @cached_property
    def agreed(self) -> int:
        """What most parts say; among equals what the statement says, else the decoder.

        Raises:
            Absent: nothing says anything, or half a channel.
        """
        votes = Counter(claim for claim in (self.decoder, self.stated, self.encoder, self.codebook) if claim is not None)
        if not votes:
            raise Absent(())
        most = max(votes.values())
        leading = [claim for claim, count in votes.items() if count == most]
        width = self.stated if most > 1 and self.stated is not None and self.stated in leading else leading[0]
        if width != int(width):
            raise Absent(())
        return int(width)


@lru_cache(maxsize=8)  # Several rules ask the same node.
def claims(model: Node) -> Claims:
    """What the parts of an `AutoencoderModel` or `DiffusionAutoencoderModel` say.

    Raises:
        Absent: some part does not say it, or the bottleneck comes from a plugin and may do anything.
    """
    if bottleneck_type(model) not in (None, *shapes.kind("bottleneck").tags):
        raise Absent(model.at("bottleneck"))
    encoder = encoder_out(model.part("encoder")).value / halves(model) if model.has("encoder") else None
    width = codebook_width(model.part("bottleneck")) if model.has("bottleneck") else None
    codebook = width.value if width is not None else None
    if "AutoencoderModel" not in model.model.names:  # A diffusion autoencoder: nothing reads `latent_dim`, no `decoder` works.
        return Claims(encoder, None, codebook, None)
    decoder = decoder_in(model.part("decoder")).value - noise_dim(model)
    return Claims(encoder, decoder, codebook, model.given("latent_dim"))


def halves(model: Node) -> int:
    """2 where the bottleneck splits the encoder's channels into mean and scale, else 1."""
    return 2 if bottleneck_type(model) in SPLITTING else 1


def codebook_width(bottleneck: Node) -> Width | None:
    """Latent channels that a bottleneck is built for; None for those that take any."""
    kind = bottleneck("type")
    if kind == "fsq":
        if bottleneck("config.dim") is not None:
            return Width(bottleneck("config.dim"), bottleneck.at("config.dim"))
        return Width(len(bottleneck("config.levels")) * bottleneck("config.num_codebooks"), bottleneck.at("config.levels"))
    if kind == "dithered_fsq":
        return Width(bottleneck("config.dim") * bottleneck("config.num_codebooks"), bottleneck.at("config.dim"))
    key = {"rvq": "dim", "rvq_vae": "dim", "dac_rvq": "input_dim", "dac_rvq_vae": "input_dim", "softnorm": "dim"}.get(kind)
    if key is None or (kind == "softnorm" and bottleneck("config.dim") == 1):  # One factor fits any number of channels.
        return None
    return Width(bottleneck.given(f"config.{key}"), bottleneck.at(f"config.{key}"))


def encoded_width(pretransform: Node, audio: int) -> Width:
    """Channels that a pretransform really makes of `audio` channels, whatever is stated about them."""
    kind = pretransform("type")
    if kind == "autoencoder":
        inside = pretransform.part("config")
        return Width(claims(inside).agreed, inside.at("latent_dim"))
    if kind == "wavelet":
        return Width(audio * 2 ** pretransform.given("config.levels"), pretransform.at("config.levels"))
    if kind == "patched":
        return Width(audio * pretransform.given("config.patch_size"), pretransform.at("config.patch_size"))
    if kind == "dac_pretrained":
        return Width(1024, pretransform.at("config"))  # Of all three published models.
    raise Absent(pretransform.path)


def is_pre_encoded(setup: Setup) -> bool:
    """Whether training works on latents from the dataset."""
    try:
        return setup.training("pre_encoded") is True
    except Absent:
        return False
