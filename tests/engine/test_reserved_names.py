"""The ids that torch refuses are those that we say it refuses."""

from __future__ import annotations

import pytest

from stable_audio_config.validation.rules.conditioning import RESERVED

pytestmark = pytest.mark.engine


def test_a_module_dictionary_has_these_names_of_its_own() -> None:
    from torch.nn import ModuleDict

    assert {name for name in dir(ModuleDict()) if not name.startswith("_")} == RESERVED
