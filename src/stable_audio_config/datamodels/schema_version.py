"""The version of our own format, apart from the data models so that a checkpoint can be shown without them."""

from __future__ import annotations

SCHEMA_VERSION = 1
"""Version of the shape of `ExperimentConfig`; it stands in every saved experiment. docs/08-versions.md says when it rises."""
