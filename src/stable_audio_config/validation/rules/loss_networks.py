"""The networks that some losses of an autoencoder train over its latents."""

from __future__ import annotations

from collections.abc import Iterator

from ..geometry import audio_channels, autoencoder_ratio, counted
from ..lengths import autoencoder_frames
from ..rule import WHOLE, Problem, rule
from ..setup import Setup
from ..view import Node
from .autoencoder_training import WRAPPER, trained
from .channels import out_channels


@rule("loss-network", on="ContrastiveConfig", mirrors="models.discriminators.LatentAudioCritic")
@rule("loss-network", on="JEPAConfig", mirrors="models.discriminators.LatentJEPA")
def heads_of_64(config: Node) -> Iterator[Problem]:
    """The networks of losses over the latents have attention heads of a fixed size, and lengths they can work with.

    `contrastive` and `jepa` have heads of 64 channels, `generative` has 8 heads of 32 channels at least.
    """
    width = config("transformer_dim")
    if config("depth") and (width % min(width, 64) or width in (4, 5)):
        message = f"`transformer_dim` {width} does not divide into heads of 64: the first step would fail"
        yield Problem("transformer_dim", message, help=f"write {max(width // 64, 1) * 64}", label="a multiple of 64")


@rule("loss-network", on="GenerativeConfig", mirrors="models.dit.DiffusionTransformer", contract=("R-AE-25",))
def eight_heads(config: Node) -> Iterator[Problem]:
    """The networks of losses over the latents have attention heads of a fixed size, and lengths they can work with."""
    width = config("embed_dim")
    if config("depth") and (width < 256 or width % (width // 8)):
        message = f"`embed_dim` is {width}, but the engine makes 8 heads of it, of 32 channels at least: the first step would fail"
        yield Problem("embed_dim", message, help=f"write {max(width // 8 * 8, 256)}", label="a multiple of 8, at least 256")


@rule("loss-network", on=WHOLE, mirrors="models.discriminators.LatentJEPA.loss")
def enough_latents(setup: Setup) -> Iterator[Problem]:
    """The networks of losses over the latents have attention heads of a fixed size, and lengths they can work with."""
    model, training = trained(setup)
    losses, size = training.part("loss_configs"), setup.model.given("sample_size")
    at = setup.model.at("sample_size")
    frames = autoencoder_frames(model, size)
    if losses.has("jepa") and frames < 20:
        message = f"`jepa` masks blocks of 8 latent frames and needs 20 in all, but `sample_size` {size} makes {frames}"
        yield Problem(at, f"{message}: the loss would be NaN", help=f"set it to {20 * autoencoder_ratio(model)} or more")
    if losses.has("contrastive") and size % 256 == 0 and size <= 512:  # What does not divide is said by `sample-size`.
        message = f"`contrastive` needs more than 512 samples, but `sample_size` is {size}: the first step would fail"
        yield Problem(at, message, help="set it to 768 or more, a multiple of 256")
    if losses.has("semantic_regressors") and training("force_input_mono") is True and out_channels(model).value == 2:
        message = "`semantic_regressors` compares left and right of the encoder's input, which `force_input_mono` mixes down"
        place = training.at("loss_configs.semantic_regressors")
        yield Problem(place, f"{message}: the first step would fail", help="leave one of the two out")
    if losses.has("semantic_regressors") and size < 8192:
        message = f"`semantic_regressors` takes windows of 8192 samples, but `sample_size` is {size}: the first step would fail"
        yield Problem(at, message, help="set it to 8192 or more")


@rule("loss-network", on=WHOLE, mirrors="models.discriminators.LatentAudioCritic.loss")
def pairs(setup: Setup) -> Iterator[Problem]:
    """The networks of losses over the latents have attention heads of a fixed size, and lengths they can work with."""
    _, training = trained(setup)
    if not training.part("loss_configs").has("contrastive"):
        return
    batch, added = setup.run("batch_size"), training("num_synthetic_chirps")
    if not 2 <= batch + added <= 341:
        has = counted(batch, "sound") + (f" and {counted(added, 'chirp')}" if added else "")
        message = f"`contrastive` pairs 2 to 341 sounds, but a batch has {has}: the first step would fail"
        yield Problem(setup.run.at("batch_size"), message, help="choose a batch_size between 2 and 341")


@rule("loss-network", on=WHOLE, mirrors=WRAPPER)
def critic_channels(setup: Setup) -> Iterator[Problem]:
    """The networks of losses over the latents have attention heads of a fixed size, and lengths they can work with."""
    model, training = trained(setup)
    key = "in_channels" if model.has("in_channels") else "io_channels"
    stated, data = model.given(key), audio_channels(setup.model)
    said = key == "io_channels" and not model.has("out_channels")  # Then `channels` has said it.
    if training.part("loss_configs").has("contrastive") and stated != data and not said:
        built = f"built for {counted(stated, 'channel')} (`{key}`)"
        message = f"`contrastive` is {built}, but gets the data's {data}: the first step would fail"
        yield Problem(model.at(key), message, help=f"set {key} to {data}")
