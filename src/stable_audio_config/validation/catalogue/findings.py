"""What there is to say about names that no function in `rules` tells it of: one text each, because a table is best read whole.

Findings made while files are read and composed, while keys are compared with the data models, and while a command runs have
no rule function whose docstring could be their page. A name that has both stands here too where it has several meanings.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...report.finding import Severity


@dataclass(frozen=True)
class Text:
    """The page of one name."""

    subject: str
    """A title in `SUBJECTS`."""
    says: str
    """What holds where there is no such finding."""
    why: str = ""
    severities: tuple[Severity, ...] = ("error",)
    """Empty where the rules of that name say it."""


READING = "Reading and composing"
KEYS = "Keys and values"
DATA = "Data"
RUN = "The run and its machine"
MIGRATION = "Migrating"
RESULTS = "Unwrapping, pre-encoding and generating"
PYTHON = "Building from Python"

_READING = {
    "syntax": Text(
        READING,
        "A file is valid YAML or JSON.",
        "Nothing can be said about the keys of one that is not. JSON knows no comments, and no comma before a closing bracket.",
    ),
    "duplicate-key": Text(
        READING,
        "A key stands once in its group.",
        "YAML and JSON parsers keep the last one without a word, so that the first is a setting that nobody gets.",
    ),
    "unreadable-file": Text(
        READING,
        "A file can be opened, is UTF-8 text, and is of a size and kind that a config can have.",
        "Not so: binary files, files of more than 100 MB, trees that aliases blow up, folders without permission, and sounds that "
        "torchaudio cannot read when training starts.",
    ),
    "missing-file": Text(
        READING,
        "A file or folder that is named exists.",
        "The engine often goes on without: a dataset folder that is not there counts as an empty one, and where a list of files is "
        "not there it takes the whole folder.",
    ),
    "file-exists": Text(
        READING,
        "A file that a command makes is not there yet.",
        "`sat init`, `sat new`, `sat presets copy` and `sat report` write over nothing: what stands there may be your work.",
    ),
    "stale-schema": Text(
        READING,
        "A schema file is what the data models, and the installed plugins, make of it today.",
        "Editors and validators that read an old one flag keys that are right, and miss mistakes. `sat schema --check` looks at "
        "the files in `.sat/schemas` of the current folder, and at those of the package.",
    ),
    "composition": Text(
        READING,
        "Presets, experiment and overrides can be put together.",
        "The message is Hydra's own: a group in the defaults list that does not exist, a value put under a key that is no group.",
    ),
    "defaults-list": Text(
        READING,
        "An experiment's `defaults` is a list of presets: `- override /model: tiny_autoencoder`.",
        "Each entry chooses the preset of one group. Whatever else stands there chooses nothing.",
    ),
    "interpolation": Text(
        READING,
        "Every `${...}` can be worked out.",
        "The key that it names exists, the environment variable is set, and no two of them wait for each other.",
    ),
    "missing-value": Text(
        READING,
        "Every `???` has been given a value.",
        "A preset says so where only you can know what belongs there.",
    ),
    "override": Text(
        READING,
        "An override is `key=value`, with one value.",
        "Several values are for `--multirun`. Values with spaces, commas or braces need quotes of their own inside those of the "
        "shell.",
    ),
    "unknown-preset": Text(
        READING,
        "A preset that is chosen exists, in a folder of yours or among the shipped ones.",
        "Names are those of files, without their suffix: `model=tiny_autoencoder` is `model/tiny_autoencoder.yaml`.",
    ),
    "hidden-preset": Text(
        READING,
        "A preset of yours has a name of its own.",
        "Your own folders are searched first, so a file with the name of a shipped preset takes its place.",
        ("note",),
    ),
    "plugin": Text(
        READING,
        "A plugin can be imported, and gives the part that it promises.",
        "Installed plugins are loaded when a tag is met that is not built in; those in `plugins` before the experiment is checked.",
    ),
    "usage": Text(
        READING,
        "A command is given what it can work with.",
        "What was typed does not say what is wanted. The exit code is 2.",
    ),
}

_MIGRATION = {
    "old-command": Text(
        MIGRATION,
        "A command line of the engine's scripts can be read.",
        "It is read as argparse and prefigure read it, so what the script would have refused is refused here too.",
    ),
    "old-ini": Text(
        MIGRATION,
        "prefigure could read the INI file.",
        "It reads the section [DEFAULTS] and nothing else, every line of it a comment or `key = value`, every key once.",
    ),
    "misread": Text(
        MIGRATION,
        "prefigure gave the script the value that stands in the INI file.",
        "A value that it reads as another one is migrated as it was read, since that is how the runs went. The message says what "
        "stands there; change the experiment where you meant that.",
        ("warning", "note"),
    ),
    "no-equal": Text(
        MIGRATION,
        "Every old setting has a key here, or had no effect.",
        "What nothing reads is left out. What only the engine's scripts know, or a fork of them, is kept beside the experiment and "
        "named, so that a person can decide. `sat upgrade` says the same of what the other version of the engine does not have: an "
        "error where it cannot run there, a warning where it is left out, a note where no key decides.",
        ("error", "warning", "note"),
    ),
    "newer-format": Text(
        MIGRATION,
        "The `schema_version` of a file is one that this package knows.",
        "A later version of the package wrote it. Every earlier one is read: docs/08-versions.md says what is promised.",
    ),
    "older-engine": Text(
        MIGRATION,
        "A model file is of the engine that it is to run on.",
        "No file of the engine says for which version it was written, but a key that only an older one knows does. `sat upgrade` "
        "changes what such a file says; what it leaves unsaid is changed too where you tell it the version.",
        ("note",),
    ),
    "by-hand": Text(
        MIGRATION,
        "A change can be made in a file without losing its comments.",
        "`sat upgrade` changes a line or leaves the whole file: where a key stands in a form that it cannot change, it says what "
        "to write.",
    ),
    "contradiction": Text(
        MIGRATION,
        "Files that are migrated together say the same.",
        "An experiment has one model, one dataset and one value for each setting.",
    ),
    "unequal": Text(
        MIGRATION,
        "The engine gets the same dictionaries from the new experiment as from the old files.",
        "They are compared before anything is written; where they differ nothing is.",
    ),
}

_KEYS = {
    "unknown-key": Text(
        KEYS,
        "Every key is one that is read at its place.",
        "The engine ignores keys that it does not know, so that a typo leaves the default in place without a word. In a file of "
        "the engine that you check by itself, a key that resembles no other is a warning only. Keys that begin with `_` are "
        "comments; keys of a fork are named in `accept_unknown`.",
        ("error", "warning"),
    ),
    "missing-key": Text(
        KEYS,
        "Every key that has no default is written.",
        "The engine asserts some of them when the model is built, and stumbles over others when training starts, or at the first "
        "step.",
    ),
    "wrong-type": Text(
        KEYS,
        "A value has the type of its key: numbers without quotes, lists where lists are read.",
        "Nothing is converted. The engine takes what is there: the text `false` counts as true, a text is read as a list of "
        "letters, and a learning rate in quotes fails when the optimizer is made.",
    ),
    "wrong-value": Text(
        KEYS,
        "A value lies in the range of its key, or is one of its choices.",
        "A choice that the engine does not know mostly chooses nothing at all: the branch is not taken, and nothing says so.",
    ),
    "unknown-type": Text(
        KEYS,
        "A `type`, `model_type` or `dataset_type` is the name of a part that exists.",
        "Optimizers and schedulers that have no data model here are looked up in torch. A part of your own comes with a plugin.",
    ),
    "removed-key": Text(
        KEYS,
        "A key is one that this version of the engine reads.",
        "The message says what became of it. Engine versions do not complain about keys of other versions: they ignore them.",
    ),
    "removed-type": Text(
        KEYS,
        "A type is one that this version of the engine can build.",
        "The message says what became of it, and what to use instead.",
    ),
}

_DATA = {
    "placeholder": Text(
        DATA,
        "Paths of published examples have been filled in.",
        "`/path/to/...` and `s3://my-bucket/` are there to be replaced.",
    ),
    "no-files": Text(
        DATA,
        "A folder of data holds files that the engine takes.",
        "It goes by the end of their names. Of tar files the first sample is looked at: its audio and its JSON need one name.",
    ),
    "too-few-files": Text(
        DATA,
        "There is at least one whole batch for every process.",
        "Incomplete batches are left out by default: with fewer files training ends at once, with no step made and no error.",
    ),
    "metadata-module": Text(
        DATA,
        "A `custom_metadata_module` defines `get_custom_metadata(info, audio)`.",
        "The file is read as text and never run for this check.",
    ),
    "missing-metadata": Text(
        DATA,
        "The metadata of the data hold every conditioner's key.",
        "",
        (),
    ),
    "latents": Text(
        DATA,
        "Latents are readable, as wide as the network takes them, of one length, and have their metadata beside them.",
        "The headers of a few files are read, and the JSON beside each. The engine draws another file for one that it cannot use: "
        "where it can use none, it does so for ever.",
        ("error", "warning"),
    ),
    "symlink-loop": Text(
        DATA,
        "No link in a folder of data leads back to a folder above it.",
        "The engine follows links, and would find the same files again and again.",
        ("warning",),
    ),
}

_RUN = {
    "checkpoint": Text(
        RUN,
        "The checkpoints that a run starts from are there, of the right kind, and of this model.",
        "Only headers are read, never weights, and no code of a file is run.",
        ("error", "warning", "note"),
    ),
    "pretransform-weights": Text(
        RUN,
        "The autoencoder in a diffusion model gets its weights from somewhere.",
        "Without `pretransform_ckpt_path`, or a checkpoint of the whole model, it keeps its random weights: the losses look right, "
        "and demos are noise.",
        ("warning",),
    ),
    "not-installed": Text(
        RUN,
        "What a run needs is installed: the engine, its logger, the programs that read its data.",
        "The core is installed without the engine; `sat doctor` says what is there.",
    ),
    "engine-version": Text(
        RUN,
        "The installed engine knows every key and type that the experiment uses.",
        "An older engine ignores most keys that it does not know, and would train something else than what is written.",
        ("error", "warning"),
    ),
    "python-version": Text(
        RUN,
        "Python has a version that the engine is made for.",
        "Its package asks for Python 3.10, because it fixes the versions of what it needs.",
        ("warning", "note"),
    ),
    "package-version": Text(
        RUN,
        "The packages that the engine fixes have the version that it asks for.",
        "`sat doctor` compares what is installed with what the engine's own package says.",
        ("warning",),
    ),
    "gpu": Text(
        RUN,
        "A GPU of the machine can be used.",
        "Either its driver does not answer, or the environment hides it from torch.",
        ("warning",),
    ),
    "device": Text(
        RUN,
        "`accelerator` and `devices` ask for what the machine has.",
        "Found when the run starts, because only torch knows.",
    ),
    "not-writable": Text(
        RUN,
        "What is to be written can be written.",
        "A folder that is a file or belongs to somebody else, a result that is there already.",
    ),
    "disk-space": Text(
        RUN,
        "There is room for the checkpoints that will be kept.",
        "Their size is taken from earlier checkpoints of the run, or guessed from the weights that it starts with.",
        ("note",),
    ),
    "workers": Text(
        RUN,
        "`num_workers` is not far above the number of processors.",
        "Each worker is a process that reads and decodes sound. More of them than processors only wait for each other.",
        ("note",),
    ),
    "run-failed": Text(
        RUN,
        "Training comes to its end.",
        "The engine, torch or the machine ended it. The whole traceback stands in `log.txt` of the run's folder.",
    ),
    "validation": Text(RUN, "Validation has data, a time, and a wrapper that does it.", "", ()),
    "strategy": Text(RUN, "A strategy exists, and fits the accelerator and the optimizers.", "", ()),
    "precision": Text(RUN, "The number format is one that this training can compute in.", "", ()),
    "learning-rate": Text("Training", "A learning rate is set once, and is not 0.", "", ()),
    "no-effect": Text("What has no effect", "A key that is set decides something.", "", ("warning", "note")),
    "broken-in-engine": Text("What the engine cannot do", "A part that engine 0.0.20 lists can be built and run.", "", ()),
}

_RESULTS = {
    "unreadable-checkpoint": Text(RESULTS, "A checkpoint is a whole file that torch or safetensors can read without running code."),
    "lora-checkpoint": Text(
        RESULTS,
        "A checkpoint holds a model, and not adapters alone.",
        "A LoRA training saves what it trained: to use it, the model that it started from is needed.",
    ),
    "no-weights": Text(RESULTS, "A checkpoint holds weights."),
    "unknown-wrapper": Text(
        RESULTS,
        "A training checkpoint was written by one of the engine's trainings.",
        "Weights are found by the beginning of their names, which the engine's wrappers give them.",
    ),
    "partial-ema": Text(
        RESULTS,
        "The moving average in a training checkpoint fits the model beside it.",
        "A checkpoint of another version, or one that was edited: choose the weights themselves with --no-ema.",
    ),
    "unwrap-ending": Text(
        RESULTS, "What is unwrapped ends in `.ckpt` or `.safetensors`.", "The engine goes by the end of the name."
    ),
    "unwrap-in-place": Text(RESULTS, "A model is not written over the training checkpoint that it comes from."),
    "already-unwrapped": Text(RESULTS, "Only a training checkpoint has something to unwrap."),
    "no-model-config": Text(
        RESULTS,
        "The config of a model is known.",
        "It stands in the checkpoint, in `model_config.json` beside it, or is given with `model=`.",
    ),
    "unreadable-config": Text(RESULTS, "A `model_config.json` beside a checkpoint is JSON."),
    "model-not-built": Text(RESULTS, "The engine can build the model of a config.", "`sat validate` says more about it."),
    "weights-do-not-fit": Text(
        RESULTS,
        "Every weight of the model is in the checkpoint, in its shape, and nothing else is.",
        "The engine prints what does not fit and goes on with random weights. Here a single one is an error.",
    ),
    "no-pretransform": Text(RESULTS, "A model that is to get an autoencoder's weights has one."),
    "no-pretransform-weights": Text(
        RESULTS,
        "The autoencoder in a diffusion model gets its weights.",
        "They may be left out of a diffusion checkpoint: name the autoencoder's own with `pretransform_ckpt_path`.",
    ),
    "no-device": Text(RESULTS, "The device that is asked for can be used."),
    "half-on-cpu": Text(RESULTS, "16 bit floats are for GPUs.", "torch lacks many of their operations on a CPU."),
    "out-of-memory": Text(RESULTS, "What is generated at once fits into memory."),
    "not-finite": Text(
        RESULTS,
        "A model gives numbers that are a sound.",
        "NaN and infinities come from damaged weights, or from 16 bit floats that are too short for a model.",
    ),
    "bad-name": Text(RESULTS, "`name` begins file names, and holds no folder."),
    "unreadable-audio": Text(RESULTS, "`init_audio` is a sound file that can be read."),
    "unknown-sampler": Text(RESULTS, "`sampler_type` is a sampler for the model's objective."),
    "sigma-unused": Text(RESULTS, "`sigma_min` and `sigma_max` are read by the sampler.", severities=("warning",)),
    "noise-level": Text(RESULTS, "Noise levels lie in the range of the objective, the lower below the upper."),
    "no-length": Text(RESULTS, "It is known how long a sound is to be."),
    "negative-count": Text(RESULTS, "There is one negative condition for all sounds, or one for each."),
    "no-conditioning": Text(RESULTS, "A model that is asked for something has a `conditioning` section."),
    "missing-condition": Text(
        RESULTS,
        "Every entry of `conditions` has a value for each conditioner of the model.",
        "The engine refuses an entry that lacks one, after the model has been loaded.",
    ),
    "unread-condition": Text(RESULTS, "Every key of `conditions` is read by a conditioner.", severities=("warning",)),
    "already-latents": Text(RESULTS, "What is pre-encoded is sound."),
    "missing-folder": Text(RESULTS, "The folders of a dataset that is to be encoded exist."),
    "no-audio": Text(RESULTS, "A dataset that is to be encoded holds sound files."),
    "not-discrete": Text(RESULTS, "Tokens are saved only from a bottleneck that has some."),
    "no-tokens": Text(
        RESULTS,
        "A bottleneck that has tokens gives them.",
        "`dac_rvq` and `dac_rvq_vae` with `quantize_on_decode` give none when they encode.",
    ),
    "output-not-empty": Text(
        RESULTS, "Latents are written to a folder of their own.", "Old ones among them would be trained on too."
    ),
    "drawn-with-replacement": Text(
        RESULTS,
        "Every clip is encoded once.",
        "Weights and resampled tar files draw clips at random: some would come several times, others never.",
        ("warning",),
    ),
    "repeated-clips": Text(
        RESULTS,
        "Every clip is encoded once.",
        "Every worker process of a WebDataset that is not resampled reads all tar files.",
        ("warning",),
    ),
    "lost-clips": Text(
        RESULTS, "The last batch is encoded too.", "WebDataset leaves out what does not fill a batch.", ("warning",)
    ),
}

_PYTHON = {
    "wrong-model-type": Text(
        PYTHON,
        "A model is of a type that a function or command can take.",
        "Pre-encoding needs an autoencoder, generating a conditional diffusion model, a training section a model beside it.",
    ),
    "not-built": Text(
        PYTHON,
        "The engine builds what its data model describes.",
        "The message is the engine's own: a package that is missing, or a case that no rule here knows yet.",
    ),
    "not-found": Text(PYTHON, "A folder that is compared with our data models holds an engine."),
}

FINDINGS: dict[str, Text] = {**_READING, **_MIGRATION, **_KEYS, **_DATA, **_RUN, **_RESULTS, **_PYTHON}
"""Name -> its text."""
