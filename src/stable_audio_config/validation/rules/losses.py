"""The losses of an autoencoder: their lists, lengths and bands, and the networks some of them train."""

from __future__ import annotations

from collections.abc import Iterator

from ..geometry import counted, seconds
from ..lengths import autoencoder_frames, decoded_frames, trained_length
from ..lists import equally_long
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .channels import out_channels

_LISTS = ("fft_sizes", "hop_sizes", "win_lengths")

_OWN_WINDOWS = ("hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window")
_SCIPY_WINDOWS = (
    "boxcar", "triang", "blackman", "hamming", "hann", "bartlett", "flattop", "parzen", "bohman", "blackmanharris", "nuttall",
    "barthann", "cosine", "exponential", "tukey", "taylor", "lanczos",
)  # fmt: skip

_STEEPEST = 512
"""Windows that may overlap at one sample: with more, the weights of the engine's window overflow."""


@rule("fft-lists", on=WHOLE, mirrors="training.losses.auraloss.MultiResolutionSTFTLoss", contract=("R-AE-15",))
def spectral_lists(setup: Setup) -> Iterator[Problem]:
    """The lists of a spectral loss must be equally long: one entry for each resolution.

    For stereo all three must be written, because that loss has no defaults of its own. The training wrapper cannot be built
    otherwise.
    """
    config = setup.training.part("loss_configs.spectral.config")
    missing = _missing(setup, config)
    if missing:
        message = f"`{missing[0]}` is missing: for stereo all of {', '.join(_LISTS)} must be written"
        yield Problem(config.at(missing[0]), f"{message}, or training could not start", help="write one entry for each resolution")
        return
    empty = next((name for name in _LISTS if not len(config(name))), None)
    if empty is not None:
        yield Problem(config.at(empty), f"`{empty}` is empty: training could not start", help="write one entry for each resolution")
        return
    yield from equally_long(config, _LISTS)


def _missing(setup: Setup, config: Node) -> list[str]:
    """The lists that stereo needs written."""
    stereo = out_channels(setup.model.part("model")).value == 2
    return [name for name in _LISTS if stereo and not config.written(name)]


@rule("fft-size", on=WHOLE, mirrors="models.transforms.tight_one_sided_complex_stft", contract=("R-AE-15",))
def spectral_sizes(setup: Setup) -> Iterator[Problem]:
    """A spectrogram's window must be even, twice as long as its hop at least, and no longer than the sound.

    The first step fails otherwise. `perceptual_weighting` filters with 257 taps, so it needs more than 128 samples.
    """
    config, length = setup.training.part("loss_configs.spectral.config"), trained_length(setup.model)
    if _missing(setup, config) or autoencoder_frames(setup.model.part("model"), setup.model.given("sample_size")) < 1:
        return
    rate, pairs = setup.model("sample_rate"), zip(config("fft_sizes"), config("hop_sizes"), strict=False)
    found = [
        problem
        for size, hop in pairs
        for problem in _sizes(config, "fft_sizes", "hop_sizes", size, hop, length, rate, "the first step")
    ]
    yield from found[:1]
    if config("perceptual_weighting") and length <= 128:
        message = f"`perceptual_weighting` needs more than 128 samples, but `sample_size` is {length}: the first step would fail"
        yield Problem(config.at("perceptual_weighting"), message, help="set it to false")


def _sizes(config: Node, fft: str, hops: str, size: int, hop: int, length: int, rate: int, when: str) -> Iterator[Problem]:
    at = config.at(fft)
    if size % 2:
        yield Problem(at, f"the window of {size} samples is odd: {when} would fail", help=f"write {size + 1} in its place")
    elif size > length:
        message = f"the window of {size} samples is longer than the sound of {length} ({seconds(length, rate)})"
        yield Problem(at, f"{message}: {when} would fail", help=f"leave out windows above {length}, or raise sample_size")
    elif hop > size // 2:
        message = f"the hop {hop} is more than half of the window {size} beside it: {when} would fail"
        yield Problem(config.at(hops), message, help=f"write {size // 4} in its place", related=((at, str(size)),))
    elif size // hop > _STEEPEST:
        message = f"the hop {hop} is less than a {_STEEPEST}th of the window {size} beside it: {when} would fail"
        yield Problem(config.at(hops), message, help=f"write {size // 4} in its place", related=((at, str(size)),))


