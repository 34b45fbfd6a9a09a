"""Hydra behind one door: presets, an experiment and overrides become one plain tree.

What belongs here: finding presets, reading files that stand where a preset may, overrides, sweeps. No other room touches Hydra
or OmegaConf. What does not: judging the tree (that is `datamodels` and `validation`).
"""
