"""What a bottleneck needs within itself."""

from __future__ import annotations

from collections.abc import Iterator

from ..geometry import counted, encoder_out
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node

_BUILT = "models.factory.create_bottleneck_from_config"


@rule("quantizer", on="RVQBottleneck", mirrors=_BUILT)
@rule("quantizer", on="RVQVAEBottleneck", mirrors=_BUILT)
def exclusive_options(bottleneck: Node) -> Iterator[Problem]:
    """Some options of a quantizer exclude or need each other.

    Most of them stop the model from being built, with an assertion of the package that does the quantizing; the others fail at the
    first step.
    """
    config = bottleneck.part("config")
    if config("learnable_codebook") and config("ema_update"):
        message = "`learnable_codebook` and `ema_update` (on by default) exclude each other: the model could not be built"
        fix = setting(config.at("ema_update"), False)
        yield Problem(config.at("learnable_codebook"), message, help="set ema_update to false", fix=fix)
    if config("sync_update_v") > 0 and not config("learnable_codebook"):
        message = f"`sync_update_v` is {config('sync_update_v')}, which needs `learnable_codebook`: the model could not be built"
        yield Problem(config.at("sync_update_v"), message, help="set learnable_codebook to true and ema_update to false")
    if config("affine_param") and config("use_cosine_sim"):
        message = "`affine_param` and `use_cosine_sim` exclude each other: the model could not be built"
        yield Problem(config.at("affine_param"), message, help="set one of them to false")
    if config("kmeans_init") and config("kmeans_iters") == 0:
        message = "`kmeans_iters` is 0, but `kmeans_init` (on by default) needs one round at least: the first step would fail"
        yield Problem(config.at("kmeans_iters"), message, help="set it to 1 or more, or kmeans_init to false")
    if config("reinmax") and not config("straight_through"):
        message = "`reinmax` refines `straight_through` and needs it: the first step would fail"
        fix = setting(config.at("straight_through"), True)
        yield Problem(config.at("reinmax"), message, help="set straight_through to true", fix=fix)


@rule("quantizer", on="RVQBottleneck", mirrors="models.bottleneck.RVQBottleneck.encode")
@rule("quantizer", on="RVQVAEBottleneck", mirrors="models.bottleneck.RVQVAEBottleneck.encode")
def sequence_options(bottleneck: Node) -> Iterator[Problem]:
    """Some options of a quantizer exclude or need each other."""
    config = bottleneck.part("config")
    if config("accept_image_fmap"):
        at = config.at("accept_image_fmap")
        yield Problem(at, "`accept_image_fmap` is for images: the first step would fail", help="leave it out", fix=removing(at))
    if not config("channel_last"):
        at = config.at("channel_last")
        message = "`channel_last: false` takes time for channels: the first step would fail"
        yield Problem(at, message, help="leave it out", fix=removing(at))
    first, count = config("quantize_dropout_cutoff_index"), config("num_quantizers")
    if config("quantize_dropout") and count > 1 and first >= count:
        message = f"`quantize_dropout_cutoff_index` is {first}, but the {count} quantizers end at {count - 1}"
        yield Problem(
            config.at("quantize_dropout_cutoff_index"), f"{message}: the first step would fail", help=f"set it below {count}"
        )


@rule("quantizer", on="RVQBottleneck", severity="warning", mirrors="models.bottleneck.RVQBottleneck.encode")
@rule("quantizer", on="RVQVAEBottleneck", severity="warning", mirrors="models.bottleneck.RVQVAEBottleneck.encode")
def distances_of_0(bottleneck: Node) -> Iterator[Problem]:
    """Some options of a quantizer exclude or need each other."""
    config = bottleneck.part("config")
    through = (
        "commitment_use_cross_entropy_loss" if config("commitment_use_cross_entropy_loss") else "codebook_diversity_loss_weight"
    )
    if config(through) and config("kmeans_init") and not config("use_cosine_sim"):
        message = f"`{through}` sends gradients through distances; `kmeans_init` makes some of them 0, and the loss NaN"
        yield Problem(config.at(through), message, help="set kmeans_init to false, or use_cosine_sim to true")


@rule("quantizer", on=WHOLE, mirrors="models.bottleneck.RVQBottleneck.encode")
def several_devices(setup: Setup) -> Iterator[Problem]:
    """Some options of a quantizer exclude or need each other."""
    if setup.run("devices") != 1 or setup.run("num_nodes") != 1:
        return
    for bottleneck in (*setup.named("RVQBottleneck"), *setup.named("RVQVAEBottleneck")):
        config = bottleneck.part("config")
        asked = [name for name in ("sync_codebook", "sync_affine_param") if config(name) is True]
        for name in (name for name in asked if name == "sync_codebook" or config("affine_param")):
            message = f"`{name}` gathers from several devices and fails on one: the first step would fail"
            yield Problem(config.at(name), message, help="leave it out", fix=removing(config.at(name)))


@rule("quantizer", on="FSQBottleneck", mirrors="models.bottleneck.FSQBottleneck.encode")
def tokens_of_fsq(bottleneck: Node) -> Iterator[Problem]:
    """Some options of a quantizer exclude or need each other."""
    config = bottleneck.part("config")
    keeps, books, at = config("keep_num_codebooks_dim"), config("num_codebooks"), config.at("keep_num_codebooks_dim")
    if keeps is False or (keeps is None and books == 1):
        says = "is false" if keeps is False else "is not set, which means false with one codebook"
        message = f"`keep_num_codebooks_dim` {says}, but the engine needs the axis of codebooks: the first step would fail"
        yield Problem(at, message, help="set it to true", fix=setting(at, True))
    for name, wanted, why in (("return_indices", True, "needs the tokens"), ("channel_first", False, "puts channels last")):
        if config(name) is not wanted:
            message = f"`{name}` is {str(config(name)).lower()}, but the engine {why}: the first step would fail"
            yield Problem(config.at(name), message, help="leave it out", fix=removing(config.at(name)))


