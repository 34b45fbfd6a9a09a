"""Every flag of the engine's four scripts, with its default and what it is called in an experiment: one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Script = Literal["train", "pre_encode", "unwrap_model", "run_gradio"]
"""The scripts in the engine's repository. The wheel holds none of them."""

Kind = Literal["text", "whole", "number", "switch", "texts"]

COMMANDS: dict[Script, str] = {"train": "train", "pre_encode": "pre-encode", "unwrap_model": "unwrap", "run_gradio": "generate"}
"""Script -> the command that does its work here."""


@dataclass(frozen=True)
class Flag:
    """One option: `--batch-size`, or the key `batch_size` of an INI file."""

    key: str
    """The flag's name with `_` for `-`."""
    kind: Kind
    """How argparse reads its value; prefigure goes by the value in the INI file instead."""
    default: Any = None
    """What the script gets where nothing is written."""
    becomes: str | None = None
    """The key here; None where there is none, or nothing read the old one."""
    why: str = ""
    """What to say where there is no key."""
    required: bool = False
    """Whether argparse asks for it."""

    @property
    def option(self) -> str:
        """The flag as it is typed."""
        return f"--{self.key.replace('_', '-')}"


DEAD = "nothing reads it"

TRAIN = (
    Flag("name", "text", None, "name"),
    Flag("project", "text", None, None, f"{DEAD}: the logger's project was `name`"),
    Flag("batch_size", "whole", 4, "batch_size"),
    Flag("recover", "text", "false", None, f"{DEAD}: no run ever went on by itself"),
    Flag("save_top_k", "whole", -1, None, f"{DEAD}: every checkpoint was kept"),
    Flag("num_nodes", "whole", 1, "num_nodes"),
    Flag("strategy", "text", "auto", "strategy"),
    Flag("precision", "text", "16-mixed", "precision"),
    Flag("num_workers", "whole", 6, "num_workers"),
    Flag("seed", "whole", 42, "seed"),
    Flag("accum_batches", "whole", 1, "accum_batches"),
    Flag("checkpoint_every", "whole", 10000, "checkpoint_every"),
    Flag("val_every", "whole", -1, "val_every"),
    Flag("ckpt_path", "text", "", "ckpt_path"),
    Flag("pretrained_ckpt_path", "text", "", "pretrained_ckpt_path"),
    Flag("pretransform_ckpt_path", "text", "", "pretransform_ckpt_path"),
    Flag("model_config", "text", "", "model"),
    Flag("dataset_config", "text", "", "dataset"),
    Flag("val_dataset_config", "text", "", "val_dataset"),
    Flag("save_dir", "text", "", "save_dir"),
    Flag("gradient_clip_val", "number", 0.0, "gradient_clip_val"),
    Flag("remove_pretransform_weight_norm", "text", "", "remove_pretransform_weight_norm"),
    Flag("logger", "text", "wandb", "logger"),
)
"""The engine's `defaults.ini`, key by key, and `--name`. prefigure makes a flag of every key of the INI file that it is given."""

OLDER_TRAIN = (Flag("num_gpus", "whole", 1, "devices"),)
"""Keys of earlier INI files. The README of 0.0.19 still describes this one, though its own INI file makes argparse refuse it."""

PREFIGURE = (
    Flag("config_file", "text", "defaults.ini"),
    Flag("wandb_config", "text", None, None, "settings are not fetched from a logger's server here"),
)
"""What prefigure adds by itself."""

PRE_ENCODE = (
    Flag("model_config", "text", None, "model"),
    Flag("ckpt_path", "text", None, "ckpt_path"),
    Flag("model_half", "switch", False, "model_half"),
    Flag("dataset_config", "text", None, "dataset", required=True),
    Flag("output_path", "text", None, "output_path", required=True),
    Flag("batch_size", "whole", 1, "batch_size"),
    Flag("sample_size", "whole", 1320960, "sample_size"),
    Flag("is_discrete", "switch", False, "is_discrete"),
    Flag("num_nodes", "whole", 1, "num_nodes"),
    Flag("num_workers", "whole", 4, "num_workers"),
    Flag("strategy", "text", "auto", "strategy"),
    Flag("limit_batches", "whole", None, None, f"{DEAD}: everything was encoded"),
    Flag("shuffle", "switch", False, "shuffle"),
)

OLDER_PRE_ENCODE = (Flag("num_gpus", "whole", 1, "devices"),)

UNWRAP = (
    Flag("model_config", "text", None, "model"),
    Flag("ckpt_path", "text", None, "ckpt_path"),
    Flag("name", "text", "exported_model", "name"),
    Flag("use_safetensors", "switch", False, "safetensors"),
)

NO_WEB = "there is no web page for generating here"

GRADIO = (
    Flag("pretrained_name", "text", None, None, "download the model first; `ckpt_path` and `model` name files"),
    Flag("model_config", "text", None, "model"),
    Flag("ckpt_path", "text", None, "ckpt_path"),
    Flag("pretransform_ckpt_path", "text", None, "pretransform_ckpt_path"),
    Flag("lora_ckpt_path", "texts", None, None, "LoRA weights are not loaded for generating here"),
    Flag("share", "switch", False, None, NO_WEB),
    Flag("username", "text", None, None, NO_WEB),
    Flag("password", "text", None, None, NO_WEB),
    Flag("model_half", "switch", True, "model_half"),
    Flag("title", "text", None, None, NO_WEB),
)

FLAGS: dict[Script, tuple[Flag, ...]] = {"train": TRAIN, "pre_encode": PRE_ENCODE, "unwrap_model": UNWRAP, "run_gradio": GRADIO}
"""What each script of 0.0.19 takes."""

OLDER: dict[Script, tuple[Flag, ...]] = {"train": OLDER_TRAIN, "pre_encode": OLDER_PRE_ENCODE}
"""What earlier ones took."""


def flag_of(script: Script, key: str) -> Flag | None:
    """The flag of a key of some version; None for one that a fork added."""
    known = (*FLAGS[script], *OLDER.get(script, ()), *(PREFIGURE if script == "train" else ()))
    return next((flag for flag in known if flag.key == key), None)
