"""A script as a user writes it. pyright finds nothing wrong with it (test_pyright.py)."""

from __future__ import annotations

from pathlib import Path

from stable_audio_config import (
    ExperimentConfig,
    Finding,
    Refused,
    build_model,
    check,
    explain,
    inspect_model,
    load_experiment,
    train,
)


def longest(words: list[str]) -> ExperimentConfig:
    """An experiment whose run does not end too early."""
    experiment = load_experiment(*words)
    return experiment if experiment.max_steps > 1000 else load_experiment(*words, "max_steps=1000")


def told(findings: tuple[Finding, ...]) -> list[str]:
    """One line for each finding."""
    return [f"{finding.source}:{finding.line}: {finding.message}" for finding in findings]


def main() -> int:
    """Trains what can be trained."""
    try:
        experiment = longest(["experiment=quick_test", "batch_size=8"])
    except Refused as refused:
        print("\n".join(told(refused.findings)))
        return 1
    rate: int = experiment.model.sample_rate
    if experiment.model.model_type == "autoencoder":
        width: int = experiment.model.model.latent_dim
        print(rate / experiment.model.model.downsampling_ratio, width)
    print(told(check("mine.yaml").errors), explain("batch_size").meaning, inspect_model("mine.yaml").trained)
    build_model(experiment)
    run = train(experiment)
    checkpoint: Path = run.checkpoints()[-1]
    return 0 if checkpoint.is_file() and run.state == "finished" else 1
