"""The data models equal what the installed engine reads; and each kind of change to it is noticed, alone and at its place.

Nothing of the engine is imported: its files are read.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stable_audio_config.cli.engine_contract import command
from stable_audio_config.engine.contract import Difference, Report, Sources, compare_with

pytestmark = pytest.mark.engine

AE, MF, TF, DS = "models/autoencoders.py", "models/factory.py", "training/factory.py", "data/dataset.py"


@pytest.fixture(scope="module")
def installed() -> Sources:
    """The installed engine, its files parsed once for all tests."""
    spec = find_spec("stable_audio_tools")
    assert spec is not None and spec.submodule_search_locations
    return Sources(Path(next(iter(spec.submodule_search_locations))))


@pytest.fixture(scope="module")
def report(installed: Sources) -> Report:
    return compare_with(installed)


def test_the_data_models_say_what_the_installed_engine_reads(report: Report) -> None:
    told = "\n".join(f"{one.where} {one.kind}: {one.todo}" for one in report.differences)
    assert not report.differences, f"run `sat engine contract`:\n{told}"
    assert report.version == "0.0.20"


def test_only_packages_that_are_not_installed_go_unchecked(report: Report) -> None:
    assert {note.rpartition(": ")[2] for note in report.unchecked} <= {
        "bitsandbytes is not installed",
        "deepspeed is not installed",
    }


def test_nothing_of_the_engine_is_imported_for_it(installed: Sources) -> None:
    program = (
        "import sys; from pathlib import Path; from stable_audio_config.engine.contract import Sources, compare_with\n"
        f"compare_with(Sources(Path({str(installed.engine)!r})))\n"
        "print({'torch', 'numpy', 'stable_audio_tools', 'encodec', 'dac'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout == "set()\n"


@dataclass(frozen=True)
class Edit:
    """A text of one of the engine's files, and what stands there instead."""

    file: str
    before: str
    after: str


Altered = Callable[..., tuple[Difference, ...]]


@pytest.fixture
def altered(installed: Sources, tmp_path: Path) -> Altered:
    """The differences that a copy of the engine has after some edits. Files that are not edited are not parsed again."""
    copy = tmp_path / "stable_audio_tools"
    shutil.copytree(installed.engine, copy, ignore=shutil.ignore_patterns("__pycache__"))

    def differences(*edits: Edit) -> tuple[Difference, ...]:
        for edit in edits:
            text = (copy / edit.file).read_text()
            assert edit.before in text
            (copy / edit.file).write_text(text.replace(edit.before, edit.after))
        edited = {edit.file for edit in edits}
        parsed = {name: module for name, module in installed.modules.items() if module is None or module.shown not in edited}
        return compare_with(Sources(copy, modules=parsed)).differences

    return differences


def told(differences: tuple[Difference, ...]) -> list[tuple[str, str, str, str]]:
    return [(one.kind, one.function, one.model, one.key) for one in differences]


NEW_BRANCH = """    elif bottleneck_type == 'gan':
        from .bottleneck import GANBottleneck
        bottleneck = GANBottleneck(bottleneck_config['depth'], **bottleneck_config['config'])
    elif bottleneck_type == 'vae':"""
TANH_BRANCH = """    if bottleneck_type == 'tanh':
        from .bottleneck import TanhBottleneck
        bottleneck = TanhBottleneck(**bottleneck_config.get('config', {}))
    elif"""
REQUIRES_GRAD = "requires_grad = bottleneck_config.get('requires_grad', True)"
BOTTLENECK, AUTOENCODER = "create_bottleneck_from_config", "create_autoencoder_from_config"
EVERY_BOTTLENECK = (
    "DACRVQBottleneck, DACRVQVAEBottleneck, DitheredFSQBottleneck, FSQBottleneck, L2NormBottleneck, RVQBottleneck, "
    "RVQVAEBottleneck, SoftNormBottleneck, TanhBottleneck, VAEBottleneck, WassersteinBottleneck"
)

