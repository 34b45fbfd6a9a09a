"""The rules, by subject. One function is one rule; `rule.py` says how to write one."""

from . import broken, demo, run, training

__all__ = ["broken", "demo", "run", "training"]
