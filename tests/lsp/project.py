"""A user's project: a model preset, and the experiment that trains it."""

from __future__ import annotations

MODEL = """\
# Two numbers and a kind become tones.
model_type: diffusion_cond
sample_rate: 44100
sample_size: 32768
audio_channels: 2
model:
  conditioning:
    cond_dim: 128
    configs:
      - id: kind
        type: int
        config: {min_val: 0, max_val: 4}
      - id: seconds_total
        type: number
        config: {min_val: 0, max_val: 8}
  diffusion:
    type: dit
    cross_attention_cond_ids: [kind, seconds_total]
    global_cond_ids: [seconds_total]
    config:
      io_channels: 2
      embed_dim: 128
      depth: 4
      num_heads: 4
      cond_token_dim: 128
      global_cond_dim: 128
  io_channels: 2
"""

EXPERIMENT = """\
# @package _global_
defaults:
  - override /model: mine
  - override /dataset: synthetic
name: mine
save_dir: runs/${name}
batch_size: 2
max_steps: 20
precision: 32-true
logger: csv
model:
  sample_size: 65536
training:
  use_ema: false
  demo:
    num_demos: 1
    demo_cfg_scales: [2]
    demo_cond_from_batch: false
    demo_cond:
      - {kind: 1, seconds_total: 1}
"""
