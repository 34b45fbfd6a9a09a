"""What a discriminator looks at must fit into the sound: windows, periods, bands."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from ..geometry import audio_channels, seconds
from ..lengths import trained_length
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .discriminators import discriminator_of

_DEMO_WINDOW, _DEMO_HOP = 512, 128
"""The demo of an autoencoder goes through a spectrogram of this size and shows the discriminator what comes back."""

_CHROMA_WINDOW = 4096
"""The window of chroma, in `hil` and in `transformer`."""

_NOISE_WINDOW = 2048
"""The window of the noise that `hil` adds."""

_DEFAULT_WINDOW = 2048
"""The longest window of the losses and the discriminator that the engine has where no `loss_configs` are written."""

_WAVELET_PAD = 4
"""What the wavelets of `transformer` need to each side at their last level."""


@rule("discriminator-window", on=WHOLE, mirrors="models.encodec.DiscriminatorSTFT.forward")
def windows(setup: Setup) -> Iterator[Problem]:
    """What a discriminator looks at must fit into the sound.

    Windows, periods and wavelets that are too long for it fail at the first step, or at the first demo, whose sound is up to 127
    samples shorter. A band without a single frequency bin fails too.
    """
    discriminator, length = discriminator_of(setup), trained_length(setup.model)
    config, kind = discriminator.part("config"), discriminator("type")
    if kind in ("encodec", "hil"):
        yield from _spectrograms(config, length, setup.model("sample_rate"))
    if kind == "dac":
        yield from _dac(config, length)
    if kind == "transformer":
        yield from _views(config, length)
    if kind in ("hil", "transformer"):
        yield from _noise(config, length, audio_channels(setup.model))


@rule("discriminator-window", on=WHOLE, mirrors="training.autoencoders.AutoencoderDemoCallback")
def demo_window(setup: Setup) -> Iterator[Problem]:
    """What a discriminator looks at must fit into the sound."""
    _ = discriminator_of(setup)
    size = setup.model.given("sample_size")
    if size <= _DEMO_WINDOW // 2:
        message = f"`sample_size` {size} is too short for the discriminator's picture in demos: the first demo would fail"
        yield Problem(setup.model.at("sample_size"), message, help=f"set it to {_DEMO_WINDOW} or more")


@rule("discriminator-window", on=WHOLE, mirrors="training.autoencoders.AutoencoderTrainingWrapper")
def default_windows(setup: Setup) -> Iterator[Problem]:
    """What a discriminator looks at must fit into the sound."""
    if setup.model_type != "autoencoder" or setup.training.has("loss_configs"):
        return
    length = trained_length(setup.model)
    if length < _DEFAULT_WINDOW:
        message = f"the default losses take windows of {_DEFAULT_WINDOW} samples, but `sample_size` is {length}"
        help = f"set it to {_DEFAULT_WINDOW} or more, or write training.loss_configs"
        yield Problem(setup.model.at("sample_size"), f"{message}: the first step would fail", help=help)


def _too_long(config: Node, key: str, what: str, length: int) -> Problem:
    message = f"{what} is too long for the sound of {length} samples: the first step would fail"
    return Problem(config.at(key), message, help="leave it out, or raise sample_size")


def _spectrograms(config: Node, length: int, rate: int) -> Iterator[Problem]:
    if len(config("n_ffts")) != len(config("win_lengths")):  # `discriminator-lists` says so.
        return
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


def _dac(config: Node, length: int) -> Iterator[Problem]:
    if len(config("rates")):
        message = "`rates` uses a class that the engine does not import: the first step would fail"
        yield Problem(config.at("rates"), message, help="leave it empty", fix=setting(config.at("rates"), []))
    if not len(config("periods")) and not len(config("fft_sizes")):
        message = "the discriminator has neither `periods` nor `fft_sizes`: training could not start"
        yield Problem(config.path, message, help="write one of them")
    for period in config("periods"):
        if period - length % period >= length:
            yield _too_long(config, "periods", f"the period {period}", length)
    for size in config("fft_sizes"):
        hop = max(size // 4, 1)
        if (size - hop) // 2 + ceil(length / hop) * hop - length >= length:
            yield _too_long(config, "fft_sizes", f"the window {size}", length)
    yield from _bands(config)


def _bands(config: Node) -> Iterator[Problem]:
    if len(config("fft_sizes")) and not len(config("bands")):
        message = "`bands` is empty: the first step would fail"
        yield Problem(config.at("bands"), message, help="leave it out: five bands are the default")
    for size in config("fft_sizes"):
        bins = size // 2 + 1
        narrow = next((band for band in config("bands") if int(band[1] * bins) <= int(band[0] * bins)), None)
        if narrow is not None:
            message = f"the band from {narrow[0]:g} to {narrow[1]:g} has no bin in the window of {size}: the first step would fail"
            yield Problem(config.at("fft_sizes"), message, help="leave out so short a window, or so narrow a band")
            return


def _views(config: Node, length: int) -> Iterator[Problem]:
    """The views of `transformer`: the sound is filled up to whole steps of each before it is looked at."""
    for name, key in (("stft_kwargs", "n_ffts"), ("mfb_kwargs", "levels"), ("chroma_kwargs", "centres")):
        try:
            view = config.part(name)
        except Absent:
            continue
        if not view("enabled") or (name == "mfb_kwargs" and view("use_HIL")):
            continue
        for value in view(key):
            if name == "stft_kwargs" and value > _filled(length, max(value // 2, 1)):
                yield _too_long(view, key, f"the window {value}", length)
            elif name == "mfb_kwargs" and _filled(length, 2**value) // 2 ** (value - 1) <= _WAVELET_PAD:
                yield _too_long(view, key, f"a wavelet transform of {value} levels", length)
            elif name == "chroma_kwargs" and length <= _CHROMA_WINDOW // 2:
                yield _too_long(view, "enabled", f"the window {_CHROMA_WINDOW}", length)
                break


def _filled(length: int, step: int) -> int:
    return ceil(length / step) * step


def _noise(config: Node, length: int, audio: int) -> Iterator[Problem]:
    """What the noise and the chroma of `hil` and `transformer` need."""
    window = config("noise_kwargs.n_fft") if "noise_kwargs" in config.model.fields else _NOISE_WINDOW
    if config("add_noise") and audio == 1:
        message = "`add_noise` makes noise for stereo, but the sound is mono: the first step would fail"
        yield Problem(config.at("add_noise"), message, help="set it to false", fix=setting(config.at("add_noise"), False))
    elif config("add_noise") and length <= window // 2:
        yield _too_long(config, "add_noise", f"the window {window} of `add_noise`", length)
    if "n_chroma" in config.model.fields and config("n_chroma") and length <= _CHROMA_WINDOW // 2:
        yield _too_long(config, "n_chroma", f"the window {_CHROMA_WINDOW} of `n_chroma`", length)
