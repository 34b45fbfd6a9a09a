"""The discriminators of adversarial autoencoder training: their channels, lists and filters."""

from __future__ import annotations

from collections.abc import Iterator

from ..geometry import audio_channels, counted
from ..lists import equally_long, long_enough
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node

_WRAPPER = "training.autoencoders.AutoencoderTrainingWrapper"


def discriminator_of(setup: Setup) -> Node:
    if setup.model_type != "autoencoder":
        raise Absent(())
    return setup.training.part("loss_configs.discriminator")


@rule("discriminator-channels", on=WHOLE, mirrors=_WRAPPER, contract=("R-AE-23",))
def oobleck_channels(setup: Setup) -> Iterator[Problem]:
    """A discriminator is built for as many channels as the sound has.

    The engine fills them in for every type but `oobleck`, whose `in_channels` is 1 unless it is written; the first step of stereo
    training then fails. `cqtd_in_channels` of `big_vgan` replaces what the engine would fill in.
    """
    discriminator = discriminator_of(setup)
    key = {"oobleck": "in_channels", "big_vgan": "cqtd_in_channels"}.get(discriminator("type"))
    config, audio = discriminator.part("config"), audio_channels(setup.model)
    if key is None or config(key) in (None, audio):
        return
    default = "" if config.written(key) else " by default"
    message = (
        f"the discriminator takes {counted(config(key), 'channel')}{default}, but the sound has {audio}: the first step would fail"
    )
    yield Problem(config.at(key), message, help=f"set {key} to {audio}", fix=setting(config.at(key), audio))


@rule("discriminator-lists", on="_MultiScaleSTFT", mirrors="models.encodec.MultiScaleSTFTDiscriminator")
def spectrogram_lists(config: Node) -> Iterator[Problem]:
    """The lists of a discriminator describe one network after the other and must be equally long.

    Where they are not, training cannot start; an empty list makes the loss NaN or a division by zero.
    """
    yield from equally_long(config, ("n_ffts", "hop_lengths", "win_lengths"))
    if not len(config("n_ffts")):
        yield Problem("n_ffts", "`n_ffts` is empty: the loss of the discriminator would be NaN", help="write at least one window")


@rule("discriminator-lists", on="HILDiscriminatorConfig", mirrors="models.discriminators.MultiFilterBankDiscriminator")
def convolution_lists(config: Node) -> Iterator[Problem]:
    """The lists of a discriminator describe one network after the other and must be equally long."""
    yield from equally_long(config, ("kernel_sizes", "strides", "channels"))


@rule("discriminator-lists", on="BigVGANDiscriminatorConfig", mirrors="models.discriminators.MultiScaleSubbandCQTDiscriminator")
def transform_lists(config: Node) -> Iterator[Problem]:
    """The lists of a discriminator describe one network after the other and must be equally long."""
    yield from long_enough(config, "cqtd_hop_lengths", ("cqtd_n_octaves", "cqtd_bins_per_octaves"))
    for name in ("cqtd_hop_lengths", "periods"):
        if not len(config(name)):
            yield Problem(name, f"`{name}` is empty: the first step would divide by its length", help="write at least one")


@rule("discriminator-lists", on="TransformerDiscriminatorConfig", mirrors="models.discriminators.MultiTransformerDiscriminator")
def view_lists(config: Node) -> Iterator[Problem]:
    """The lists of a discriminator describe one network after the other and must be equally long."""
    views = {"stft_kwargs": "n_ffts", "patched_kwargs": "patch_sizes", "mfb_kwargs": "levels", "chroma_kwargs": "centres"}
    shown = 0
    for name, leading in views.items():
        view = _view(config, name)
        if view is None:
            shown += name == "patched_kwargs" and not config.written(name)
            continue
        if not view("enabled"):
            continue
        if name == "mfb_kwargs" and view("use_HIL"):
            shown += len(view("periods"))
            yield from equally_long(view, ("kernel_sizes", "channels"))
            continue
        shown += len(view(leading))
        others = ("depths", "strides", "sliding_window_widths", *(("octwidths",) if name == "chroma_kwargs" else ()))
        yield from long_enough(view, leading, tuple(other for other in others if view(other) is not None))
    if not shown:
        yield Problem(
            "", "the discriminator has no view of the sound: the first step would fail", help="enable one, such as patched_kwargs"
        )


