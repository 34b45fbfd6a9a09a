"""`sample_size` against everything that divides it: ratios, wavelets, patches, chunks."""

from __future__ import annotations

from collections.abc import Iterator
from math import lcm, prod

from ...report.finding import Path, Severity
from ..geometry import autoencoder_ratio, counted, inner_ratio, nearest, pretransform_ratio, ratio, seconds, strides_at
from ..latents import is_pre_encoded
from ..lengths import autoencoder_frames, chunks, complete, decoded_frames, encoded_frames, latent_frames, wavelets
from ..rule import WHOLE, Problem, rule
from ..setup import Setup
from ..view import Absent, Node
from .demo import asked
from .geometry import SHORTEST_PICTURE


@rule(
    "sample-size",
    on=WHOLE,
    mirrors="training.autoencoders.AutoencoderTrainingWrapper.training_step",
    contract=("R-AE-14", "R-DC-5", "R-DC-7"),
)
def divides(setup: Setup) -> Iterator[Problem]:
    """`sample_size` should be a whole number of latent frames, and must be where a part cannot pad.

    It is counted in audio samples, also where the data are latents. Wavelet transforms, patches of a transformer and the factors of
    a U-Net fail at lengths that do not divide; convolutions drop what is left over, so that training sees less than was loaded, and
    demos are shorter than `sample_size`.
    """
    config = setup.model
    size, per_frame = config.given("sample_size"), _samples_per_frame(config)
    unit, why = _must_divide(setup)
    patch, taker = network_unit(config.part("model"))
    places = tuple(_makers_of_frames(config.part("model")))
    if size % unit:
        yield _not_a_multiple(config, size, unit, f", which {why} needs: {_when(setup)} would fail", _severity(setup), places)
    elif patch > 1 and _network_frames(setup, size) % patch:
        then = f", which {taker} needs: {_when(setup)} would fail"
        yield _not_a_multiple(config, size, patch * per_frame, then, _severity(setup), places)
    elif _frames(setup, size) < 1:
        per_frame *= ratio(config.part("model.encoder")) if setup.model_type == "diffusion_autoencoder" else 1
        shortest = f"{counted(per_frame, 'sample')} ({seconds(per_frame, config('sample_rate'))})"
        message = f"`sample_size` {size} is too short for one latent frame, which takes {shortest}: {_when(setup)} would fail"
        help = f"set it to {per_frame} or more"
        yield Problem(config.at("sample_size"), message, help=help, related=places, severity=_severity(setup))
    elif size % per_frame and _settled(config) and setup.model_type != "diffusion_autoencoder":  # That has a rule of its own.
        rest = size % per_frame
        lost = f": the last {counted(rest, 'sample')} {'makes' if rest == 1 else 'make'} no whole latent frame"
        yield _not_a_multiple(config, size, per_frame, lost, "warning")


@rule("sample-size", on=WHOLE, mirrors="interface.aeiou.audio_spectrogram_image")
def demo_picture(setup: Setup) -> Iterator[Problem]:
    """`sample_size` should be a whole number of latent frames, and must be where a part cannot pad."""
    config, size = setup.model, setup.model.given("sample_size")
    counts = {"autoencoder": _reconstructed, "diffusion_cond": _generated, "diffusion_cond_inpaint": _filled}
    if setup.model_type not in counts or not setup.training.has("demo"):
        return
    sounds = counts[setup.model_type](setup)
    decoded = _decoded(setup, size)
    if decoded and decoded < size and (sounds * decoded <= SHORTEST_PICTURE < sounds * size or _judged_too_short(setup, decoded)):
        yield _short_picture(setup, sounds, decoded)
    if sounds * size > SHORTEST_PICTURE or size % _must_divide(setup)[0] or _frames(setup, size) < 1:  # `divides` says so.
        return
    message = (
        f"`sample_size` {size} is too short: {counted(sounds, 'sound')} of a demo must be longer than {SHORTEST_PICTURE} in all"
    )
    help = f"set it to {SHORTEST_PICTURE // sounds + 1} or more"
    yield Problem(config.at("sample_size"), f"{message}, or the first demo fails", help=help)


