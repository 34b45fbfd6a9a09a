"""Every kind of part that the engine builds from a tag, with its data models; long, because it is one table.

The data models are imported when a tag is met. For type checkers each kind is the plain union of its branches; for
Pydantic it is the lookup itself (`tagged.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from .base import Data, Gone
from .tagged import KINDS as KINDS
from .tagged import Tagged

_NO_CLASS = Gone(
    "0.0.20",
    "is named by engine 0.0.20, but its class is not in the package",
    "use `same` (the patched transformer autoencoder that is there), or pretransform `patched`",
)

if TYPE_CHECKING:
    from .autoencoder import AutoencoderConfig, AutoencoderPretransform
    from .bottleneck.continuous import L2NormBottleneck, SoftNormBottleneck, TanhBottleneck, VAEBottleneck, WassersteinBottleneck
    from .bottleneck.dac import DACRVQBottleneck, DACRVQVAEBottleneck
    from .bottleneck.fsq import DitheredFSQBottleneck, FSQBottleneck
    from .bottleneck.rvq import RVQBottleneck, RVQVAEBottleneck
    from .clap import ClapConfig
    from .coders.dac import DACDecoder, DACEncoder
    from .coders.oobleck import OobleckDecoder, OobleckEncoder
    from .coders.same import SAMEDecoder, SAMEEncoder
    from .coders.seanet import SEANetDecoder, SEANetEncoder
    from .coders.taae import TAAEDecoder, TAAEEncoder
    from .conditioning.audio import PretransformConditioner, SourceMixConditioner
    from .conditioning.clap import ClapAudioConditioner, ClapTextConditioner, SATClapAudioConditioner, SATClapTextConditioner
    from .conditioning.number import IntConditioner, ListConditioner, NumberConditioner
    from .conditioning.text import CausalLMConditioner, LUTConditioner, PhonemeConditioner, T5Conditioner, T5GemmaConditioner
    from .dataset import AudioDirDataset, PreEncodedDataset, WebDataset
    from .diffusion import (
        ADPCFGDiffusion,
        ADPDiffusion,
        DiffusionCondConfig,
        DiffusionInpaintConfig,
        DiTDiffusion,
        NestedDiffusionCondConfig,
        NestedDiffusionInpaintConfig,
    )
    from .diffusion_autoencoder import ADPDecoder, DAU1dDecoder, DiffusionAutoencoderConfig, DiTDecoder
    from .lm import LMConfig, TransformerBackbone
    from .pretransform import (
        AudiocraftPretrainedPretransform,
        DACPretrainedPretransform,
        PatchedPretransform,
        PQMFPretransform,
        WaveletPretransform,
    )
    from .shift import FluxShift, FullShift, LogSNRShift, NoShift
    from .training.arc import (
        ConvDiscriminator,
        ConvNeXtDiscriminator,
        DilatedConvDiscriminator,
        MultiScaleDiscriminator,
    )
    from .training.arc import TransformerDiscriminator as TransformerHeadDiscriminator
    from .training.autoencoder import AutoencoderTraining
    from .training.clap import ClapTraining
    from .training.diffusion import DiffusionCondTraining
    from .training.diffusion_autoencoder import DiffusionAutoencoderTraining
    from .training.discriminators import (
        BigVGANDiscriminator,
        DACDiscriminator,
        EncodecDiscriminator,
        HILDiscriminator,
        OobleckDiscriminator,
        TransformerDiscriminator,
    )
    from .training.inpaint_demo import DiffusionInpaintTraining
    from .training.lm import LMTraining
    from .training.optimizers.base import NamedOptimizer
    from .training.schedulers.base import NamedScheduler
    from .training.uncond import DiffusionUncondTraining
    from .uncond import ADPUncondModel, DAU1dUncondModel, DiffusionUncondConfig, DiTUncondModel

    ModelConfig: TypeAlias = (
        AutoencoderConfig
        | DiffusionUncondConfig
        | DiffusionCondConfig
        | DiffusionInpaintConfig
        | DiffusionAutoencoderConfig
        | LMConfig
        | ClapConfig
    )
    NestedDiffusion: TypeAlias = NestedDiffusionCondConfig | NestedDiffusionInpaintConfig
    Encoder: TypeAlias = OobleckEncoder | SEANetEncoder | DACEncoder | TAAEEncoder | SAMEEncoder
    Decoder: TypeAlias = OobleckDecoder | SEANetDecoder | DACDecoder | TAAEDecoder | SAMEDecoder
    Bottleneck: TypeAlias = (
        TanhBottleneck
        | VAEBottleneck
        | RVQBottleneck
        | RVQVAEBottleneck
        | DACRVQBottleneck
        | DACRVQVAEBottleneck
        | L2NormBottleneck
        | WassersteinBottleneck
        | FSQBottleneck
        | DitheredFSQBottleneck
        | SoftNormBottleneck
    )
    Pretransform: TypeAlias = (
        AutoencoderPretransform
        | WaveletPretransform
        | PQMFPretransform
        | DACPretrainedPretransform
        | AudiocraftPretrainedPretransform
        | PatchedPretransform
    )
    Conditioner: TypeAlias = (
        T5Conditioner
        | T5GemmaConditioner
        | CausalLMConditioner
        | ClapTextConditioner
        | ClapAudioConditioner
        | IntConditioner
        | NumberConditioner
        | ListConditioner
        | PhonemeConditioner
        | LUTConditioner
        | SATClapTextConditioner
        | SATClapAudioConditioner
        | PretransformConditioner
        | SourceMixConditioner
    )
    UncondModel: TypeAlias = DiTUncondModel | ADPUncondModel | DAU1dUncondModel
    CondDiffusion: TypeAlias = DiTDiffusion | ADPDiffusion | ADPCFGDiffusion
    AutoencoderDiffusion: TypeAlias = DiTDecoder | ADPDecoder | DAU1dDecoder
    DistributionShift: TypeAlias = FullShift | FluxShift | LogSNRShift | NoShift
    LMBackbone: TypeAlias = TransformerBackbone
    Optimizer: TypeAlias = NamedOptimizer
    Scheduler: TypeAlias = NamedScheduler
    DiscriminatorLoss: TypeAlias = (
        OobleckDiscriminator
        | EncodecDiscriminator
        | DACDiscriminator
        | BigVGANDiscriminator
        | HILDiscriminator
        | TransformerDiscriminator
    )
    ArcDiscriminator: TypeAlias = (
        ConvNeXtDiscriminator
        | ConvDiscriminator
        | DilatedConvDiscriminator
        | TransformerHeadDiscriminator
        | MultiScaleDiscriminator
    )
    DatasetConfig: TypeAlias = AudioDirDataset | PreEncodedDataset | WebDataset
    AnyTraining: TypeAlias = (
        AutoencoderTraining
        | DiffusionUncondTraining
        | DiffusionCondTraining
        | DiffusionInpaintTraining
        | DiffusionAutoencoderTraining
        | LMTraining
        | ClapTraining
    )
else:
    AnyTraining = Any
    ModelConfig = Annotated[
        Data,
        Tagged(
            "model",
            {
                "autoencoder": "autoencoder:AutoencoderConfig",
                "diffusion_uncond": "uncond:DiffusionUncondConfig",
                "diffusion_cond": "diffusion:DiffusionCondConfig",
                "diffusion_cond_inpaint": "diffusion:DiffusionInpaintConfig",
                "diffusion_autoencoder": "diffusion_autoencoder:DiffusionAutoencoderConfig",
                "lm": "lm:LMConfig",
                "clap": "clap:ClapConfig",
            },
            key="model_type",
            since={"clap": "0.0.20"},
            gone={
                "musicgen": Gone("0.0.13", "was removed in 0.0.13", "use model type `lm`, or the audiocraft package itself"),
                "diffusion_prior": Gone("0.0.19", "was removed in 0.0.19", "use `diffusion_cond`; weights cannot be carried over"),
                "hyperencoder": Gone(
                    "0.0.7", "is in no published version of the engine", "use `autoencoder`, or a plugin that adds this type"
                ),
            },
            factory="models.factory.create_model_from_config",
        ),
    ]
    NestedDiffusion = Annotated[
        Data,
        Tagged(
            "nested_diffusion",
            {
                "diffusion_cond": "diffusion:NestedDiffusionCondConfig",
                "diffusion_cond_inpaint": "diffusion:NestedDiffusionInpaintConfig",
            },
            key="model_type",
            factory="models.factory.create_model_from_config",
        ),
    ]
    Encoder = Annotated[
        Data,
        Tagged(
            "encoder",
            {
                "oobleck": "coders.oobleck:OobleckEncoder",
                "seanet": "coders.seanet:SEANetEncoder",
                "dac": "coders.dac:DACEncoder",
                "taae": "coders.taae:TAAEEncoder",
                "same": "coders.same:SAMEEncoder",
                "taae_v2": "coders.same:SAMEEncoder",
            },
            since={"same": "0.0.20", "taae_v2": "0.0.20"},
            gone={
                "patched": _NO_CLASS,
                "staged_patched": _NO_CLASS,
                "local_attn": Gone("0.0.20", "was removed in 0.0.20", "use `same` or `taae`; weights cannot be carried over"),
            },
            factory="models.autoencoders.create_encoder_from_config",
        ),
    ]
    Decoder = Annotated[
        Data,
        Tagged(
            "decoder",
            {
                "oobleck": "coders.oobleck:OobleckDecoder",
                "seanet": "coders.seanet:SEANetDecoder",
                "dac": "coders.dac:DACDecoder",
                "taae": "coders.taae:TAAEDecoder",
                "same": "coders.same:SAMEDecoder",
                "taae_v2": "coders.same:SAMEDecoder",
            },
            since={"same": "0.0.20", "taae_v2": "0.0.20"},
            gone={
                "patched": _NO_CLASS,
                "staged_patched": _NO_CLASS,
                "local_attn": Gone("0.0.20", "was removed in 0.0.20", "use `same` or `taae`; weights cannot be carried over"),
            },
            factory="models.autoencoders.create_decoder_from_config",
        ),
    ]
    Bottleneck = Annotated[
        Data,
        Tagged(
            "bottleneck",
            {
                "tanh": "bottleneck.continuous:TanhBottleneck",
                "vae": "bottleneck.continuous:VAEBottleneck",
                "rvq": "bottleneck.rvq:RVQBottleneck",
                "dac_rvq": "bottleneck.dac:DACRVQBottleneck",
                "rvq_vae": "bottleneck.rvq:RVQVAEBottleneck",
                "dac_rvq_vae": "bottleneck.dac:DACRVQVAEBottleneck",
                "l2_norm": "bottleneck.continuous:L2NormBottleneck",
                "wasserstein": "bottleneck.continuous:WassersteinBottleneck",
                "fsq": "bottleneck.fsq:FSQBottleneck",
                "dithered_fsq": "bottleneck.fsq:DitheredFSQBottleneck",
                "softnorm": "bottleneck.continuous:SoftNormBottleneck",
            },
            since={"softnorm": "0.0.20"},
            factory="models.factory.create_bottleneck_from_config",
        ),
    ]
    Pretransform = Annotated[
        Data,
        Tagged(
            "pretransform",
            {
                "autoencoder": "autoencoder:AutoencoderPretransform",
                "wavelet": "pretransform:WaveletPretransform",
                "pqmf": "pretransform:PQMFPretransform",
                "dac_pretrained": "pretransform:DACPretrainedPretransform",
                "audiocraft_pretrained": "pretransform:AudiocraftPretrainedPretransform",
                "patched": "pretransform:PatchedPretransform",
            },
            factory="models.factory.create_pretransform_from_config",
        ),
    ]
    Conditioner = Annotated[
        Data,
        Tagged(
            "conditioner",
            {
                "t5": "conditioning.text:T5Conditioner",
                "t5gemma": "conditioning.text:T5GemmaConditioner",
                "causal_lm": "conditioning.text:CausalLMConditioner",
                "clap_text": "conditioning.clap:ClapTextConditioner",
                "clap_audio": "conditioning.clap:ClapAudioConditioner",
                "int": "conditioning.number:IntConditioner",
                "number": "conditioning.number:NumberConditioner",
                "list": "conditioning.number:ListConditioner",
                "phoneme": "conditioning.text:PhonemeConditioner",
                "lut": "conditioning.text:LUTConditioner",
                "sat_clap_text": "conditioning.clap:SATClapTextConditioner",
                "sat_clap_audio": "conditioning.clap:SATClapAudioConditioner",
                "pretransform": "conditioning.audio:PretransformConditioner",
                "source_mix": "conditioning.audio:SourceMixConditioner",
            },
            since={"t5gemma": "0.0.20", "causal_lm": "0.0.20", "sat_clap_text": "0.0.20", "sat_clap_audio": "0.0.20"},
            factory="models.conditioners.create_multi_conditioner_from_conditioning_config",
        ),
    ]
    UncondModel = Annotated[
        Data,
        Tagged(
            "uncond_diffusion",
            {"dit": "uncond:DiTUncondModel", "adp_uncond_1d": "uncond:ADPUncondModel", "DAU1d": "uncond:DAU1dUncondModel"},
            factory="models.diffusion.create_diffusion_uncond_from_config",
        ),
    ]
    CondDiffusion = Annotated[
        Data,
        Tagged(
            "cond_diffusion",
            {"dit": "diffusion:DiTDiffusion", "adp_1d": "diffusion:ADPDiffusion", "adp_cfg_1d": "diffusion:ADPCFGDiffusion"},
            factory="models.diffusion.create_diffusion_cond_from_config",
        ),
    ]
    AutoencoderDiffusion = Annotated[
        Data,
        Tagged(
            "autoencoder_diffusion",
            {
                "dit": "diffusion_autoencoder:DiTDecoder",
                "adp_1d": "diffusion_autoencoder:ADPDecoder",
                "DAU1d": "diffusion_autoencoder:DAU1dDecoder",
            },
            factory="models.autoencoders.create_diffAE_from_config",
        ),
    ]
    DistributionShift = Annotated[
        Data,
        Tagged(
            "distribution_shift",
            {"full": "shift:FullShift", "flux": "shift:FluxShift", "logsnr": "shift:LogSNRShift", "none": "shift:NoShift"},
            default="full",
            since={"flux": "0.0.20", "logsnr": "0.0.20", "none": "0.0.20"},
            factory="models.diffusion.ConditionedDiffusionModelWrapper._create_dist_shift",
        ),
    ]
    LMBackbone = Annotated[
        Data,
        Tagged(
            "lm_backbone",
            {"continuous_transformer": "lm:TransformerBackbone"},
            gone={"x-transformers": Gone("0.0.19", "was removed in 0.0.19", "use `continuous_transformer`")},
            factory="models.lm.create_audio_lm_from_config",
        ),
    ]
    Optimizer = Annotated[
        Data,
        Tagged(
            "optimizer",
            {
                "AdamW": "training.optimizers.adam:AdamWOptimizer",
                "Adam": "training.optimizers.adam:AdamOptimizer",
                "CAdamW": "training.optimizers.own:CAdamWOptimizer",
                "CLion": "training.optimizers.own:CLionOptimizer",
                "MuonAdamW": "training.optimizers.own:MuonAdamWOptimizer",
                "AdamW8bit": "training.optimizers.own:AdamW8bitOptimizer",
                "FusedAdam": "training.optimizers.own:FusedAdamOptimizer",
                "SGD": "training.optimizers.torch:SGDOptimizer",
                "RAdam": "training.optimizers.torch:RAdamOptimizer",
                "NAdam": "training.optimizers.torch:NAdamOptimizer",
                "Adamax": "training.optimizers.torch:AdamaxOptimizer",
                "Adagrad": "training.optimizers.torch:AdagradOptimizer",
                "Adadelta": "training.optimizers.torch:AdadeltaOptimizer",
                "RMSprop": "training.optimizers.torch:RMSpropOptimizer",
                "LBFGS": "training.optimizers.torch:LBFGSOptimizer",
            },
            other="training.optim:TorchOptimizer",
            since={"CAdamW": "0.0.20", "CLion": "0.0.20", "MuonAdamW": "0.0.20", "AdamW8bit": "0.0.20"},
            factory="training.utils.create_optimizer_from_config",
        ),
    ]
    Scheduler = Annotated[
        Data,
        Tagged(
            "scheduler",
            {
                "InverseLR": "training.schedulers.inverse:InverseLRScheduler",
                "StepLR": "training.schedulers.torch:StepLRScheduler",
                "MultiStepLR": "training.schedulers.torch:MultiStepLRScheduler",
                "ConstantLR": "training.schedulers.torch:ConstantLRScheduler",
                "LinearLR": "training.schedulers.torch:LinearLRScheduler",
                "ExponentialLR": "training.schedulers.torch:ExponentialLRScheduler",
                "PolynomialLR": "training.schedulers.torch:PolynomialLRScheduler",
                "CosineAnnealingLR": "training.schedulers.torch:CosineAnnealingLRScheduler",
                "CosineAnnealingWarmRestarts": "training.schedulers.torch:CosineAnnealingWarmRestartsScheduler",
                "OneCycleLR": "training.schedulers.torch:OneCycleLRScheduler",
                "CyclicLR": "training.schedulers.torch:CyclicLRScheduler",
                "ReduceLROnPlateau": "training.schedulers.torch:ReduceLROnPlateauScheduler",
            },
            other="training.optim:TorchScheduler",
            factory="training.utils.create_scheduler_from_config",
        ),
    ]
    DiscriminatorLoss = Annotated[
        Data,
        Tagged(
            "discriminator",
            {
                "oobleck": "training.discriminators:OobleckDiscriminator",
                "encodec": "training.discriminators:EncodecDiscriminator",
                "dac": "training.discriminators:DACDiscriminator",
                "big_vgan": "training.discriminators:BigVGANDiscriminator",
                "hil": "training.discriminators:HILDiscriminator",
                "transformer": "training.discriminators:TransformerDiscriminator",
            },
            since={"big_vgan": "0.0.20", "hil": "0.0.20", "transformer": "0.0.20"},  # 0.0.19 names `big_vgan` and cannot build it.
            factory="training.autoencoders.AutoencoderTrainingWrapper",
        ),
    ]
    ArcDiscriminator = Annotated[
        Data,
        Tagged(
            "arc_discriminator",
            {
                "convnext": "training.arc:ConvNeXtDiscriminator",
                "conv": "training.arc:ConvDiscriminator",
                "dilated_conv": "training.arc:DilatedConvDiscriminator",
                "transformer": "training.arc:TransformerDiscriminator",
                "multi_scale": "training.arc:MultiScaleDiscriminator",
            },
            default="convnext",
            since={"dilated_conv": "0.0.20", "transformer": "0.0.20", "multi_scale": "0.0.20"},
            factory="training.arc.ARCTrainingWrapper",
        ),
    ]
    DatasetConfig = Annotated[
        Data,
        Tagged(
            "dataset",
            {
                "audio_dir": "dataset:AudioDirDataset",
                "pre_encoded": "dataset:PreEncodedDataset",
                "wds": "dataset:WebDataset",
                "s3": "dataset:WebDataset",
            },
            key="dataset_type",
            factory="data.dataset.create_dataloader_from_config",
        ),
    ]

TRAINING = Tagged(
    "training",
    {
        "autoencoder": "training.autoencoder:AutoencoderTraining",
        "diffusion_uncond": "training.uncond:DiffusionUncondTraining",
        "diffusion_cond": "training.diffusion:DiffusionCondTraining",
        "diffusion_cond_inpaint": "training.inpaint_demo:DiffusionInpaintTraining",
        "diffusion_autoencoder": "training.diffusion_autoencoder:DiffusionAutoencoderTraining",
        "lm": "training.lm:LMTraining",
        "clap": "training.clap:ClapTraining",
    },
    key="model_type",
    since={"clap": "0.0.20"},
    factory="training.factory.create_training_wrapper_from_config",
)
"""The training sections. They have no tag of their own: `model_type` of the model beside them decides."""
