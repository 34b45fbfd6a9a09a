"""The discriminators of adversarial autoencoder training: their lists, windows, filters and channels."""

from __future__ import annotations

from collections.abc import Iterator

from ..geometry import audio_channels, counted, seconds
from ..lengths import trained_length
from ..lists import equally_long, long_enough
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node

_DEMO_WINDOW, _DEMO_HOP = 512, 128
"""The demo of an autoencoder goes through a spectrogram of this size and shows the discriminator what comes back."""

_CHROMA_WINDOW = 4096
"""The window of the discriminator on chroma."""

_DEFAULT_WINDOW = 2048
"""The longest window of the losses and the discriminator that the engine has where no `loss_configs` are written."""

_WRAPPER = "training.autoencoders.AutoencoderTrainingWrapper"


def _discriminator(setup: Setup) -> Node:
    if setup.model_type != "autoencoder":
        raise Absent(())
    return setup.training.part("loss_configs.discriminator")


@rule("discriminator-channels", on=WHOLE, mirrors=_WRAPPER, contract=("R-AE-23",))
def oobleck_channels(setup: Setup) -> Iterator[Problem]:
    """A discriminator is built for as many channels as the sound has.

    The engine fills them in for every type but `oobleck`, whose `in_channels` is 1 unless it is written; the first step of stereo
    training then fails. `cqtd_in_channels` of `big_vgan` replaces what the engine would fill in.
    """
    discriminator = _discriminator(setup)
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


@rule("discriminator-window", on=WHOLE, mirrors="models.encodec.DiscriminatorSTFT.forward")
def windows(setup: Setup) -> Iterator[Problem]:
    """The windows and periods of a discriminator must fit into the sound, and windows inside a transform into it.

    A window that is too long fails at the first step, or at the first demo, whose sound is up to 127 samples shorter.
    """
    discriminator, length = _discriminator(setup), trained_length(setup.model)
    config, rate = discriminator.part("config"), setup.model("sample_rate")
    kind = discriminator("type")
    if kind in ("encodec", "hil"):
        yield from _spectrograms(config, length, rate)
    if kind == "dac":
        yield from _dac(config, length)
    if kind in ("hil", "transformer"):
        yield from _noise(config, length, audio_channels(setup.model))
    size = setup.model.given("sample_size")
    if size <= _DEMO_WINDOW // 2:
        message = (
            f"`sample_size` {size} is too short for the discriminator's picture in demos, which takes more than {_DEMO_WINDOW // 2}"
        )
        yield Problem(
            setup.model.at("sample_size"), f"{message}: the first demo would fail", help=f"set it to {_DEMO_WINDOW} or more"
        )


def _spectrograms(config: Node, length: int, rate: int) -> Iterator[Problem]:
    shown = length // _DEMO_HOP * _DEMO_HOP
    for size, window in zip(config("n_ffts"), config("win_lengths"), strict=False):
        if size > shown:
            when = "the first step" if size > length else "the first demo"
            message = f"the window of {size} samples is longer than the sound of {min(length, shown)} ({seconds(length, rate)})"
            help = f"leave out windows above {shown}, or raise sample_size"
            yield Problem(config.at("n_ffts"), f"{message}: {when} would fail", help=help)
            return
        if window > size:
            message = f"`win_lengths` has {window} beside the transform of {size} in `n_ffts`: the first step would fail"
            related = ((config.at("n_ffts"), str(size)),)
            yield Problem(config.at("win_lengths"), message, help=f"write {size} in its place", related=related)
            return


def _noise(config: Node, length: int, audio: int) -> Iterator[Problem]:
    """What the noise and the chroma of `hil` and `transformer` need."""
    window = config("noise_kwargs.n_fft") if "noise_kwargs" in config.model.fields else 2048
    if config("add_noise") and audio == 1:
        message = "`add_noise` makes noise for stereo, but the sound is mono: the first step would fail"
        yield Problem(config.at("add_noise"), message, help="set it to false", fix=setting(config.at("add_noise"), False))
    elif config("add_noise") and length <= window // 2:
        message = f"`add_noise` takes windows of {window} samples, too long for the sound of {length}: the first step would fail"
        yield Problem(config.at("add_noise"), message, help="set it to false, or raise sample_size")
    if "n_chroma" in config.model.fields and config("n_chroma") and length <= _CHROMA_WINDOW // 2:
        message = f"`n_chroma` takes windows of {_CHROMA_WINDOW} samples, too long for the sound of {length}"
        yield Problem(config.at("n_chroma"), f"{message}: the first step would fail", help="set it to 0, or raise sample_size")


def _dac(config: Node, length: int) -> Iterator[Problem]:
    if len(config("rates")):
        message = "`rates` uses a class that the engine does not import: the first step would fail"
        yield Problem(config.at("rates"), message, help="leave it empty", fix=setting(config.at("rates"), []))
    if not len(config("periods")) and not len(config("fft_sizes")):
        yield Problem(
            config.path, "the discriminator has neither `periods` nor `fft_sizes`: the first step would fail", help="write one"
        )
    for period in config("periods"):
        if period - length % period >= length:
            message = f"the period {period} is too long for the sound of {length} samples: the first step would fail"
            yield Problem(config.at("periods"), message, help="leave it out, or raise sample_size")
    for size in config("fft_sizes"):
        bins = size // 2 + 1
        narrow = next((band for band in config("bands") if int(band[1] * bins) <= int(band[0] * bins)), None)
        if narrow is not None:
            message = f"the band from {narrow[0]:g} to {narrow[1]:g} has no bin in the window of {size}: the first step would fail"
            yield Problem(config.at("fft_sizes"), message, help="leave out so short a window")


@rule("discriminator-window", on=WHOLE, mirrors=_WRAPPER)
def default_windows(setup: Setup) -> Iterator[Problem]:
    """The windows and periods of a discriminator must fit into the sound, and windows inside a transform into it."""
    if setup.model_type != "autoencoder" or setup.training.has("loss_configs"):
        return
    length = trained_length(setup.model)
    if length < _DEFAULT_WINDOW:
        message = f"the default losses take windows of {_DEFAULT_WINDOW} samples, but `sample_size` is {length}"
        help = f"set it to {_DEFAULT_WINDOW} or more, or write training.loss_configs"
        yield Problem(setup.model.at("sample_size"), f"{message}: the first step would fail", help=help)
