"""What `sat generate` is asked, checked against the model config before torch is imported."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..datamodels.inference import InferenceConfig
from ..report.finding import Finding, Refused

K_SAMPLERS = (
    "dpmpp-2m-sde", "dpmpp-3m-sde", "dpmpp-2m", "k-heun", "k-lms", "k-dpmpp-2s-ancestral", "k-dpm-2", "k-dpm-adaptive",
    "k-dpm-fast",
)  # fmt: skip
"""Samplers with a schedule of noise levels from `sigma_max` down to `sigma_min`."""
FLOW_SAMPLERS = ("euler", "rk4", "dpmpp", "pingpong")
SAMPLERS = {
    # For `v` the engine takes its DDIM for every sampler that it does not know, `euler` among them: a typo is silent.
    "v": ("euler", "v-ddim", "v-ddim-cfgpp", *K_SAMPLERS),
    "rectified_flow": FLOW_SAMPLERS,
    "rf_denoiser": FLOW_SAMPLERS,
}
"""Objective -> the samplers that the engine's `sample_diffusion` knows for it."""

SIGMAS = (0.01, 100.0)
"""The engine's defaults of `sigma_min` and `sigma_max` for the objective `v`."""

TEXT = ("t5", "t5gemma", "causal_lm", "clap_text", "phoneme", "lut", "sat_clap_text")
AUDIO = ("clap_audio", "sat_clap_audio", "pretransform", "source_mix")
HOLES = ("inpaint_mask", "inpaint_masked_input")
"""Conditions that no conditioner gives: what is kept of a sound that is to be filled up."""
RANGES = {"int": (0, 512), "number": (0, 1)}
"""Conditioner type -> the engine's defaults of `min_val` and `max_val`."""

Conditions = list[dict[str, Any]]


def check_request(config: InferenceConfig, model: dict[str, Any]) -> tuple[Finding, ...]:
    """Warnings about what will have no effect; Refused with everything that cannot work."""
    findings = [
        *_sampler(config, model),
        *_length(config, model),
        *_start(config, model),
        *_negative_count(config),
        *_conditions(config, model),
    ]
    if any(finding.severity == "error" for finding in findings):
        raise Refused(*findings)
    return tuple(findings)


def objective_of(model: dict[str, Any]) -> str:
    """The engine's default where the config says nothing."""
    return str(model["model"]["diffusion"].get("diffusion_objective", "v"))


def fills_holes(model: dict[str, Any]) -> bool:
    """Whether the network is told which part of a sound to keep, whatever its type is called."""
    diffusion = model["model"]["diffusion"]
    listed = [*diffusion.get("input_concat_ids", ()), *diffusion.get("local_add_cond_ids", ())]
    listed += [entry["id"] for entry in diffusion.get("modular_local_cond_configs") or ()]
    return any(id_ in HOLES for id_ in listed)


def noise_levels(config: InferenceConfig, objective: str) -> dict[str, Any]:
    """`sigma_min` and `sigma_max` as far as they are set and read; some samplers pass on what they do not read."""
    read = {"sigma_max"}
    if objective == "v" and config.sampler_type in K_SAMPLERS:
        read = {"sigma_min", "sigma_max"}
    elif objective == "v" and config.sampler_type not in ("v-ddim", "v-ddim-cfgpp"):
        read = set()
    if config.init_audio is not None:
        read = read - {"sigma_max"}  # `init_noise_level` stands for it.
    return {name: getattr(config, name) for name in read if getattr(config, name) is not None}


def starts_below_noise(config: InferenceConfig) -> bool:
    """Whether `init_audio` leaves the sampler a schedule that begins below full noise, which the engine bends upwards.

    It bends the whole schedule by `sampling_distribution_shift_options` and puts only its first step back to
    `init_noise_level`: from 0.5 the second step of eight is 0.83 with the default options. The sampler for `v` gives NaN
    then, and the others leave little of the audio. Such a schedule is therefore left straight.
    """
    return config.init_audio is not None and config.init_noise_level < 1