def _decoded(setup: Setup, size: int) -> int | None:
    """Samples that an autoencoder, or that of a diffusion model, makes of the frames of a demo; None where that cannot be told."""
    try:
        if setup.model_type == "autoencoder":
            own = setup.model.part("model")
            return decoded_frames(own.part("decoder"), autoencoder_frames(own, size)) * inner_ratio(own)
        pretransform = setup.model.part("model.pretransform")
        if not setup.model_type.startswith("diffusion_cond") or pretransform("type") != "autoencoder":
            return None
        model = pretransform.part("config")
        return decoded_frames(model.part("decoder"), size // pretransform_ratio(pretransform)) * inner_ratio(model)
    except Absent:
        return None


_WINDOW = 512
"""Samples of the spectrum in which a demo shows what a discriminator hears; each sound must be longer than half of it."""


def _judged_too_short(setup: Setup, decoded: int) -> bool:
    """Whether a sound of a demo is too short for what its discriminator is shown."""
    judged = setup.model_type == "autoencoder" and setup.training.has("loss_configs.discriminator")
    return judged and decoded <= _WINDOW // 2


def _short_picture(setup: Setup, sounds: int, decoded: int) -> Problem:
    decoder = setup.model.part("model.decoder" if setup.model_type == "autoencoder" else "model.pretransform.config.decoder")
    at = strides_at(decoder)
    message = f"the decoder makes sounds of {decoded} samples: {sounds} of a demo must be longer than {SHORTEST_PICTURE} in all"
    if sounds * decoded > SHORTEST_PICTURE:
        message = f"the decoder makes sounds of {decoded} samples: a demo with a discriminator needs more than {_WINDOW // 2}"
    related = tuple((decoder.at(f"config.{key}"), key) for key in ("c_mults",) if decoder.written(f"config.{key}"))
    help = "choose the encoder's factors, backwards"
    return Problem(at, f"{message}, or the first demo fails", help=help, related=related)


def _reconstructed(setup: Setup) -> int:
    """An autoencoder shows up to 8 sounds of a batch and a chirp, each with its reconstruction."""
    return int(2 * (min(setup.run("batch_size"), 8) + 1))


def _generated(setup: Setup) -> int:
    return int(setup.training("demo.num_demos"))


def _filled(setup: Setup) -> int:
    """Those of `demo_cond` and those of the dataset, which stand in one picture.

    Raises:
        Absent: there are neither.
    """
    demo = setup.training.part("demo")
    number = len(demo("demo_cond") or ()) + sum(asked(demo).values())
    if not number:
        raise Absent(demo.path)
    return number


@rule("sample-size", on=WHOLE, severity="note", mirrors="models.autoencoders.TransformerResamplingBlock", contract=("R-AE-14",))
def fills_chunks(setup: Setup) -> Iterator[Problem]:
    """The stages of `same` work in whole chunks of `chunk_size` and fill up the last one with silence."""
    config = setup.model
    size, model = config.given("sample_size"), _autoencoder(config)
    encoder = model.part("encoder")
    if encoder("type") not in ("same", "taae_v2") or is_pre_encoded(setup) or not complete(encoder):
        return
    unit, per_frame = chunks(encoder) * inner_ratio(model), ratio(encoder) * inner_ratio(model)
    frames = autoencoder_frames(model, size)
    if size % per_frame == 0 and frames != size // per_frame:
        filled = f": the encoder fills up the last chunk and makes {frames} latent frames, not {size // per_frame}"
        yield _not_a_multiple(config, size, unit, filled, "note")


def _makers_of_frames(model: Node) -> Iterator[tuple[Path, str]]:
    """The keys that say how many samples one frame takes, and how many frames the network takes at once."""
    while True:
        encoder = model.part("encoder") if model.has("encoder") else None
        if encoder is not None:
            at = strides_at(encoder)
            yield at, f"{at[-1]}: {list(encoder(f'config.{at[-1]}'))}"
        network = model.part("diffusion") if model.has("diffusion") else model
        for key in ("factors", "patch_size"):
            if network.written(f"config.{key}"):
                value = network(f"config.{key}")
                yield network.at(f"config.{key}"), f"{key}: {list(value) if isinstance(value, (list, tuple)) else value}"
        if not model.has("pretransform"):
            return
        pretransform = model.part("pretransform")
        for key in ("levels", "patch_size"):
            if pretransform.written(f"config.{key}"):
                yield pretransform.at(f"config.{key}"), f"{key}: {pretransform(f'config.{key}')}"
        if pretransform("type") != "autoencoder":
            return
        model = pretransform.part("config")


def _not_a_multiple(
    config: Node, size: int, unit: int, then: str, severity: Severity = "error", places: tuple[tuple[Path, str], ...] = ()
) -> Problem:
    rate = config("sample_rate")
    near = [value for value in (size // unit * unit, size // unit * unit + unit) if value]
    return Problem(
        config.at("sample_size"),
        f"`sample_size` {size} ({seconds(size, rate)}) is not a multiple of {unit} ({nearest(size, unit)}){then}",
        help="set it to " + " or ".join(f"{value} ({seconds(value, rate)})" for value in near),
        related=places,
        severity=severity,
    )


def _samples_per_frame(config: Node) -> int:
    """Audio samples per latent frame, as the networks really have it."""
    model = config.part("model")
    return inner_ratio(model) * (ratio(model.part("encoder")) if config("model_type") == "autoencoder" else 1)


def agree(model: Node) -> bool:
    """Whether encoder, decoder and statement of an autoencoder have one ratio; where not, `downsampling-ratio` speaks."""
    return autoencoder_ratio(model) == model("downsampling_ratio") and ratio(model.part("encoder")) == ratio(model.part("decoder"))


def _settled(config: Node) -> bool:
    try:
        return agree(_autoencoder(config))
    except Absent:
        return True


def _autoencoder(config: Node) -> Node:
    """The autoencoder that a config is about, or that stands before its model."""
    model = config.part("model")
    if config("model_type") == "autoencoder":
        return model
    if model.part("pretransform")("type") != "autoencoder":
        raise Absent(model.path)
    return model.part("pretransform.config")


def _when(setup: Setup) -> str:
    return "the first demo" if is_pre_encoded(setup) else "the first step"


def _severity(setup: Setup) -> Severity:
    """Where the data are latents, `sample_size` is for demos only."""
    return "error" if not is_pre_encoded(setup) or setup.decodes else "warning"


def _frames(setup: Setup, size: int) -> int:
    """Latent frames of one example, as training or, over latents, the first demo has them."""
    model = setup.model.part("model")
    if setup.model_type == "autoencoder":
        return autoencoder_frames(model, size)
    frames = _network_frames(setup, size)
    return latent_frames(model.part("encoder"), frames) if model.has("encoder") else frames


def _network_frames(setup: Setup, size: int) -> int:
    """Frames of one example that a diffusion network works on."""
    if is_pre_encoded(setup):
        return size // _samples_per_frame(setup.model)
    model = setup.model.part("model")
    return encoded_frames(model.part("pretransform"), size) if model.has("pretransform") else size


def _must_divide(setup: Setup) -> tuple[int, str]:
    """What `sample_size` must be a multiple of, lest something fails, and what needs it."""
    model = setup.model.part("model")
    needed = 1 if is_pre_encoded(setup) or not model.has("pretransform") else wavelets(model.part("pretransform"))
    if _has_critic(setup):
        return lcm(needed, 256), "the `contrastive` loss"
    return needed, "the wavelet transform"


def _has_critic(setup: Setup) -> bool:
    try:
        return setup.model_type == "autoencoder" and setup.training.part("loss_configs").has("contrastive")
    except Absent:
        return False


def network_unit(model: Node) -> tuple[int, str]:
    """Frames that a diffusion network takes at once."""
    try:
        diffusion = model.part("diffusion") if "diffusion" in model.model.fields else model
        config = diffusion.part("config")
    except Absent:
        return 1, ""
    if "patch_size" not in config.model.fields:
        return 1, ""
    if "factors" in config.model.fields:
        return prod(config("factors")) * config("patch_size"), "its U-Net"
    return config("patch_size"), "its `patch_size`"
