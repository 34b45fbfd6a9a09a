"""The autoencoder's data models against the installed engine: same keys, same defaults, same tags, and it builds."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import textwrap
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter
from signatures import REQUIRED, comparable, keywords, load, ours

from stable_audio_config.datamodels import autoencoder as ae
from stable_audio_config.datamodels import pretransform
from stable_audio_config.datamodels.bottleneck import NothingRead, continuous, fsq, rvq
from stable_audio_config.datamodels.bottleneck import dac as dac_rvq
from stable_audio_config.datamodels.coders import dac, oobleck, same, seanet, taae
from stable_audio_config.datamodels.kinds import KINDS, Bottleneck, Decoder, Encoder, Pretransform
from stable_audio_config.datamodels.tagged import Tagged, imported

pytestmark = pytest.mark.engine

AE = "stable_audio_tools.models.autoencoders"
BN = "stable_audio_tools.models.bottleneck"
PT = "stable_audio_tools.models.pretransforms"
MF = "stable_audio_tools.models.factory"
SWITCH = "the stage is an encoder's or a decoder's already"


@dataclass(frozen=True)
class Case:
    """One data model and the classes whose keywords it holds, the outermost first (it wins)."""

    config: type[BaseModel]
    classes: tuple[str, ...]
    filled: frozenset[str] = frozenset()
    """Keywords that the engine fills itself."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Keyword -> why no key of ours sets it."""
    factory: dict[str, Any] = field(default_factory=dict)
    """What the factory makes of a missing key, where that is not the class's own default."""
    carried: frozenset[str] = frozenset()
    """Keys of ours that nothing reads, because published configs have them."""


CARRIED = frozenset({"use_snake", "use_dilated_conv", "mapping_style", "conv_bias", "enable_inner_layer_dropout", "use_flash"})
STAGE = frozenset({"stride", "transformer_depth"})
DAC_NEEDS = {"n_codebooks": REQUIRED, "codebook_size": REQUIRED}
DAC_RVQ = "dac.nn.quantize:ResidualVectorQuantize"

CASES = [
    Case(oobleck.OobleckEncoderConfig, (f"{AE}:OobleckEncoder",)),
    Case(oobleck.OobleckDecoderConfig, (f"{AE}:OobleckDecoder",)),
    Case(seanet.SEANetEncoderConfig, ("encodec.modules:SEANetEncoder",), factory={"ratios": [2, 2, 2, 2, 2]}),
    Case(seanet.SEANetDecoderConfig, ("encodec.modules:SEANetDecoder",)),
    Case(
        dac.DACEncoderConfig,
        (f"{AE}:DACEncoderWrapper", "dac.model.dac:Encoder"),
        filled=frozenset({"d_latent"}),
        factory={"latent_dim": None, "d_model": REQUIRED, "strides": REQUIRED},
    ),
    Case(
        dac.DACDecoderConfig,
        (f"{AE}:DACDecoderWrapper", "dac.model.dac:Decoder"),
        filled=frozenset({"input_channel", "d_out"}),
    ),
    Case(
        taae.TAAEEncoderConfig,
        (f"{AE}:TAAEEncoder", f"{AE}:TAAEBlock"),
        filled=STAGE | {"out_channels"},
        left_out={"type": SWITCH},
    ),
    Case(
        taae.TAAEDecoderConfig,
        (f"{AE}:TAAEDecoder", f"{AE}:TAAEBlock"),
        filled=STAGE | {"in_channels", "type"},
    ),
    Case(
        same.SAMEEncoderConfig,
        (f"{AE}:SAMEEncoder", f"{AE}:TransformerResamplingBlock"),
        filled=STAGE | {"out_channels"},
        left_out={"type": SWITCH},
        carried=CARRIED,
    ),
    Case(
        same.SAMEDecoderConfig,
        (f"{AE}:SAMEDecoder", f"{AE}:TransformerResamplingBlock"),
        filled=STAGE | {"in_channels", "type"},
        carried=CARRIED,
    ),
    Case(continuous.TanhConfig, (f"{BN}:TanhBottleneck",)),
    Case(continuous.WassersteinConfig, (f"{BN}:WassersteinBottleneck",)),
    Case(continuous.SoftNormConfig, (f"{BN}:SoftNormBottleneck",)),
    Case(dac_rvq.DACRVQConfig, (f"{BN}:DACRVQBottleneck", DAC_RVQ), factory=DAC_NEEDS),
    Case(dac_rvq.DACRVQVAEConfig, (f"{BN}:DACRVQVAEBottleneck", DAC_RVQ), factory=DAC_NEEDS),
    Case(fsq.FSQConfig, (f"{BN}:FSQBottleneck", "vector_quantize_pytorch:FSQ"), filled=frozenset({"allowed_dtypes"})),
    Case(fsq.DitheredFSQConfig, (f"{BN}:DitheredFSQBottleneck",)),
    Case(
        pretransform.WaveletConfig,
        (f"{PT}:WaveletPretransform",),
        left_out={"enable_grad": "the factory sets it from beside `type`"},
        factory={"wavelet": REQUIRED},
    ),
    Case(pretransform.PQMFConfig, (f"{PT}:PQMFPretransform",)),
    Case(pretransform.DACPretrainedConfig, (f"{PT}:PretrainedDACPretransform",)),
    Case(pretransform.AudiocraftPretrainedConfig, (f"{PT}:AudiocraftCompressionPretransform",)),
    Case(pretransform.PatchedConfig, (f"{PT}:PatchedPretransform",)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.config.__name__)
def test_keys_and_defaults_are_the_engines(case: Case) -> None:
    expected = keywords(*case.classes)
    assert case.filled | set(case.left_out) <= set(expected)
    assert case.carried.isdisjoint(expected)
    for name in case.filled | set(case.left_out):
        del expected[name]
    nothing = dict.fromkeys(case.carried)
    assert comparable(ours(case.config)) == comparable({**expected, **case.factory, **nothing})


def tree(path: str) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(load(path))))