def _view(config: Node, name: str) -> Node | None:
    try:
        return config.part(name)
    except Absent:
        return None


@rule("discriminator-filters", on="_MultiScaleSTFT", mirrors="models.encodec.DiscriminatorSTFT")
@rule("discriminator-filters", on="BigVGANDiscriminatorConfig", mirrors="models.discriminators.DiscriminatorCQT")
def growing_filters(config: Node) -> Iterator[Problem]:
    """The filters of a discriminator must fit each other.

    The second convolution takes `filters` times `filters_scale` channels, at most `max_filters`, but the first one gives `filters`:
    with another `filters_scale` than 1 the first step fails, unless `max_filters` keeps all of them at `filters`. A filter bank
    needs an even number of `taps`, a `beta` above 0 and cutoffs between 0 and 1.
    """
    prefix = "" if "filters" in config.model.fields else "cqtd_"
    first, scale, most = (config(f"{prefix}{name}") for name in ("filters", "filters_scale", "max_filters"))
    second = min(first * scale, most)
    if second == first:
        return
    name = f"{prefix}max_filters" if most < first else f"{prefix}filters_scale"
    message = f"the first convolution gives {first} channels, but with `{name}` {config(name)} the second takes {second}"
    wanted = first if most < first else 1
    yield Problem(name, f"{message}: the first step would fail", help=f"set it to {wanted}", fix=setting(config.at(name), wanted))


@rule("discriminator-filters", on="HILDiscriminatorConfig", mirrors="models.transforms.design_prototype_filter")
@rule("discriminator-filters", on="FilterBankViewConfig", mirrors="models.transforms.design_prototype_filter")
def filter_banks(config: Node) -> Iterator[Problem]:
    """The filters of a discriminator must fit each other."""
    if "use_HIL" in config.model.fields and not (config("enabled") and config("use_HIL")):
        return
    banks = [(period, cutoff) for period, cutoff in zip(config("periods"), config("cutoff_freqs"), strict=False) if period != 1]
    if not banks:
        return
    if config("taps") <= 0 or config("taps") % 2:
        yield Problem(
            "taps", f"`taps` is {config('taps')}, but must be an even number above 0: training could not start", help="256 is usual"
        )
    if config("beta") <= 0:
        yield Problem("beta", f"`beta` is {config('beta'):g}, but must be above 0: training could not start", help="8 is usual")
    for period, cutoff in banks:
        if not 0 < cutoff < 1:
            message = (
                f"the cutoff of the bank of {period} bands is {cutoff:g}, but must lie between 0 and 1: training could not start"
            )
            yield Problem("cutoff_freqs", message, help=f"about {0.5 / period:.3f} suits {period} bands")


@rule("discriminator-filters", on=WHOLE, mirrors="models.discriminators.DiscriminatorCQT")
def octaves(setup: Setup) -> Iterator[Problem]:
    """The filters of a discriminator must fit each other."""
    discriminator = discriminator_of(setup)
    if discriminator("type") != "big_vgan":
        return
    config = discriminator.part("config")
    rate = config("sampling_rate") or setup.model("sample_rate")
    lists = (config("cqtd_hop_lengths"), config("cqtd_n_octaves"), config("cqtd_bins_per_octaves"))
    for hop, count, bins in zip(*lists, strict=False):
        halvings = 2 ** (count - 1)
        if hop % halvings:
            message = (
                f"the hop {hop} cannot be halved {counted(count - 1, 'time')}, as {count} octaves need: the first step would fail"
            )
            help = f"choose a multiple of {halvings}, or fewer octaves"
            yield Problem(config.at("cqtd_hop_lengths"), message, help=help, related=((config.at("cqtd_n_octaves"), str(count)),))
        highest = config("fmin") * 2 ** (count - 1 / bins)
        if highest > rate:
            message = f"{count} octaves from `fmin` {config('fmin'):g} Hz on end at {highest:.0f} Hz, above {rate}"
            help = "take fewer octaves, or a lower fmin"
            yield Problem(config.at("cqtd_n_octaves"), f"{message}: training could not start", help=help)
