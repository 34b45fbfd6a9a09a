"""Training as one would script it by hand on the engine: two JSON files in, the engine's factories, Lightning, fit.

It does what the engine's own training script does and no more. On a machine without CUDA the one function of the engine that
names `cuda` is replaced, since no training of an autoencoder would get past its first step otherwise.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger
from stable_audio_tools.data.dataset import create_dataloader_from_config
from stable_audio_tools.models import create_model_from_config
from stable_audio_tools.training import autoencoders, create_demo_callback_from_config, create_training_wrapper_from_config


def main() -> None:
    """Trains for `--max-steps` steps."""
    options = arguments()
    torch.multiprocessing.set_sharing_strategy("file_system")
    pl.seed_everything(options.seed, workers=True)
    if not torch.cuda.is_available():
        autoencoders.calc_update_to_weight_ratio = lambda *_, **__: 0.0
    model_config = json.loads(options.model_config.read_text(encoding="utf-8"))
    loader = create_dataloader_from_config(
        json.loads(options.dataset_config.read_text(encoding="utf-8")),
        batch_size=options.batch_size,
        num_workers=options.num_workers,
        sample_rate=model_config["sample_rate"],
        sample_size=model_config["sample_size"],
        audio_channels=model_config["audio_channels"],
    )
    model = create_model_from_config(model_config)
    wrapper = create_training_wrapper_from_config(model_config, model)
    takes_data = {"demo_dl": loader} if model_config["model_type"] == "autoencoder" else {}
    demo = create_demo_callback_from_config(model_config, **takes_data)
    trainer = pl.Trainer(
        accelerator="auto",
        devices="auto",
        precision=options.precision,
        max_steps=options.max_steps,
        max_epochs=10_000_000,
        callbacks=[ModelCheckpoint(every_n_train_steps=options.checkpoint_every, save_top_k=-1), demo],
        logger=CSVLogger(options.save_dir),
        log_every_n_steps=1,
        default_root_dir=str(options.save_dir),
        num_sanity_val_steps=0,
    )
    trainer.fit(wrapper, loader)


def arguments() -> argparse.Namespace:
    """The command line, with the names that the engine's script gives its options."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-config", type=Path, required=True)
    parser.add_argument("--dataset-config", type=Path, required=True)
    parser.add_argument("--save-dir", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--num-workers", type=int, default=6)
    parser.add_argument("--precision", default="32-true")
    parser.add_argument("--max-steps", type=int, default=-1)
    parser.add_argument("--checkpoint-every", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


if __name__ == "__main__":
    main()