def test_the_residual_quantizers_have_the_librarys_keywords_and_the_factorys_defaults() -> None:
    assigned = [node for node in ast.walk(tree(f"{MF}:create_bottleneck_from_config")) if isinstance(node, ast.Assign)]
    factory = [ast.literal_eval(node.value) for node in assigned if ast.unparse(node.targets[0]) == "quantizer_params"]
    assert len(factory) == 2
    expected = keywords("vector_quantize_pytorch:ResidualVQ", "vector_quantize_pytorch:VectorQuantize")
    del expected["in_place_codebook_optimizer"]  # A callable, which no config file can hold.
    for defaults in factory:
        assert comparable(ours(rvq.RVQConfig)) == comparable({**expected, **defaults})


@pytest.mark.parametrize("name", ["VAEBottleneck", "L2Bottleneck"])
def test_the_bottlenecks_whose_config_is_never_read_take_no_keywords(name: str) -> None:
    assert keywords(f"{BN}:{name}") == {}
    ours_model = {"VAEBottleneck": continuous.VAEBottleneck, "L2Bottleneck": continuous.L2NormBottleneck}[name]
    assert ours(ours_model)["config"] is None
    assert get_args(ours_model.model_fields["config"].annotation) == (NothingRead, type(None))
    assert ours(NothingRead) == {}


def keys_read(path: str, variable: str) -> dict[str, Any]:
    """Key -> default of every `variable["key"]` (required) and `variable.get("key", default)` in a function."""
    found: dict[str, Any] = {}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == variable:
            found[ast.literal_eval(node.slice)] = REQUIRED
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"{variable}.get":
            found.setdefault(*(ast.literal_eval(item) for item in [*node.args, ast.Constant(None)][:2]))
    return found


def keys_asserted(path: str) -> set[str]:
    return {
        ast.unparse(node.test.left)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare)
    }


def test_the_autoencoder_has_the_keys_that_the_engine_reads() -> None:
    factory = f"{AE}:create_autoencoder_from_config"
    expected = keys_read(factory, "ae_config")
    expected.update(dict.fromkeys(keys_asserted(factory) & set(expected), REQUIRED))
    assert comparable(ours(ae.AutoencoderModel)) == comparable(expected)


def test_what_stands_beside_the_type_is_what_the_engine_reads() -> None:
    encoder = {**keys_read(f"{AE}:create_encoder_from_config", "encoder_config"), "type": REQUIRED}
    decoder = {**keys_read(f"{AE}:create_decoder_from_config", "decoder_config"), "type": REQUIRED}
    decoder |= keys_read(f"{AE}:create_autoencoder_from_config", "ae_config['decoder']")
    pre = {**keys_read(f"{MF}:create_pretransform_from_config", "pretransform_config"), "type": REQUIRED}
    bottleneck = {**keys_read(f"{MF}:create_bottleneck_from_config", "bottleneck_config"), "type": REQUIRED}
    assert comparable(ours(oobleck.OobleckEncoder)) == comparable(encoder)
    assert comparable(ours(oobleck.OobleckDecoder)) == comparable(decoder)
    assert comparable(ours(ae.AutoencoderPretransform)) == comparable(pre)
    assert comparable(ours(rvq.RVQBottleneck)) == comparable(bottleneck)