@rule("quantizer", on="FSQBottleneck", mirrors="models.bottleneck.FSQBottleneck.encode")
@rule("quantizer", on="DitheredFSQBottleneck", mirrors="models.fsq.DitheredFSQ.quantize")
def levels(bottleneck: Node) -> Iterator[Problem]:
    """Some options of a quantizer exclude or need each other."""
    config = bottleneck.part("config")
    steps = config("levels")
    if steps == 1 or (not isinstance(steps, int) and 1 in steps):
        message = "one of `levels` is 1: dividing by its steps gives infinite numbers, and the loss becomes NaN"
        yield Problem(config.at("levels"), message, help="write 2 or more")
    elif min(steps if not isinstance(steps, int) else [steps], default=2) < 1:
        message = f"`levels` is {steps if isinstance(steps, int) else list(steps)}, and a dimension has 2 levels or more"
        yield Problem(config.at("levels"), message, help="write 2 or more", severity="warning")


@rule("quantizer", on="DitheredFSQBottleneck", mirrors="models.bottleneck.DitheredFSQBottleneck")
def levels_per_dimension(bottleneck: Node) -> Iterator[Problem]:
    """Some options of a quantizer exclude or need each other."""
    config = bottleneck.part("config")
    steps, dim = config("levels"), config("dim")
    if isinstance(steps, int) or len(steps) == dim:
        return
    at, help, related = (
        config.at("levels"),
        "write one level for each dimension, or one number for all",
        (config.at("dim"), f"dim: {dim}"),
    )
    fix = None
    if _width_of(bottleneck) == len(steps) * config("num_codebooks"):  # The levels fit the latent, so `dim` is the wrong one.
        at, help, related = config.at("dim"), f"set it to {len(steps)}", (config.at("levels"), f"{len(steps)} entries")
        fix = setting(at, len(steps))
    message = f"`levels` has {counted(len(steps), 'entry', 'entries')}, but `dim` is {dim}: the model could not be built"
    yield Problem(at, message, help=help, related=(related,), fix=fix)


def _width_of(bottleneck: Node) -> int | None:
    """The latent's channels as the parts around a bottleneck have them."""
    try:
        model = bottleneck.above("Data")
        return int(encoder_out(model.part("encoder")).value)
    except Absent:
        return None


@rule("quantizer", on="DACRVQBottleneck", mirrors="models.bottleneck.DACRVQBottleneck")
@rule("quantizer", on="DACRVQVAEBottleneck", mirrors="models.bottleneck.DACRVQVAEBottleneck")
def width_per_codebook(bottleneck: Node) -> Iterator[Problem]:
    """Some options of a quantizer exclude or need each other."""
    config = bottleneck.part("config")
    widths, books = config("codebook_dim"), config("n_codebooks")
    if isinstance(widths, int) or len(widths) == books:
        return
    few = len(widths) < books
    then = "the model could not be built" if few else "the further ones are left out"
    message = f"`codebook_dim` has {counted(len(widths), 'entry', 'entries')}, but `n_codebooks` is {books}: {then}"
    help = "write one width for each codebook, or one number for all"
    yield Problem(config.at("codebook_dim"), message, help=help, severity="error" if few else "warning")


@rule("quantizer", on=WHOLE, severity="warning", mirrors="models.bottleneck.DACRVQBottleneck.encode")
def untrained_codebooks(setup: Setup) -> Iterator[Problem]:
    """Some options of a quantizer exclude or need each other."""
    if setup.model_type != "autoencoder":
        return
    _ = setup.training
    bottleneck = setup.model.part("model.bottleneck")
    if bottleneck("type") in ("dac_rvq", "dac_rvq_vae") and bottleneck("config.quantize_on_decode"):
        message = "`quantize_on_decode` leaves out the losses that train the codebooks: their entries stay random"
        yield Problem(bottleneck.at("config.quantize_on_decode"), message, help="set it to false while training")


@rule("zero-scale", on="TanhBottleneck", mirrors="models.bottleneck.TanhBottleneck.encode")
@rule("zero-scale", on="AutoencoderPretransform", mirrors="models.pretransforms.AutoencoderPretransform.encode")
@rule("zero-scale", on="WassersteinBottleneck", mirrors="models.bottleneck.WassersteinBottleneck.encode")
@rule("zero-scale", on="DACPretrainedPretransform", mirrors="models.pretransforms.PretrainedDACPretransform.encode")
def zero_scale(part: Node) -> Iterator[Problem]:
    """Latents are divided by a scale: 0 makes them infinite, and the loss NaN."""
    keys = {"autoencoder": "scale", "wasserstein": "config.tanh_scale"}
    key = keys.get(part("type"), "config.scale")
    if part("type") == "wasserstein" and not part("config.use_tanh"):
        return
    if part(key) == 0:
        name = key.rpartition(".")[2]
        yield Problem(
            key, f"`{name}` is 0: the latents are divided by it, and the loss becomes NaN", help="1 leaves them as they are"
        )
