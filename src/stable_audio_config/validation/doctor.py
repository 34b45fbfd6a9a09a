"""What this machine and this installation are, and what is wrong with them. Nothing heavy is imported: versions are metadata.

The engine, torch and plugins are looked for and never loaded, so that a broken one can be told of.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, entry_points, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .. import __version__
from ..compose.places import preset_folders
from ..plugins import GROUP
from ..report.finding import Finding, Refused
from ..synthetic.cache import cache_folder
from .installed import engine_missing
from .machine import GIB, LITTLE, existing

ENGINE = "stable-audio-tools"
ENGINE_PYTHON = (3, 10)
"""The version of Python that the engine's package asks for."""

PACKAGES = (ENGINE, "torch", "torchaudio", "pytorch-lightning", "flash-attn", "deepspeed", "pydantic", "hydra-core", "omegaconf")
LOGGERS = ("wandb", "comet-ml", "tensorboard")
PROGRAMS = ("git", "aws", "nvidia-smi")
VARIABLES = ("SAT_CONFIG_DIR", "SAT_CACHE", "CUDA_VISIBLE_DEVICES", "WANDB_MODE")
"""Those that change what a run does."""

PATIENCE = 10.0
"""Seconds that the driver of a GPU may take to answer."""

Facts = dict[str, Any]


@dataclass(frozen=True)
class Health:
    """What was found out."""

    facts: dict[str, Facts]
    """Subject -> name -> what it is; None for what is not there."""
    findings: tuple[Finding, ...]


def examined() -> Health:
    """The state of the machine and of everything that is installed. Writes nothing, and loads neither engine nor plugins."""
    gpus, gpu_findings = _gpus()
    folders, folder_findings = _folders()
    facts = {
        "machine": _machine(),
        "versions": {"stable-audio-config": __version__, **{name: installed_version(name) for name in PACKAGES}},
        "gpus": {str(number): gpu for number, gpu in enumerate(gpus)},
        "loggers": {name: installed_version(name) for name in LOGGERS},
        "programs": {name: shutil.which(name) for name in PROGRAMS},
        "folders": folders,
        "plugins": {entry.name: entry.value for entry in entry_points(group=GROUP)},
        "environment": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }
    findings = (*_python(), *_engine(), *gpu_findings, *_hidden_gpus(bool(gpus)), *folder_findings, *_plugins())
    return Health(facts, findings)


def installed_version(package: str) -> str | None:
    """The version of an installed package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _machine() -> Facts:
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "memory": _memory(),
        "python": platform.python_version(),
        "executable": sys.executable,
    }


def _memory() -> str | None:
    try:
        return _gib(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):  # Not every system says so.
        return None


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"


def _python() -> Iterator[Finding]:
    if sys.version_info[:2] == ENGINE_PYTHON:
        return
    wanted = ".".join(map(str, ENGINE_PYTHON))
    yield Finding(
        rule="python-version",
        message=f"Python is {platform.python_version()}, but the engine needs {wanted}",
        severity="warning" if engine_missing() is None else "note",
        help=f"to train, make an environment with it: uv venv --python {wanted}",
    )


def _engine() -> Iterator[Finding]:
    """What is missing, or not of the version that was asked for."""
    missing = engine_missing()
    if missing is not None:  # All that needs no training works without it.
        yield replace(missing, severity="warning")
        return
    for package in ("torch", "torchaudio", "pytorch_lightning"):
        if find_spec(package) is None:
            message = f"the engine is installed, but the package `{package}` is not: nothing can be trained"
            yield Finding(rule="not-installed", message=message, help="install the extra `engine` again: uv sync --extra engine")
    if find_spec("wandb") is None:
        message = "`logger` is wandb where nothing is written, but the package `wandb` is not installed"
        yield Finding(rule="not-installed", message=message, severity="warning", help="pip install wandb, or logger=csv")
    for asking, extra in (("stable-audio-config", "engine"), (ENGINE, "train")):
        yield from _other_versions(asking, extra)


def _other_versions(asking: str, extra: str) -> Iterator[Finding]:
    for package, wanted in pinned(asking, extra).items():
        found = installed_version(package)
        if found is not None and found.partition("+")[0] != wanted:
            message = f"`{package}` is {found}, but {asking} {installed_version(asking)} asks for {wanted}"
            yield Finding(rule="package-version", message=message, severity="warning", help=f"pip install {package}=={wanted}")


_PIN = re.compile(r"([\w.-]+)(?:\[[^]]*\])?\s*==\s*([^\s;,*]+)\s*(?:;(.*))?$")
"""A requirement of one version, such as `torch==2.7.1; extra == "train"`."""


def pinned(package: str, extra: str) -> dict[str, str]:
    """Package -> the one version of it that an installed package asks for, by itself or with one of its extras."""
    try:
        found = [match for text in requires(package) or () if (match := _PIN.match(text)) is not None]
    except PackageNotFoundError:  # It stands on the path without having been installed.
        return {}
    asked = [(match, re.search(r"extra == [\"'](.+?)[\"']", match[3] or "")) for match in found]
    return {match[1]: match[2] for match, only in asked if only is None or only[1] == extra}


def _gpus() -> tuple[list[str], list[Finding]]:
    """Name, memory and driver of each GPU, asked of its driver: torch would take seconds to load."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return ["Apple GPU (accelerator=mps)"], []
    program = shutil.which("nvidia-smi")
    if program is None:
        return [], []
    words = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], [_silent_driver(type(error).__name__)]
    if done.returncode != 0:
        return [], [_silent_driver((done.stderr or done.stdout).strip().partition("\n")[0] or f"exit code {done.returncode}")]
    return [line.strip() for line in done.stdout.splitlines() if line.strip()], []


