"""One typed, composed, checked experiment file for training generative audio models."""

__version__ = "0.1.0"
