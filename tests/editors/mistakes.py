"""Files as people write them, one of each kind, all right; and twenty mistakes, each in one line of one of them.

Every program that looks at files while they are written must show each mistake on its line, and nothing in the files themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

FILES = {
    "conf/experiment/mine.yaml": """\
# @package _global_
defaults:
  - override /model: tiny_autoencoder
  - override /dataset: synthetic

_note: the second try
name: mine
batch_size: 2
max_steps: 50
precision: 32-true
accelerator: cpu
num_workers: 0
logger: csv
save_dir: ${oc.env:RUNS,runs}

training:
  learning_rate: 1.0e-3
  use_ema: true
  loss_configs:
    spectral:
      type: mrstft
      config:
        perceptual_weighting: false
  demo:
    demo_every: 25
""",
    "conf/model/mine.yaml": """\
_note: tiny_autoencoder, with another bottleneck
model_type: autoencoder
sample_rate: 44100
sample_size: 32768
audio_channels: 2
model:
  encoder:
    type: oobleck
    config:
      in_channels: 2
      channels: 16
      c_mults: [1, 2, 4, 8]
      strides: [2, 4, 4, 8]
      latent_dim: 16
  decoder:
    type: oobleck
    config:
      out_channels: 2
      channels: 16
      c_mults: [1, 2, 4, 8]
      strides: [2, 4, 4, 8]
      latent_dim: 16
      final_tanh: false
  bottleneck:
    type: tanh
  latent_dim: 16
  downsampling_ratio: 256
  io_channels: 2
""",
    "conf/training/mine.yaml": """\
learning_rate: 1.0e-4
warmup_steps: 0
use_ema: true
optimizer_configs:
  autoencoder:
    optimizer:
      type: AdamW
      config:
        lr: 1.0e-4
        betas: [0.8, 0.99]
    scheduler:
      type: InverseLR
      config:
        inv_gamma: 200000
        power: 0.5
        warmup: 0.999
loss_configs:
  spectral:
    type: mrstft
    config:
      fft_sizes: [1024, 256]
      hop_sizes: [256, 64]
      win_lengths: [1024, 256]
    weights:
      mrstft: 1.0
demo:
  demo_every: 100
""",
    "conf/dataset/mine.yaml": """\
dataset_type: audio_dir
datasets:
  - id: music
    path: .
random_crop: true
drop_last: false
""",
    "conf/pre_encode/mine.yaml": """\
# @package _global_
defaults:
  - default
  - override /dataset: synthetic

ckpt_path: ???
output_path: latents
batch_size: 4
sample_size: 32768
num_workers: 0
""",
    "conf/inference/mine.yaml": """\
# @package _global_
defaults:
  - default

ckpt_path: ???
steps: 50
cfg_scale: 2.0
conditions:
  - {kind: 0, seconds_start: 0, seconds_total: 0.74}
""",
    "model_config.json": """\
{
    "model_type": "diffusion_uncond",
    "sample_rate": 44100,
    "sample_size": 65536,
    "audio_channels": 2,
    "model": {
        "type": "dit",
        "config": {
            "in_channels": 2,
            "embed_dim": 128,
            "depth": 4,
            "num_heads": 4
        }
    },
    "training": {
        "learning_rate": 1e-4,
        "demo": {
            "demo_every": 1000
        }
    }
}
""",
    "dataset_config.json": """\
{
    "dataset_type": "audio_dir",
    "datasets": [
        {
            "id": "music",
            "path": "."
        }
    ],
    "random_crop": true
}
""",
}
"""Path in a user's folder -> text."""

KINDS = {
    "conf/experiment/mine.yaml": "experiment",
    "conf/model/mine.yaml": "model",
    "conf/training/mine.yaml": "training",
    "conf/dataset/mine.yaml": "dataset",
    "conf/pre_encode/mine.yaml": "pre_encode",
    "conf/inference/mine.yaml": "inference",
    "model_config.json": "engine_model",
    "dataset_config.json": "engine_dataset",
}
"""Path -> the name of its schema."""


@dataclass(frozen=True)
class Mistake:
    """One line of a file, written wrongly."""

    name: str
    file: str
    right: str
    """What stands in the file, once."""
    wrong: str

    @property
    def text(self) -> str:
        """The file with the mistake in it."""
        assert FILES[self.file].count(self.right) == 1, self
        return FILES[self.file].replace(self.right, self.wrong)

    @property
    def line(self) -> int:
        """Where it stands, from 1."""
        return FILES[self.file].partition(self.right)[0].count("\n") + 1


_EXPERIMENT, _MODEL, _TRAINING = "conf/experiment/mine.yaml", "conf/model/mine.yaml", "conf/training/mine.yaml"
_DATASET, _PRE_ENCODE, _INFERENCE = "conf/dataset/mine.yaml", "conf/pre_encode/mine.yaml", "conf/inference/mine.yaml"

MISTAKES = [
    Mistake("a run option's name with a letter too few", _EXPERIMENT, "batch_size: 2", "batch_siz: 2"),
    Mistake("a number below its least", _EXPERIMENT, "batch_size: 2", "batch_size: 0"),
    Mistake("a text in the place of a number", _EXPERIMENT, "max_steps: 50", "max_steps: many"),
    Mistake("a choice that there is not", _EXPERIMENT, "precision: 32-true", "precision: 61-mixed"),
    Mistake("a key that no training section has", _EXPERIMENT, "use_ema: true", "use_emma: true"),
    Mistake("a key deep inside a changed section", _EXPERIMENT, "perceptual_weighting: false", "perceptual_weight: false"),
    Mistake("an entry of the defaults list that names nothing", _EXPERIMENT, "- override /dataset: synthetic", "- 5"),
    Mistake(
        "a type of encoder that there is not", _MODEL, "type: oobleck\n    config:\n      in", "type: ooblek\n    config:\n      in"
    ),
    Mistake("a key of another encoder", _MODEL, "in_channels: 2", "input_channels: 2"),
    Mistake(
        "a list in which one item is a text",
        _MODEL,
        "strides: [2, 4, 4, 8]\n      latent_dim: 16\n  d",
        "strides: [2, 4, four, 8]\n      latent_dim: 16\n  d",
    ),
    Mistake("a fraction in the place of a whole number", _MODEL, "sample_size: 32768", "sample_size: 0.74"),
    Mistake("a type of bottleneck with a letter too many", _MODEL, "type: tanh", "type: tanhh"),
    Mistake("a learning rate in quotes", _TRAINING, "learning_rate: 1.0e-4", 'learning_rate: "1.0e-4"'),
    Mistake("a pair with three numbers", _TRAINING, "betas: [0.8, 0.99]", "betas: [0.8, 0.9, 0.99]"),
    Mistake("a key of an optimizer that it does not have", _TRAINING, "lr: 1.0e-4", "learn_rate: 1.0e-4"),
    Mistake("a word in the place of true or false", _DATASET, "random_crop: true", "random_crop: maybe"),
    Mistake("a key of pre-encoding with two letters swapped", _PRE_ENCODE, "sample_size: 32768", "smaple_size: 32768"),
    Mistake("a word in the place of a count", _INFERENCE, "steps: 50", "steps: none"),
    Mistake("a key of the engine's model file in the wrong spelling", "model_config.json", '"audio_channels"', '"audio_channel"'),
    Mistake("a folder that is a number", "dataset_config.json", '"path": "."', '"path": 5'),
]
"""Twenty of them."""
