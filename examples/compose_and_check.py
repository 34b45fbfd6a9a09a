"""Compose and check an experiment from Python. Runs without torch: python examples/compose_and_check.py"""

from stable_audio_config import Refused, load_experiment

experiment = load_experiment("experiment=quick_test", "batch_size=8", "training.learning_rate=3e-4")
seconds = experiment.model.sample_size / experiment.model.sample_rate
print(f"{experiment.name}: {experiment.model.model_type}, {seconds:.2f} s per example, {experiment.batch_size} at a time")

try:
    load_experiment("experiment=quick_test", "batchsize=8", "model.model.bottleneck.type=vea")
except Refused as refused:
    for finding in refused.findings:
        print(f"{finding.rule}: {finding.message} ({finding.help})")