@rule("mel-bins", on="SpectralConfig", mirrors="training.losses.auraloss.STFTLoss")
def spectral_bins(config: Node) -> Iterator[Problem]:
    """`scale: mel` needs `n_bins`, no more than the window has samples: training could not start otherwise."""
    if config("scale") is None:
        return
    bins, sizes = config("n_bins"), config("fft_sizes")
    if bins is None or len(bins) < len(sizes):
        has = "is missing" if bins is None else f"has {counted(len(bins), 'entry', 'entries')}"
        message = f"`scale` is {config('scale')}, but `n_bins` {has}: it needs one for each of the {len(sizes)} `fft_sizes`"
        yield Problem(config.at("n_bins"), message, help="for example 80 for each")
        return
    for count, size in zip(bins, sizes, strict=False):
        if count > size:
            message = f"`n_bins` {count} is more than the window {size} beside it: training could not start"
            yield Problem(config.at("n_bins"), message, help=f"write {size // 4} or less")


@rule("spectral", on="_STFTTerms", mirrors="training.losses.auraloss.STFTLoss")
def spectral_options(config: Node) -> Iterator[Problem]:
    """A training needs one number of a loss, and a window that torch or SciPy knows, though its shape has no effect."""
    name, at = config("window"), config.at("window")
    if name not in (*_OWN_WINDOWS, *_SCIPY_WINDOWS):
        message = f"`window` is `{name}`, which neither torch nor SciPy knows: training could not start"
        yield Problem(at, message, help="leave it out: it has no effect")
    if "SpectralConfig" in config.model.name:
        for key, wanted in (("reduction", "mean"), ("retain_batch_dim", False)):
            value = config(key)
            if value == "none" or value is True:
                message = f"`{key}` is {str(value).lower()}, which leaves many numbers where training needs one"
                help, fix = f"set it to {str(wanted).lower()}", setting(config.at(key), wanted)
                yield Problem(config.at(key), f"{message}: the first step would fail", help=help, fix=fix)


@rule("spectral", on="_STFTTerms", mirrors="training.losses.auraloss.STFTLoss.forward")
def spectral_terms(config: Node) -> Iterator[Problem]:
    """A training needs one number of a loss, and a window that torch or SciPy knows, though its shape has no effect."""
    weights = ("w_sc", "w_log_mag", "w_lin_mag", "w_phs", "w_cep")
    if not any(config(name) for name in weights):
        message = f"all of {', '.join(weights)} are 0: the first step would fail"
        yield Problem(config.at("w_log_mag"), message, help="give one term a weight, or leave the loss out")


@rule("spectral", on=WHOLE, mirrors="training.losses.auraloss.STFTLoss.forward")
def scale_invariance(setup: Setup) -> Iterator[Problem]:
    """A training needs one number of a loss, and a window that torch or SciPy knows, though its shape has no effect."""
    config = setup.training.part("loss_configs.spectral.config")
    alone = out_channels(setup.model.part("model")).value != 2 and _batch(setup) == 1
    if config("scale_invariance") and not alone:
        at = config.at("scale_invariance")
        message = "`scale_invariance` mixes up the sounds of a batch: the first step would fail"
        yield Problem(at, message, help="set it to false", fix=setting(at, False))


@rule("spectral", on=WHOLE, mirrors="training.losses.auraloss.STFTLoss.forward")
def linear_outputs(setup: Setup) -> Iterator[Problem]:
    """A training needs one number of a loss, and a window that torch or SciPy knows, though its shape has no effect."""
    model = setup.model.part("model")
    decoder = model.part("decoder")
    if decoder("type") != "taae" or decoder("config.mapping_style") != "linear" or out_channels(model).value != 2:
        return
    spectral, size = setup.training.part("loss_configs.spectral"), setup.model.given("sample_size")
    untouched = not model.has("pretransform") and decoded_frames(decoder, autoencoder_frames(model, size)) >= size
    if untouched and spectral.has("config"):
        at = decoder.at("config.mapping_style")
        message = "`mapping_style: linear` gives stereo in an order that the spectral loss cannot take: the first step would fail"
        yield Problem(at, message, help="write conv", fix=setting(at, "conv", sure=False))


