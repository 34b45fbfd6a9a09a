"""Where the configuration enters the engine, and the reading of everything from there on."""

from __future__ import annotations

import ast

from ...datamodels.kinds import KINDS
from . import ours
from .expressions import evaluate
from .facts import Facts, Loss, Where
from .frame import Frame, Run
from .objects import gone_through
from .sources import ENGINE, Module, Sources
from .statements import execute
from .values import UNKNOWN, Callee, Option, Section, Value

BUILD = (f"{ENGINE}.models.factory", "create_model_from_config")
ON_MODELS = (
    (f"{ENGINE}.training.factory", "create_training_wrapper_from_config"),
    (f"{ENGINE}.training.factory", "create_demo_callback_from_config"),
    (f"{ENGINE}.training.factory", "create_metrics_callback_from_config"),
)
"""What is called with a model config and the model that was built from it, or with the config alone."""
ON_DATASETS = ((f"{ENGINE}.data.dataset", "create_dataloader_from_config"),)


def read_engine(sources: Sources) -> Facts:
    """Everything that the engine reads from a configuration, from its entrances on."""
    run = start(sources)
    sections = {option.tag: option for option in ours.tagged_options(KINDS["training"])}
    for option in ours.tagged_options(KINDS["model"]):
        config = _model_config(option, sections.get(option.tag))
        model = enter(run, BUILD, config)
        for entrance in ON_MODELS:
            enter(run, entrance, config, model)
    for option in ours.tagged_options(KINDS["dataset"]):
        for entrance in ON_DATASETS:
            enter(run, entrance, Section("dataset_config", options=(option,)))
    return run.facts


def start(sources: Sources) -> Run:
    """A reading in which nothing has been gone through yet."""
    return Run(sources, evaluate, execute)


def _model_config(option: Option, training: Option | None) -> Section:
    """What the engine takes for a model config: ours, with the training section in it."""
    place = "model_config"
    inside = {} if training is None else {"training": Section(f"{place}.training", options=(training,))}
    return Section(place, options=(option,), filled=dict(inside))


def enter(run: Run, entrance: tuple[str, str], *values: Value) -> Value:
    """What the function returns for `values`; one that is not there loses them."""
    name, function = entrance
    module = run.sources.module(name)
    callee = UNKNOWN if module is None else run.sources.lookup(module, function)
    if module is None or not isinstance(callee, Callee) or not isinstance(callee.node, ast.FunctionDef):
        models = tuple(option.model for value in values if isinstance(value, Section) for option in value.options)
        run.facts.losses.add(Loss(models, f"{name}.{function}", Where(_file(name), 0, function), missing=True))
        return UNKNOWN
    return gone_through(callee, values[: len(callee.node.args.args)], [], callee.node, _outside(run, module))


def _outside(run: Run, module: Module) -> Frame:
    return Frame(
        run,
        Callee(module, ast.FunctionDef(name="", args=ast.arguments([], [], None, [], [], None, []), body=[], decorator_list=[])),
    )


def _file(module: str) -> str:
    """The file of a module of the engine, as it is shown."""
    return module.removeprefix(ENGINE + ".").replace(".", "/") + ".py"
