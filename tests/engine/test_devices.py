"""On what a run computes: several processes, ranks and seeds, GPUs that are not there, DeepSpeed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stable_audio_config.report.finding import Refused

pytestmark = pytest.mark.engine

TELLS_ITS_SEED = """\
def get_custom_metadata(info, audio):
    import os
    from pathlib import Path

    import torch

    folder = Path({folder!r})
    rank = os.environ.get("LOCAL_RANK", "0")
    (folder / f"seed_of_rank_{{rank}}").write_text(str(torch.initial_seed()))
    with (folder / f"files_of_rank_{{rank}}").open("a") as file:
        file.write(info["relpath"] + "\\n")
    return {{}}
"""

ENCODEC = {
    "type": "encodec",
    "config": {"filters": 2, "n_ffts": [256], "hop_lengths": [64], "win_lengths": [256]},
    "weights": {"adversarial": 0.1, "feature_matching": 1.0},
}


def test_two_processes_make_one_run(trees: Any, written: Any, tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.mkdir()
    (tmp_path / "metadata.py").write_text(TELLS_ITS_SEED.format(folder=str(told)), encoding="utf-8")
    tree = trees.autoencoder(
        devices=2,
        strategy="ddp_find_unused_parameters_true",
        max_steps=4,
        checkpoint_every=2,
        training__loss_configs__discriminator=ENCODEC,
        training__demo={"demo_every": 2},
    )
    tree["dataset"]["datasets"][0]["custom_metadata_module"] = str(tmp_path / "metadata.py")
    command = [sys.executable, "-m", "stable_audio_config", "train", written(tree)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    # `communicate` returns when the last process that holds the pipes has ended; a session of its own lets all be ended at once.
    process = subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, err = process.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        raise
    assert process.returncode == 0, err
    assert "Traceback" not in out + err
    assert "error[" not in err

    (folder,) = Path(tree["save_dir"], "ae").iterdir()
    assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == ["step=00000002.ckpt", "step=00000004.ckpt"]
    steps = [line.split(",")[0] for line in (folder / "metrics.csv").read_text().splitlines()[1:]]
    assert steps == ["1", "2", "3", "4"]
    assert json.loads((folder / "summary.json").read_text())["state"] == "finished"
    assert "recon_00000002.wav" in [path.name for path in (folder / "demos").iterdir()]
    assert out.count("run folder: ") == 1
    assert out.count("finished after 4 steps") == 1

    assert [(told / f"seed_of_rank_{rank}").read_text() for rank in (0, 1)] == ["42", "43"]
    # Eight files, two to a batch: two steps are an epoch, in which this process sees half of the files, each once.
    files = (told / "files_of_rank_1").read_text().split()
    assert len(files) == 8
    assert len(set(files[:4])) == len(set(files[4:])) == 4


RANKS = [
    ({}, 0),
    ({"SLURM_PROCID": "3"}, 3),
    ({"LOCAL_RANK": "1"}, 1),
    # An interactive Slurm shell has one SLURM_PROCID for every process that Lightning starts in it.
    ({"SLURM_PROCID": "0", "LOCAL_RANK": "1"}, 1),
    # torchrun under srun: Slurm counts the machines only.
    ({"SLURM_PROCID": "1", "RANK": "9", "LOCAL_RANK": "1"}, 9),
    # Lightning's own launcher on the second of two machines, where the first process has no LOCAL_RANK.
    ({"NODE_RANK": "1"}, 1000),
    ({"NODE_RANK": "1", "LOCAL_RANK": "1"}, 1001),
    ({"NODE_RANK": "0", "LOCAL_RANK": "1"}, 1),
]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets exactly these of the variables that launchers set."""

    def put(variables: dict[str, str]) -> None:
        for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


@pytest.mark.parametrize(("variables", "expected"), RANKS, ids=str)
def test_every_process_knows_its_place(variables: dict[str, str], expected: int, environment: Any) -> None:
    from stable_audio_config.engine.run_folder import rank

    environment(variables)
    assert rank() == expected


