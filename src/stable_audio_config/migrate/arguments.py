"""What the engine's script hands to the engine and to Lightning beside the dictionaries, and what `sat train` hands to them.

Both sides under the same names, so that they can be compared one by one. The left side is read from the engine's `train.py` and
`pre_encode.py` of 0.0.19, the right side from our `engine/train.py` and `engine/pre_encode.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .command_line import OldCommand

Tree = dict[str, Any]

LOGGERS = ("wandb", "comet")

ON_PURPOSE = {
    "train": (
        'Trainer(accelerator): the script says "gpu"; `accelerator` is auto here, and takes a GPU where there is one',
        "where runs are kept: `save_dir`/`name`/<when> here, whatever the logger",
    ),
    "pre_encode": ('Trainer(accelerator): the script says "gpu"; `accelerator` is auto here, and takes a GPU where there is one',),
}
"""Script -> what differs, and is meant to."""


def old_arguments(command: OldCommand, model: Tree | None) -> Tree:
    """Call and argument -> value, as the engine's script fills them in."""
    if command.script == "pre_encode":
        return _old_pre_encode(command)

    def value(key: str) -> Any:
        found = command.value(key)
        return str(found) if isinstance(found, Path) else found

    validates = isinstance(value("val_every"), int) and value("val_every") > 0
    named = {"logger(project)": value("name")} if value("name") else {}
    named |= {"Trainer(default_root_dir)": value("save_dir")} if value("save_dir") else {}
    return {
        **named,
        "seed_everything(seed)": value("seed"),
        **_loader(value, model),
        "copy_state_dict(pretrained_ckpt_path)": value("pretrained_ckpt_path") or None,
        "pretransform.load_state_dict(pretransform_ckpt_path)": value("pretransform_ckpt_path") or None,
        "remove_weight_norm_from_model": _weight_norm(value("remove_pretransform_weight_norm")),
        "logger": value("logger") if value("logger") in LOGGERS else None,
        "ModelCheckpoint(every_n_train_steps)": value("checkpoint_every"),
        "ModelCheckpoint(save_top_k)": -1,
        "Trainer(num_nodes)": value("num_nodes"),
        "Trainer(strategy)": _strategy(command),
        "Trainer(precision)": str(value("precision")),
        "Trainer(accumulate_grad_batches)": value("accum_batches"),
        "Trainer(gradient_clip_val)": value("gradient_clip_val") or None,
        "Trainer(val_check_interval)": value("val_every") if validates else None,
        "Trainer(log_every_n_steps)": 1,
        "Trainer(max_steps)": -1,
        "Trainer.fit(ckpt_path)": value("ckpt_path") or None,
    }


def new_arguments(script: str, tree: Tree, model: Tree | None) -> Tree:
    """The same from a composed experiment."""
    value = tree.get
    if script == "pre_encode":
        return _new_pre_encode(tree)
    validates = isinstance(value("val_every"), int) and tree["val_every"] > 0
    return {
        "logger(project)": value("project") or value("name"),
        "Trainer(default_root_dir)": value("save_dir"),
        "seed_everything(seed)": value("seed"),
        **_loader(value, model),
        "copy_state_dict(pretrained_ckpt_path)": value("pretrained_ckpt_path"),
        "pretransform.load_state_dict(pretransform_ckpt_path)": value("pretransform_ckpt_path"),
        "remove_weight_norm_from_model": value("remove_pretransform_weight_norm"),
        "logger": value("logger") if value("logger") != "none" else None,
        "ModelCheckpoint(every_n_train_steps)": value("checkpoint_every"),
        "ModelCheckpoint(save_top_k)": value("save_top_k"),
        "Trainer(num_nodes)": value("num_nodes"),
        "Trainer(strategy)": value("strategy"),
        "Trainer(precision)": str(value("precision")),
        "Trainer(accumulate_grad_batches)": value("accum_batches"),
        "Trainer(gradient_clip_val)": value("gradient_clip_val") or None,
        "Trainer(val_check_interval)": value("val_every") if validates else None,
        "Trainer(log_every_n_steps)": value("log_every"),
        "Trainer(max_steps)": value("max_steps"),
        "Trainer.fit(ckpt_path)": value("ckpt_path"),
    }


def _loader(value: Any, model: Tree | None) -> Tree:
    """`create_dataloader_from_config`; what it takes from the model only where that is known."""
    call = "create_dataloader_from_config"
    found = {f"{call}(batch_size)": value("batch_size"), f"{call}(num_workers)": value("num_workers")}
    if model is not None:
        found |= {f"{call}({key})": model.get(key) for key in ("sample_rate", "sample_size")}
        found[f"{call}(audio_channels)"] = model.get("audio_channels", 2)
    return found


def _strategy(command: OldCommand) -> Any:
    """An empty one went by the number of GPUs; where no INI file had that, the script failed, and nothing is to be kept."""
    gpus = command.value("num_gpus")
    several = isinstance(gpus, int) and gpus > 1
    return command.value("strategy") or ("ddp_find_unused_parameters_true" if several else "auto")


def _weight_norm(value: Any) -> str | None:
    return value if value in ("pre_load", "post_load") else None


_PRE_ENCODE = ("batch_size", "num_workers", "sample_size", "shuffle", "is_discrete", "model_half", "strategy", "num_nodes")


def _old_pre_encode(command: OldCommand) -> Tree:
    found = {key: command.value(key) for key in (*_PRE_ENCODE, "ckpt_path", "output_path")}
    return {**found, "limit_batches": None}


def _new_pre_encode(tree: Tree) -> Tree:
    defaults = {"batch_size": 1, "num_workers": 4, "sample_size": 1320960, "strategy": "auto", "num_nodes": 1}
    found = {key: tree.get(key, defaults.get(key, False)) for key in _PRE_ENCODE}
    return {**found, **{key: tree.get(key) for key in ("ckpt_path", "output_path", "limit_batches")}}