def _batch(setup: Setup) -> int | None:
    try:
        return int(setup.run("batch_size"))
    except Absent:
        return None


@rule("mel-bins", on="MelEvalConfig", mirrors="training.losses.auraloss.MelSTFTLoss")
def evaluated_mels(config: Node) -> Iterator[Problem]:
    """`scale: mel` needs `n_bins`, no more than the window has samples: training could not start otherwise."""
    if config("n_mels") > config("fft_size"):
        message = f"`n_mels` {config('n_mels')} is more than `fft_size` {config('fft_size')}: training could not start"
        yield Problem(config.at("n_mels"), message, help=f"write {config('fft_size') // 4} or less")


@rule("mel-bins", on="STFTEvalConfig", mirrors="training.losses.auraloss.STFTLoss")
def evaluated_bins(config: Node) -> Iterator[Problem]:
    """`scale: mel` needs `n_bins`, no more than the window has samples: training could not start otherwise."""
    bins, size = config("n_bins"), config("fft_size")
    if config("scale") is not None and (bins is None or bins > size):
        has = "is missing" if bins is None else f"is {bins}, more than `fft_size` {size}"
        message = f"`scale` is {config('scale')}, but `n_bins` {has}: training could not start"
        yield Problem(config.at("n_bins"), message, help="for example 80")
    needing = next((name for name in ("perceptual_weighting", "scale") if config(name)), None)
    if needing is not None and config("sample_rate") is None:
        message = f"`{needing}` needs a `sample_rate` here, which is not taken from the model: training could not start"
        yield Problem(config.at("sample_rate"), message, help="write the model's sample_rate")


@rule("fft-size", on=WHOLE, mirrors="training.autoencoders.AutoencoderTrainingWrapper.validation_step", contract=("R-AE-15",))
def evaluated_sizes(setup: Setup) -> Iterator[Problem]:
    """A spectrogram's window must be even, twice as long as its hop at least, and no longer than the sound."""
    if setup.run("val_every") <= 0 or not setup.run.has("val_dataset"):
        return
    losses, length, rate = setup.training.part("eval_loss_configs"), setup.model.given("sample_size"), setup.model("sample_rate")
    for name in ("stft", "mel"):
        if losses.has(name):
            config = losses.part(name)
            sizes = config("fft_size"), config("hop_size")
            yield from _sizes(config, "fft_size", "hop_size", *sizes, length, rate, "the first validation")


@rule("fft-size", on=WHOLE, mirrors="training.losses.semantic.MelSpectrogramLoss")
def mel_windows(setup: Setup) -> Iterator[Problem]:
    """A spectrogram's window must be even, twice as long as its hop at least, and no longer than the sound."""
    loss, length = setup.training.part("loss_configs.mrmel"), trained_length(setup.model)
    if loss("weights.mrmel") <= 0:
        return
    if not loss.has("config"):
        message = f"`mrmel` has the weight {loss('weights.mrmel'):g}, but no `config`: training could not start"
        yield Problem(loss.at("config"), message, help="write its resolutions, or the weight 0")
        return
    config = loss.part("config")
    bands, windows = config("n_mels"), config("window_lengths")
    if len(bands) != len(windows):
        has = counted(len(bands), "entry", "entries")
        message = f"`n_mels` has {has}, but `window_lengths` has {len(windows)}: the engine leaves out the rest"
        yield Problem(config.at("n_mels"), message, help="write one for each window", severity="warning")
    for _, window in zip(bands, windows, strict=False):
        if window // 2 >= length or window < 4:
            why = "has no hop of a quarter" if window < 4 else f"is too long for the sound of {length}"
            help = "write 4 or more" if window < 4 else f"write less than {2 * length}"
            yield Problem(
                config.at("window_lengths"), f"the window of {window} samples {why}: the first step would fail", help=help
            )
            return