def _silent_driver(why: str) -> Finding:
    message = f"`nvidia-smi` is here, but gives no answer: {why}"
    return Finding(rule="gpu", message=message, severity="warning", help="reboot, or install the driver again")


def _hidden_gpus(there: bool) -> Iterator[Finding]:
    """A GPU that torch would not see."""
    if not there:
        return
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip() in ("", "-1"):
        message = f"`CUDA_VISIBLE_DEVICES` is `{visible}`, which hides every GPU"
        yield Finding(rule="gpu", message=message, severity="warning", help="unset it")
    torch = installed_version("torch") or ""
    if torch.endswith("+cpu"):
        message = f"this machine has a GPU, but torch {torch} is built for the CPU alone"
        yield Finding(rule="gpu", message=message, severity="warning", help="install a build of torch for CUDA")


def _folders() -> tuple[Facts, list[Finding]]:
    """Where presets are looked for, and where runs and the synthetic dataset go."""
    found: list[Finding] = []
    presets: list[Path] = []
    try:
        presets = preset_folders(None, None)
    except Refused as refused:
        found += refused.findings
    facts: Facts = {f"presets {number}": str(folder) for number, folder in enumerate(presets, 1)}
    for name, folder in (("runs", Path("runs").absolute()), ("cache", cache_folder())):
        place = existing(folder)
        free = _free(place)
        facts[name] = f"{folder}, {'?' if free is None else _gib(free)} free"
        found += _room(name, place, free)
    return facts, found


def _room(name: str, place: Path, free: int | None) -> Iterator[Finding]:
    other = {"runs": "set save_dir to another folder", "cache": "set SAT_CACHE to another folder"}[name]
    what = {"runs": "runs go unless `save_dir` is set", "cache": "the synthetic dataset goes"}[name]
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        message = f"nothing can be written to `{place}`, where {what}"
        yield Finding(rule="not-writable", message=message, severity="warning", help=other)
    elif free is not None and free < LITTLE:
        message = f"only {_gib(free)} are free in `{place}`, where {what}"
        yield Finding(rule="disk-space", message=message, severity="note", help=other)


def _free(place: Path) -> int | None:
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return None


def _plugins() -> Iterator[Finding]:
    """Plugins whose module is not there; whether one that is can be imported shows when it is used."""
    for entry in entry_points(group=GROUP):
        module = entry.value.partition(":")[0].partition(".")[0]
        if find_spec(module) is None:
            message = f"the plugin `{entry.name}` is installed, but its module `{module}` is not there"
            yield Finding(rule="plugin", message=message, help=f"install the package that provides `{entry.value}` again")