CASES: dict[str, tuple[Edit, tuple[str, str, str, str], tuple[str, str]]] = {
    "a key": (
        Edit(
            AE, "    out_channels = ae_config.get(", "    dither = ae_config.get('dither', 0.5)\n    out_channels = ae_config.get("
        ),
        ("key-added", AUTOENCODER, "AutoencoderModel", "dither"),
        ("no such key", "default 0.5"),
    ),
    "a section": (
        Edit(TF, "    demo_config = training", "    late = training_config['late']['rate']\n    demo_config = training"),
        (
            "key-added",
            "create_demo_callback_from_config",
            "AutoencoderTraining, ClapTraining, DiffusionAutoencoderTraining, DiffusionCondTraining, DiffusionInpaintTraining, "
            "DiffusionUncondTraining, LMTraining",
            "late",
        ),
        ("no such key", "required"),
    ),
    "a keyword of a signature": (
        Edit(
            AE,
            "                 antialias_activation=False\n        ):",
            "                 antialias_activation=False, gain=1.0\n        ):",
        ),
        ("key-added", "OobleckEncoder.__init__", "OobleckEncoderConfig", "gain"),
        ("no such key", "default 1.0"),
    ),
    "a keyword three signatures down": (
        Edit("models/transformer.py", "        qk_norm_eps = 1e-6,", "        qk_norm_eps = 1e-6, qk_gain = 1.0,"),
        ("key-added", "Attention.__init__", "AttentionConfig", "qk_gain"),
        ("no such key", "default 1.0"),
    ),
    "a key that is gone": (
        Edit(MF, REQUIRES_GRAD, "requires_grad = True"),
        ("key-gone", BOTTLENECK, EVERY_BOTTLENECK, "requires_grad"),
        ("a key", "never read"),
    ),
    "a default": (
        Edit(MF, 'pretransform_config.get("scale", 1.0)', 'pretransform_config.get("scale", 2.0)'),
        ("default-changed", "create_pretransform_from_config", "AutoencoderPretransform", "scale"),
        ("1.0", "2.0"),
    ),
    "a default of a signature": (
        Edit("models/conditioners.py", "max_val: int=512", "max_val: int=256"),
        ("default-changed", "IntConditioner.__init__", "IntConditionerConfig", "max_val"),
        ("512", "256"),
    ),
    "a key that is now required": (
        Edit(MF, 'pretransform_config.get("scale", 1.0)', 'pretransform_config["scale"]'),
        ("required-changed", "create_pretransform_from_config", "AutoencoderPretransform", "scale"),
        ("optional", "required"),
    ),
    "a key that is no longer required": (
        Edit(AE, 'dac_config = encoder_config["config"]', 'dac_config = encoder_config.get("config", {"latent_dim": 8})'),
        ("required-changed", "create_encoder_from_config", "DACEncoder", "config"),
        ("required", 'default {"latent_dim": 8}'),
    ),
    "a tag": (
        Edit(MF, "    elif bottleneck_type == 'vae':", NEW_BRANCH),
        ("tag-added", BOTTLENECK, "bottleneck", "gan"),
        ("unknown", "a branch"),
    ),
    "a tag that is gone": (
        Edit(MF, TANH_BRANCH, "    if"),
        ("tag-gone", BOTTLENECK, "bottleneck", "tanh"),
        ("known", "no branch"),
    ),
    "a type of model": (
        Edit(
            MF,
            "    elif model_type == 'lm':",
            "    elif model_type == 'codec':\n        return codec(model_config)\n    elif model_type == 'lm':",
        ),
        ("tag-added", "create_model_from_config", "model", "codec"),
        ("unknown", "a branch"),
    ),
    "a type of dataset": (
        Edit(DS, 'elif dataset_type in ["s3", "wds"]:', 'elif dataset_type in ["s3", "wds", "hf"]:'),
        ("tag-added", "create_dataloader_from_config", "dataset", "hf"),
        ("unknown", "a branch"),
    ),
    "a word": (
        Edit(
            "training/diffusion.py",
            '"log_snr":\n            self.mean',
            '"beta":\n            pass\n        elif self.timestep_sampler == "log_snr":\n            self.mean',
        ),
        ("tag-added", "DiffusionCondTrainingWrapper.__init__", "DiffusionCondTraining.timestep_sampler", "beta"),
        ("unknown", "a branch"),
    ),
    "a word that is gone": (
        Edit("models/lm.py", "        'delay': DelayedPatternProvider,\n", ""),
        ("tag-gone", "create_audio_lm_from_config", "TransformerBackbone.codebook_pattern", "delay"),
        ("known", "no branch"),
    ),
    "a class that is gone": (
        Edit("models/pretransforms.py", "class PQMFPretransform", "class PQMF2Pretransform"),
        ("site-gone", "create_pretransform_from_config", "PQMFConfig", "PQMFPretransform"),
        ("a part of the engine", "not defined"),
    ),
    "a factory that nothing leads to": (
        Edit(MF, "import json\n", "import json\n\ndef create_codec_from_config(config):\n    return config['model']\n"),
        ("unbound", "create_codec_from_config", "", "config"),
        ("", "config['model']"),
    ),
    "a key that only runs know": (
        Edit(MF, REQUIRES_GRAD, REQUIRES_GRAD + "\n    other = bottleneck_config[json.key]"),
        ("unbound", BOTTLENECK, EVERY_BOTTLENECK, "a key that is no constant"),
        ("followed", "cannot be followed"),
    ),
    "a function that cannot be followed": (
        Edit(MF, REQUIRES_GRAD, REQUIRES_GRAD + "\n    json.keep(bottleneck_config)"),
        ("unbound", BOTTLENECK, EVERY_BOTTLENECK, "json.keep"),
        ("followed", "cannot be followed"),
    ),
    "a dead key that now lives": (
        Edit(MF, "bottleneck = VAEBottleneck()", "bottleneck = VAEBottleneck(bottleneck_config.get('config'))"),
        ("stale", "", "VAEBottleneck", "config"),
        ("accepted", "not so any more"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_of_the_engine_shows_alone_and_at_its_place(altered: Altered, name: str) -> None:
    edit, expected, (ours, theirs) = CASES[name]
    differences = altered(edit)
    assert told(differences) == [expected]
    (one,) = differences
    assert (one.ours, one.theirs) == (ours, theirs)
    if one.kind != "stale":
        file, _, line = one.where.partition(":")
        assert file.endswith(".py") and int(line) > 0


def test_a_factory_that_has_another_name_is_missed_and_found(altered: Altered) -> None:
    differences = altered(Edit(MF, f"def {BOTTLENECK}", "def make_bottleneck"))
    assert told(differences) == [
        ("site-gone", AUTOENCODER, EVERY_BOTTLENECK, BOTTLENECK),
        ("unbound", "make_bottleneck", "", "bottleneck_config"),
    ]


def test_an_entrance_that_has_another_name_is_missed_and_found(altered: Altered) -> None:
    differences = altered(Edit(DS, "def create_dataloader_from_config", "def create_loader_from_config"))
    assert told(differences) == [
        (
            "site-gone",
            "create_dataloader_from_config",
            "AudioDirDataset, PreEncodedDataset, WebDataset",
            "stable_audio_tools.data.dataset.create_dataloader_from_config",
        ),
        ("unbound", "create_loader_from_config", "", "dataset_config, audio_dir_config, pre_encoded_dir_config, wds_config"),
    ]


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, ["contract", *arguments])
    return result.exit_code, result.stdout


def test_the_command_says_that_there_is_no_difference() -> None:
    code, out = run()
    assert (code, out.splitlines()[-1]) == (0, "engine 0.0.20: no difference")


def test_the_command_lists_what_to_do(installed: Sources, tmp_path: Path) -> None:
    copy = tmp_path / "stable_audio_tools"
    shutil.copytree(installed.engine, copy, ignore=shutil.ignore_patterns("__pycache__"))
    factory = copy / MF
    factory.write_text(factory.read_text().replace("'requires_grad', True", "'requires_grad', False"))
    code, out = run("--source", str(copy))
    line = next(number for number, text in enumerate(factory.read_text().splitlines(), 1) if "'requires_grad', False" in text)
    todo = "change the default of `requires_grad` of these 11 data models to false"
    assert code == 1
    assert out.partition("\nmodels/")[2] == (
        "factory.py create_bottleneck_from_config\n"
        f"  default-changed  line {line}   DACRVQBottleneck and 10 others `requires_grad`: ours true, the engine's false\n"
        f"      {todo}\n"
        "\n"
        "engine unknown: 1 difference\n"
    )
    code, out = run("--source", str(copy), "--json")
    found: dict[str, Any] = json.loads(out)
    assert (code, found["version"], [one["todo"] for one in found["differences"]]) == (1, "unknown", [todo])
