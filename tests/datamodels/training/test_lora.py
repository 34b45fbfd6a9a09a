"""Low-rank adapters as data."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.training.lora import AdapterType, ArcLoRAConfig, LoRAConfig


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"rank": 16, "alpha": 32, "adapter_type": "dora-rows-xs", "include": ["layers.[0-3]."], "exclude": ["to_out"]},
        {"include": None, "exclude": None},
    ],
)
def test_adapters_come_back_as_they_were_written(written: dict[str, Any]) -> None:
    assert plain(LoRAConfig.model_validate(written)) == written
    assert plain(ArcLoRAConfig.model_validate({**written, "dropout": 0.1})) == {**written, "dropout": 0.1}


@pytest.mark.parametrize("adapter", get_args(AdapterType))
def test_every_adapter_type_is_known(adapter: str) -> None:
    assert LoRAConfig.model_validate({"adapter_type": adapter}).adapter_type == adapter


@pytest.mark.parametrize(
    ("written", "key", "kind"),
    [
        ({"r": 8}, "r", "extra_forbidden"),
        ({"dropout": 0.1}, "dropout", "extra_forbidden"),
        ({"rank": 0}, "rank", "greater_than"),
        ({"rank": True}, "rank", "int_type"),
        ({"alpha": "8"}, "alpha", "float_type"),
        ({"alpha": None}, "alpha", "float_type"),
        ({"adapter_type": "dora_rows"}, "adapter_type", "literal_error"),
        ({"include": "to_qkv"}, "include", "tuple_type"),
    ],
)
def test_a_wrong_adapter_key_is_found_where_it_stands(written: dict[str, Any], key: str, kind: str) -> None:
    with pytest.raises(ValidationError) as raised:
        LoRAConfig.model_validate(written)
    assert [(error["loc"], error["type"]) for error in raised.value.errors()] == [((key,), kind)]


@pytest.mark.parametrize("model", [LoRAConfig, ArcLoRAConfig])
def test_every_adapter_field_has_its_string(model: type[LoRAConfig]) -> None:
    assert {name for name in model.model_fields if not field_docs(model).get(name)} == set()