@pytest.mark.parametrize(("variables", "expected"), [({}, 42), ({"SLURM_PROCID": "3"}, 45), ({"LOCAL_RANK": "1"}, 43)], ids=str)
def test_every_process_has_a_seed_of_its_own(
    variables: dict[str, str], expected: int, environment: Any, trees: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pytorch_lightning

    from stable_audio_config.datamodels.experiment import ExperimentConfig
    from stable_audio_config.engine.run_folder import RunFolder
    from stable_audio_config.engine.train import train

    class EnoughError(Exception):
        pass

    def seeded(seed: int, **_: Any) -> None:
        raise EnoughError(seed)

    environment(variables)
    monkeypatch.setattr(pytorch_lightning, "seed_everything", seeded)
    with pytest.raises(EnoughError, match=f"^{expected}$"):
        train(ExperimentConfig.model_validate(trees.autoencoder()), RunFolder(tmp_path))


def test_a_later_process_writes_where_the_first_one_said(trees: Any, environment: Any, monkeypatch: Any, tmp_path: Path) -> None:
    from stable_audio_config.datamodels.experiment import ExperimentConfig
    from stable_audio_config.engine.run_folder import FOLDER_VARIABLE, new_folder

    experiment = ExperimentConfig.model_validate(trees.autoencoder())
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "said"))
    environment({"LOCAL_RANK": "1"})
    assert new_folder(experiment).path == tmp_path / "said"
    environment({})
    assert new_folder(experiment).path.parent == Path(experiment.save_dir, "ae"), "a new run is a new run"


@pytest.fixture
def nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    from stable_audio_config.engine import train

    def must_not(*_: Any) -> None:
        raise AssertionError("something was built")

    monkeypatch.setattr(train, "_loaders", must_not)
    monkeypatch.setattr(train, "build_model", must_not)


@pytest.mark.usefixtures("nothing_is_built")
@pytest.mark.parametrize("accelerator", ["gpu", "cuda"])
def test_a_gpu_that_is_not_there_is_refused(trees: Any, written: Any, sat: Any, monkeypatch: Any, accelerator: str) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    done = sat("train", written(trees.autoencoder(accelerator=accelerator)))
    assert done.code == 1
    assert f"error[device]: `accelerator` is {accelerator}, but there is no GPU here" in done.err
    assert "Traceback" not in done.out + done.err


@pytest.mark.usefixtures("nothing_is_built")
def test_more_gpus_than_there_are_is_refused(trees: Any, train_here: Any, monkeypatch: Any) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(Refused, match="`devices` is 4, but there are 2 GPUs here"):
        train_here(trees.autoencoder(accelerator="gpu", devices=4))


@pytest.fixture
def trainer_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """What Lightning's trainer would be built with."""

    def ask(tree: dict[str, Any]) -> dict[str, Any]:
        import pytorch_lightning

        from stable_audio_config.datamodels.experiment import ExperimentConfig
        from stable_audio_config.engine import train
        from stable_audio_config.engine.run_folder import RunFolder

        monkeypatch.setattr(pytorch_lightning, "Trainer", lambda **options: options)
        return train._trainer(ExperimentConfig.model_validate(tree), RunFolder(tmp_path), [])

    return ask


def test_deepspeed_is_set_up_as_in_the_engines_script(trees: Any, trainer_options: Any, monkeypatch: Any) -> None:
    from stable_audio_config.engine import train

    monkeypatch.setattr(train, "DeepSpeedStrategy", lambda **options: SimpleNamespace(**options))  # The package is not installed.
    options = trainer_options(trees.diffusion(strategy="deepspeed", num_nodes=2))
    assert vars(options["strategy"]) == {
        "stage": 2,
        "contiguous_gradients": True,
        "overlap_comm": True,
        "reduce_scatter": True,
        "reduce_bucket_size": 5e8,
        "allgather_bucket_size": 5e8,
        "load_full_weights": True,
    }
    assert options["plugins"] == [], "DeepSpeed writes folders of its own"
    assert options["num_nodes"] == 2


def test_other_strategies_are_lightnings(trees: Any, trainer_options: Any) -> None:
    options = trainer_options(trees.diffusion(strategy="ddp", devices=[0, 1]))
    assert (options["strategy"], options["devices"]) == ("ddp", [0, 1])
    assert len(options["plugins"]) == 1
    assert trainer_options(trees.diffusion(devices=-1))["devices"] == "auto"
    assert trainer_options(trees.diffusion(devices=1))["devices"] == 1


def test_half_precision_on_a_cpu_is_single_precision(trees: Any, trainer_options: Any, capsys: Any) -> None:
    assert trainer_options(trees.diffusion(precision="16-mixed"))["precision"] == "32-true"
    assert "precision 16-mixed needs a GPU" in capsys.readouterr().out
    assert trainer_options(trees.diffusion(precision="bf16-mixed"))["precision"] == "bf16-mixed"
