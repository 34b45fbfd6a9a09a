"""`sat rule` and `sat doctor`, as commands."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding
from stable_audio_config.validation import doctor

Sat = Callable[..., Any]

LOADED = """
import contextlib, io, sys
sys.argv = ["sat", *{arguments!r}]
from stable_audio_config.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(" ".join(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def loaded(*arguments: str) -> set[str]:
    """The packages that a command imports, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=list(arguments))], capture_output=True, text=True, timeout=120, check=True
    )
    return set(done.stdout.split())


# --- sat rule -------------------------------------------------------------------------------------------------------------


def test_a_rule_is_told_with_its_reason_and_its_function(sat: Sat) -> None:
    result = sat("rule", "frozen-pretransform")
    assert (result.code, result.err) == (0, "")
    first, second, *_ = result.out.splitlines()
    assert first == "frozen-pretransform: error"
    assert second == "  An autoencoder around a pretransform is trained through it, which needs `enable_grad`."
    assert "\n  where   stable_audio_tools.models.autoencoders.AudioAutoencoder.decode\n" in result.out
    assert result.out.endswith("\n  covers  R-AE-7\n  page    docs/rules/frozen-pretransform.md, in the repository\n")


def test_a_finding_that_no_rule_makes_is_told_too(sat: Sat) -> None:
    assert sat("rule", "duplicate-key").out == (
        "duplicate-key: error\n"
        "  A key stands once in its group.\n"
        "\n"
        "  YAML and JSON parsers keep the last one without a word, so that the first is a setting that nobody\n"
        "  gets.\n"
        "\n"
        "  page    docs/rules/duplicate-key.md, in the repository\n"
    )


def test_several_meanings_of_a_name_are_told_one_after_the_other(sat: Sat) -> None:
    out = sat("rule", "missing-key").out
    assert out.splitlines()[1] == "  Every key that has no default is written."
    assert "\n  - Training crops and demos need `sample_size`.\n\n    where   stable_audio_tools.training.factory." in out


def test_a_name_may_be_copied_from_a_message(sat: Sat) -> None:
    assert sat("rule", "error[latent-width]:").out == sat("rule", "latent-width").out


@pytest.mark.parametrize(
    ("name", "help"), [("latnet-width", "did you mean `latent-width`?"), ("xyzzy", "sat rule lists them all")], ids=["near", "far"]
)
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_an_unknown_name_gets_the_nearest_one(sat: Sat, name: str, help: str, options: Sequence[str]) -> None:
    result = sat("rule", name, *options)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"error[usage]: there is no rule `{name}`\n   = help: {help}\n\n1 error\n"


def test_without_a_name_all_are_listed_by_subject(sat: Sat) -> None:
    lines = sat("rule").out.splitlines()
    subjects = [line for line in lines if line and not line.startswith(" ")]
    assert subjects[:3] == ["Reading and composing", "Keys and values", "Latents and lengths"]
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    assert len(names) == len(set(names)) > 200
    assert re.search(r"^  zero-scale +Latents are divided by a scale", "\n".join(lines), flags=re.MULTILINE)


def test_as_json_one_is_an_object_and_all_are_a_list(sat: Sat) -> None:
    one = json.loads(sat("rule", "zero-scale", "--json").out)
    assert (one["rule"], one["severities"], one["page"]) == ("zero-scale", ["error"], "docs/rules/zero-scale.md")
    assert one["statements"][0]["mirrors"][0].startswith("stable_audio_tools.models.")
    everything = json.loads(sat("rule", "--json").out)["rules"]
    assert one in everything
    assert all(list(entry) == list(one) for entry in everything)


def test_a_rule_is_told_without_data_models_and_hydra() -> None:
    assert loaded("rule", "latent-width") & {"pydantic", "hydra", "omegaconf", "yaml", "numpy", "torch"} == set()


# --- sat doctor -----------------------------------------------------------------------------------------------------------

SECTIONS = ["machine", "versions", "gpus", "loggers", "programs", "folders", "plugins", "environment"]


def test_the_doctor_loads_nothing_heavy() -> None:
    heavy = {"torch", "torchaudio", "numpy", "wandb", "stable_audio_tools", "pytorch_lightning", "hydra"}
    assert loaded("doctor") & heavy == set()


def test_the_doctor_tells_what_is_there(sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf" / "model").mkdir(parents=True)
    monkeypatch.setenv("WANDB_MODE", "offline")
    result = sat("doctor")
    assert result.err == ""
    assert [line for line in result.out.splitlines() if line in SECTIONS] == SECTIONS
    version = ".".join(map(str, sys.version_info[:3]))
    assert re.search(rf"^  python      {re.escape(version)}$", result.out, flags=re.MULTILINE)
    assert f"  presets 1  {tmp_path / 'conf'}\n" in result.out
    assert re.search(rf"^  runs       {re.escape(str(tmp_path / 'runs'))}, [\d.]+ GiB free$", result.out, flags=re.MULTILINE)
    assert "\n  WANDB_MODE  offline\n" in result.out.partition("environment\n")[2]


def test_as_json_the_facts_stand_beside_the_findings(sat: Sat) -> None:
    tree = json.loads(sat("doctor", "--json").out)
    assert list(tree) == [*SECTIONS, "findings", "summary"]
    assert tree["versions"]["pydantic"]


def found(rule: str) -> list[Finding]:
    return [finding for finding in doctor.examined().findings if finding.rule == rule]


def test_a_missing_engine_is_no_error(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Finding(rule="not-installed", message="the engine is not installed", help="install it")
    monkeypatch.setattr(doctor, "engine_missing", lambda: missing)
    result = sat("doctor")
    assert result.code == 0
    assert "warning[not-installed]: the engine is not installed\n   = help: install it\n" in result.out


def test_an_engine_without_torch_is_an_error(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "engine_missing", lambda: None)
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "torch" else object())
    result = sat("doctor")
    assert result.code == 1
    assert "error[not-installed]: the engine is installed, but the package `torch` is not: nothing can be trained\n" in result.out


def test_the_default_logger_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "engine_missing", lambda: None)
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "wandb" else object())
    (finding,) = found("not-installed")
    assert (finding.severity, finding.help) == ("warning", "pip install wandb, or logger=csv")


def test_another_python_than_the_engine_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENGINE_PYTHON", (3, 99))
    monkeypatch.setattr(doctor, "engine_missing", lambda: None)
    (finding,) = found("python-version")
    assert (finding.severity, finding.help) == ("warning", "to train, make an environment with it: uv venv --python 3.99")
    assert finding.message.endswith(", but the engine needs 3.99")
    monkeypatch.setattr(doctor, "engine_missing", lambda: Finding(rule="not-installed", message="missing"))
    (finding,) = found("python-version")
    assert finding.severity == "note"


REQUIREMENTS = [
    "alias-free-torch==0.0.6",
    "einops",
    "setuptools<81",
    "torch==2.7.1",
    'pytorch_lightning==2.5.5; extra == "train"',
    'gradio==6.3.0; extra == "ui"',
    'stable-audio-tools[train]==0.0.20; python_version < "3.11" and extra == "engine"',
]


def test_pins_are_read_out_of_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: REQUIREMENTS)
    always = {"alias-free-torch": "0.0.6", "torch": "2.7.1"}
    assert doctor.pinned("stable-audio-tools", "train") == {**always, "pytorch_lightning": "2.5.5"}
    assert doctor.pinned("stable-audio-config", "engine") == {**always, "stable-audio-tools": "0.0.20"}
    assert doctor.pinned("stable-audio-tools", "none") == always


def test_another_version_than_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"torch": "2.8.0", "torchaudio": "2.7.1+cpu", "stable-audio-tools": "0.0.20"}
    monkeypatch.setattr(doctor, "engine_missing", lambda: None)
    monkeypatch.setattr(doctor, "find_spec", lambda _: object())
    monkeypatch.setattr(doctor, "installed_version", versions.get)
    asked = {"stable-audio-tools": {"torch": "2.7.1", "torchaudio": "2.7.1", "absent": "1.0"}}
    monkeypatch.setattr(doctor, "pinned", lambda package, _: asked.get(package, {}))
    (finding,) = found("package-version")
    assert finding.message == "`torch` is 2.8.0, but stable-audio-tools 0.0.20 asks for 2.7.1"
    assert (finding.severity, finding.help) == ("warning", "pip install torch==2.7.1")


DRIVER = """#!{python}
import sys
{lines}
"""


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program `nvidia-smi` that does `lines` first on the path."""
    monkeypatch.setattr(doctor.platform, "system", lambda: "Linux")
    folder = tmp_path / "bin"
    folder.mkdir()

    def put(lines: str) -> None:
        program = folder / "nvidia-smi"
        program.write_text(DRIVER.format(python=sys.executable, lines=lines))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return put


GPU = "NVIDIA H100, 81559 MiB, 550.54"


def test_gpus_are_asked_of_their_driver(driver: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    driver(f"print({GPU!r})")
    monkeypatch.setattr(doctor, "installed_version", lambda _: "2.7.1")
    assert doctor.examined().facts["gpus"] == {"0": GPU}
    assert found("gpu") == []


def test_a_driver_that_does_not_answer(driver: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    driver("print('NVIDIA-SMI has failed', file=sys.stderr); sys.exit(9)")
    (finding,) = found("gpu")
    assert (finding.severity, finding.message) == ("warning", "`nvidia-smi` is here, but gives no answer: NVIDIA-SMI has failed")
    monkeypatch.setattr(doctor, "PATIENCE", 0.2)
    driver("import time; time.sleep(60)")
    (finding,) = found("gpu")
    assert finding.message.endswith(": TimeoutExpired")


def test_a_gpu_that_torch_would_not_see(driver: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    driver(f"print({GPU!r})")
    monkeypatch.setattr(doctor, "installed_version", lambda _: "2.7.1+cpu")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert [finding.message for finding in found("gpu")] == [
        "`CUDA_VISIBLE_DEVICES` is `-1`, which hides every GPU",
        "this machine has a GPU, but torch 2.7.1+cpu is built for the CPU alone",
    ]


def test_a_preset_folder_that_is_not_there(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAT_CONFIG_DIR", "nowhere")
    result = sat("doctor")
    assert result.code == 1
    assert "error[missing-file]: the preset folder `nowhere` does not exist" in result.out


def test_a_cache_folder_that_is_a_file(sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("SAT_CACHE", str(tmp_path / "taken"))
    result = sat("doctor")
    assert result.code == 0
    where = f"`{tmp_path / 'taken'}`, where the synthetic dataset goes"
    assert f"warning[not-writable]: nothing can be written to {where}\n   = help: set SAT_CACHE to another folder" in result.out


def test_little_room(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_free", lambda _: 100 * 2**20)
    result = sat("doctor")
    assert result.code == 0
    assert "note[disk-space]: only 0.1 GiB are free in " in result.out


def test_a_plugin_whose_module_is_gone(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [EntryPoint("gentle", "gentle_parts_that_are_gone:parts", doctor.GROUP)]
    monkeypatch.setattr(doctor, "entry_points", lambda **_: entries)
    result = sat("doctor")
    assert result.code == 1
    assert "plugins\n  gentle  gentle_parts_that_are_gone:parts\n" in result.out
    assert "error[plugin]: the plugin `gentle` is installed, but its module `gentle_parts_that_are_gone` is not there" in result.out