def tags_read(path: str, variable: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == variable:
            value = ast.literal_eval(node.comparators[0])
            found |= {value} if isinstance(value, str) else set(value or ())
    return found


def tags_ours(kind: Tagged) -> set[str]:
    """The tags that the data models themselves take; each stands in the table of its kind."""
    models = {imported(place) for place in kind.branches.values()}
    taken = {tag for model in models for tag in get_args(model.model_fields["type"].annotation)}
    assert taken == set(kind.branches)
    return taken


def test_the_tags_are_the_engines_but_for_the_coders_whose_classes_it_lacks() -> None:
    lacking = {"patched", "staged_patched"}
    for kind in ("encoder", "decoder"):
        assert {tag for tag, gone in KINDS[kind].gone.items() if "not in the package" in gone.what} == lacking
    assert tags_ours(KINDS["encoder"]) | lacking == tags_read(f"{AE}:create_encoder_from_config", "encoder_type")
    assert tags_ours(KINDS["decoder"]) | lacking == tags_read(f"{AE}:create_decoder_from_config", "decoder_type")
    assert tags_ours(KINDS["bottleneck"]) == tags_read(f"{MF}:create_bottleneck_from_config", "bottleneck_type")
    assert tags_ours(KINDS["pretransform"]) == tags_read(f"{MF}:create_pretransform_from_config", "pretransform_type")
    for name in ("PatchEncoder", "StagedPatchEncoder", "PatchDecoder", "StagedPatchDecoder"):
        assert not hasattr(importlib.import_module(AE), name)


SMALL = {"channels": 8, "c_mults": [1, 2], "strides": [2, 4]}
SAME = {**SMALL, "transformer_depths": [1, 1], "dim_heads": 8}
OOBLECK = {
    "encoder": {"type": "oobleck", "config": SMALL},
    "decoder": {"type": "oobleck", "config": SMALL},
    "latent_dim": 32,
    "downsampling_ratio": 8,
    "io_channels": 2,
}
BUILDS: list[tuple[str, Any, dict[str, Any]]] = [
    (f"{AE}:create_encoder_from_config", Encoder, {"type": "oobleck", "config": SMALL}),
    (f"{AE}:create_encoder_from_config", Encoder, {"type": "seanet", "config": {"n_filters": 4}}),
    (f"{AE}:create_encoder_from_config", Encoder, {"type": "dac", "config": {"d_model": 4, "strides": [2, 4]}}),
    (f"{AE}:create_encoder_from_config", Encoder, {"type": "taae", "config": SMALL}),
    (f"{AE}:create_encoder_from_config", Encoder, {"type": "same", "config": SAME}),
    (f"{AE}:create_decoder_from_config", Decoder, {"type": "oobleck", "config": SMALL}),
    (f"{AE}:create_decoder_from_config", Decoder, {"type": "seanet", "config": {"n_filters": 4}}),
    (
        f"{AE}:create_decoder_from_config",
        Decoder,
        {"type": "dac", "config": {"latent_dim": 8, "channels": 16, "rates": [4, 2]}},
    ),
    (f"{AE}:create_decoder_from_config", Decoder, {"type": "taae", "config": SMALL}),
    (f"{AE}:create_decoder_from_config", Decoder, {"type": "taae_v2", "config": SAME}),
    *(
        (f"{MF}:create_bottleneck_from_config", Bottleneck, {"type": tag, "config": config})
        for tag, config in {
            "tanh": {},
            "vae": {},
            "l2_norm": {},
            "wasserstein": {},
            "softnorm": {},
            "rvq": {"dim": 8, "codebook_size": 4},
            "rvq_vae": {"dim": 8, "codebook_size": 4},
            "dac_rvq": {"n_codebooks": 2, "codebook_size": 4},
            "dac_rvq_vae": {"n_codebooks": 2, "codebook_size": 4},
            "fsq": {"levels": [4, 4]},
            "dithered_fsq": {"dim": 2, "levels": [4, 4]},
        }.items()
    ),
    (
        f"{MF}:create_pretransform_from_config",
        Pretransform,
        {"type": "wavelet", "config": {"channels": 2, "levels": 2, "wavelet": "bior2.2"}},
    ),
    (
        f"{MF}:create_pretransform_from_config",
        Pretransform,
        {"type": "patched", "config": {"channels": 2, "patch_size": 4}},
    ),
    (f"{MF}:create_pretransform_from_config", Pretransform, {"type": "autoencoder", "config": OOBLECK}),
]


@pytest.mark.parametrize(
    ("factory", "union", "written"), BUILDS, ids=[f"{path.split('_')[3]}-{w['type']}" for path, _, w in BUILDS]
)
def test_the_engine_builds_what_has_every_default_written_out(factory: str, union: Any, written: dict[str, Any]) -> None:
    model = TypeAdapter(union).validate_python(written)
    every_key = json.loads(model.model_dump_json())
    assert every_key.keys() == type(model).model_fields.keys()
    rate = (44100,) if "pretransform" in factory else ()
    assert load(factory)(every_key, *rate) is not None
