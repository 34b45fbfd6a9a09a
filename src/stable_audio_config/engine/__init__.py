"""The engine's door: the only room that imports torch, Lightning or stable_audio_tools.

What belongs here: turning a typed experiment into running objects through the engine's own factories, and the shims that keep the
engine's defects from ending a run (`compat`). Every module is imported only by the command that runs it. What does not belong here:
any decision about whether a configuration is right (`validation`).
"""

import warnings

warnings.filterwarnings(
    "ignore", message="pkg_resources is deprecated"
)  # Said by an import of the engine's; no user can act on it.