def complete_conditions(entries: Conditions, model: dict[str, Any]) -> Conditions:
    """Each condition with every conditioner's id: what `default_keys` redirects is written out.

    The engine's own redirection sticks for the rest of a batch and then misses entries that have only the id (R-CO-9).
    """
    default_keys = model["model"]["conditioning"].get("default_keys", {})
    ids = [conditioner["id"] for conditioner in model["model"]["conditioning"]["configs"]]
    return [
        {
            **entry,
            **{id_: entry[default_keys[id_]] for id_ in ids if id_ not in entry and default_keys.get(id_) in entry},
        }
        for entry in entries
    ]


def requested_samples(config: InferenceConfig, model: dict[str, Any]) -> int:
    """Length of the sounds in audio samples."""
    return int(model["sample_size"]) if config.seconds is None else max(1, round(config.seconds * model["sample_rate"]))


def _warning(rule: str, message: str, *path: str | int, help: str | None = None) -> Finding:
    return Finding(rule=rule, message=message, severity="warning", path=path, help=help)


def _error(rule: str, message: str, *path: str | int, help: str | None = None) -> Finding:
    return Finding(rule=rule, message=message, path=path, help=help)


def _sampler(config: InferenceConfig, model: dict[str, Any]) -> Iterator[Finding]:
    objective = objective_of(model)
    known = SAMPLERS.get(objective, ())
    if known and config.sampler_type is not None and config.sampler_type not in known:
        listed = ", ".join(f"`{name}`" for name in known)
        message = f"`{config.sampler_type}` is no sampler for the objective `{objective}`; the engine has {listed}"
        close = difflib.get_close_matches(config.sampler_type, known, n=1)
        yield _error("unknown-sampler", message, "sampler_type", help=f"did you mean `{close[0]}`?" if close else None)
        return
    read = noise_levels(config, objective)
    for name in ("sigma_min", "sigma_max"):
        if getattr(config, name) is not None and name not in read:
            sampler = config.sampler_type or "the engine's own sampler"
            message = f"`{name}` has no effect with `{sampler}` and the objective `{objective}`"
            if name == "sigma_max" and config.init_audio is not None:
                message = "`sigma_max` has no effect with `init_audio`: `init_noise_level` stands for it"
            yield _warning("sigma-unused", message, name)
    yield from _sigmas(config, read, objective)


def _sigmas(config: InferenceConfig, read: dict[str, Any], objective: str) -> Iterator[Finding]:
    highest = read.get("sigma_max")
    if objective != "v" and highest is not None and highest > 1:
        message = f"`sigma_max` is {highest:g}, and the objective `{objective}` knows noise levels up to 1"
        yield _error("noise-level", message, "sigma_max")
    if objective == "v" and config.sampler_type in K_SAMPLERS and config.init_audio is None:
        low, high = read.get("sigma_min", SIGMAS[0]), read.get("sigma_max", SIGMAS[1])
        if low >= high:
            message = f"`sigma_min` {low:g} is not less than `sigma_max` {high:g}"
            yield _error("noise-level", message, "sigma_min")


def _length(config: InferenceConfig, model: dict[str, Any]) -> Iterator[Finding]:
    if config.seconds is None and not model.get("sample_size"):
        message = "the model config does not say how long a sound is (`sample_size`)"
        yield _error("no-length", message, "seconds", help="set it: seconds=10")


def _start(config: InferenceConfig, model: dict[str, Any]) -> Iterator[Finding]:
    if config.device == "cpu" and config.model_half:
        message = "16 bit floats are not for a CPU"
        yield _error("half-on-cpu", message, "model_half", help="set model_half=false")
    if config.init_audio is None:
        return
    if not Path(config.init_audio).is_file():
        yield _error("missing-file", f"`{config.init_audio}` is not a file", "init_audio")
    in_sigmas = objective_of(model) == "v" and config.sampler_type in K_SAMPLERS
    lowest = (config.sigma_min or SIGMAS[0]) if in_sigmas else 0.0
    level = config.init_noise_level
    if level <= lowest or (level > 1 and not in_sigmas):
        needed = f"greater than {lowest:g} (`sigma_min`)" if in_sigmas else "greater than 0 and at most 1"
        message = f"`init_noise_level` is {level:g}, and this sampler needs one {needed}"
        yield _error("noise-level", message, "init_noise_level")


