"""The activations of torch 2.7 that take a signal and give one of the same shape, as data: core code imports no torch."""

from __future__ import annotations

ANYTHING = "..."
"""Stands for any keyword."""

ACTIVATIONS: dict[str, tuple[str, ...]] = {
    "CELU": ("alpha", "inplace"),
    "ELU": ("alpha", "inplace"),
    "GELU": ("approximate",),
    "Hardshrink": ("lambd",),
    "Hardsigmoid": ("inplace",),
    "Hardswish": ("inplace",),
    "Hardtanh": ("min_val", "max_val", "inplace", "min_value", "max_value"),
    "Identity": (ANYTHING,),
    "LeakyReLU": ("negative_slope", "inplace"),
    "LogSigmoid": (),
    "LogSoftmax": ("dim",),
    "Mish": ("inplace",),
    "PReLU": ("num_parameters", "init", "device", "dtype"),
    "RReLU": ("lower", "upper", "inplace"),
    "ReLU": ("inplace",),
    "ReLU6": ("inplace",),
    "SELU": ("inplace",),
    "SiLU": ("inplace",),
    "Sigmoid": (),
    "Softmax": ("dim",),
    "Softmax2d": (),
    "Softmin": ("dim",),
    "Softplus": ("beta", "threshold"),
    "Softshrink": ("lambd",),
    "Softsign": (),
    "Tanh": (),
    "Tanhshrink": (),
    "Threshold": ("threshold", "value", "inplace"),
}
"""Class of `torch.nn` -> its keywords."""