def _negative_count(config: InferenceConfig) -> Iterator[Finding]:
    negative = config.negative_conditions
    if negative is not None and len(negative) not in (1, len(config.conditions)):
        message = f"`negative_conditions` has {len(negative)} entries, and there are {len(config.conditions)} conditions"
        yield _error("negative-count", message, "negative_conditions", help="give one entry for all, or one for each")


def _conditions(config: InferenceConfig, model: dict[str, Any]) -> Iterator[Finding]:
    conditioning = model["model"].get("conditioning")
    if not conditioning:
        yield _error("no-conditioning", "the model has no `conditioning`, so it cannot be asked for anything", "model")
        return
    for name in ("conditions", "negative_conditions"):
        for number, entry in enumerate(getattr(config, name) or ()):
            yield from _entry(entry, conditioning, (name, number))


def _entry(entry: dict[str, Any], conditioning: dict[str, Any], place: tuple[str | int, ...]) -> Iterator[Finding]:
    default_keys = conditioning.get("default_keys", {})
    read = {"seconds_total"}  # Also tells the engine how long the sound may become.
    missing = []
    for conditioner in conditioning["configs"]:
        id_ = conditioner["id"]
        keys = [key for key in (id_, default_keys.get(id_)) if key is not None]
        read.update(keys)
        used = next((key for key in keys if key in entry), None)
        if conditioner["type"] in AUDIO or id_ in conditioning.get("pre_encoded_keys", ()):
            yield _error(
                "needs-audio",
                f"the conditioner `{id_}` needs audio or tensors, which a config cannot give",
                *place,
                id_,
            )
        elif used is None:
            missing.append(id_)
        else:
            yield from _value(conditioner, entry[used], (*place, used))
    unread = [key for key in entry if key not in read]
    if missing:
        listed = ", ".join(f"`{id_}`" for id_ in missing)
        close = [match for id_ in missing for match in difflib.get_close_matches(id_, unread, n=1)]
        yield _error(
            "missing-condition",
            f"the model is conditioned on {listed}, which this entry does not give",
            *place,
            help=f"is `{close[0]}` meant for `{missing[0]}`?" if close and len(missing) == 1 else None,
        )
        unread = [key for key in unread if key not in close]
    for key in unread:
        yield _warning("unread-condition", f"no conditioner of the model reads `{key}`", *place, key)


def _value(conditioner: dict[str, Any], value: Any, place: tuple[str | int, ...]) -> Iterator[Finding]:
    kind, settings = conditioner["type"], conditioner.get("config", {})
    id_ = conditioner["id"]
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind in TEXT and not isinstance(value, str):
        yield _error("condition-type", f"`{id_}` is {value!r}, and a text is needed", *place)
    elif kind == "int" and not (number and isinstance(value, int)):
        yield _error("condition-type", f"`{id_}` is {value!r}, and a whole number is needed", *place)
    elif kind == "number" and not number:
        yield _error("condition-type", f"`{id_}` is {value!r}, and a number is needed", *place)
    elif isinstance(value, (list, dict)):
        yield _error("condition-type", f"`{id_}` is {value!r}, and one value is needed", *place)
    elif kind in RANGES:
        low, high = settings.get("min_val", RANGES[kind][0]), settings.get("max_val", RANGES[kind][1])
        if not low <= value <= high:
            nearest = high if value > high else low
            message = f"`{id_}` is {value:g}, but the model knows {low:g} to {high:g} only: {nearest:g} is taken"
            yield _warning("condition-range", message, *place)
    elif kind == "list" and value not in settings.get("options", ()):
        listed = ", ".join(f"`{option}`" for option in settings.get("options", ()))
        yield _warning("condition-option", f"`{id_}` is `{value}`, which is none of its options: {listed}", *place)
