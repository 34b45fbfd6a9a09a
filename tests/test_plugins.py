"""Plugins: a tag of one's own is a tag like any other, and a plugin that cannot be loaded is one finding."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from stable_audio_config.datamodels.base import Data, Positive, plain
from stable_audio_config.datamodels.bottleneck.continuous import VAEBottleneck
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.kinds import KINDS, Bottleneck
from stable_audio_config.plugins import PARTS, Part, load_installed, load_named, part
from stable_audio_config.report.finding import Finding, Refused
from stable_audio_config.validation.structure import checked

Tree = dict[str, Any]

PLUGIN = '''
"""A bottleneck of one's own."""

from __future__ import annotations

from typing import Literal

from stable_audio_config.datamodels.base import Data, Positive
from stable_audio_config.plugins import part


class LowPassConfig(Data):
    keep: Positive
    """Latent channels that pass."""


@part("bottleneck", "low_pass", build="my_low_pass:build")
class LowPass(Data):
    type: Literal["low_pass"]
    """`low_pass`."""
    config: LowPassConfig
    """Its settings."""


def build(config):
    return ("built", config)
'''


@pytest.fixture(autouse=True)
def _nothing_registered() -> Iterator[None]:
    """Each test starts and ends without plugins."""
    assert not PARTS
    yield
    PARTS.clear()
    for kind in KINDS.values():
        kind.added.clear()
    load_installed.cache_clear()
    for name in ("my_low_pass", "broken_plugin"):
        sys.modules.pop(name, None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that Python imports from."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(folder: Path, module: str, text: str) -> None:
    """`module` as an installed package that names it in its entry points."""
    (folder / f"{module}.py").write_text(text, encoding="utf-8")
    record = folder / f"{module}-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
    (record / "entry_points.txt").write_text(f"[stable_audio_config.plugins]\nmine = {module}\n", encoding="utf-8")


def with_low_pass(tree: Tree, **config: Any) -> Tree:
    tree["model"]["model"]["bottleneck"] = {"type": "low_pass", "config": {"keep": 8, **config}}
    return tree


def findings(tree: Tree) -> list[Finding]:
    with pytest.raises(Refused) as refused:
        checked(tree, ExperimentConfig)
    return list(refused.value.findings)


class Mine(Data):
    type: Literal["mine"]
    """`mine`."""
    width: Positive = 4
    """How wide."""


# Registering.


def test_a_registered_tag_is_a_tag_like_any_other() -> None:
    assert part("bottleneck", "mine")(Mine) is Mine
    kind = KINDS["bottleneck"]
    assert (kind.branch("mine"), kind.tags()[-1]) == (Mine, "mine")
    assert dict(kind.models())["mine"] is Mine
    assert list(PARTS.items()) == [(("bottleneck", "mine"), Part("bottleneck", "mine", Mine, None))]
    bottleneck = TypeAdapter(Bottleneck)
    made = bottleneck.validate_python({"type": "mine", "width": 8})
    assert (type(made), plain(made)) == (Mine, {"type": "mine", "width": 8})
    assert bottleneck.validate_python(made) is made
    with pytest.raises(ValidationError, match="greater than 0"):
        bottleneck.validate_python({"type": "mine", "width": 0})
    assert KINDS["encoder"].branch("mine") is None, "it belongs to one kind only"


def test_a_kind_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"no kind of part `botleneck`: there are model, .*bottleneck"):
        part("botleneck", "mine")
    assert not PARTS


def test_a_built_in_tag_is_replaced_only_where_that_is_said() -> None:
    class Vae(VAEBottleneck):
        width: Positive = 4

    with pytest.raises(ValueError, match="bottleneck `vae` is built in: choose another tag, or say replaces=True"):
        part("bottleneck", "vae")(Vae)
    assert KINDS["bottleneck"].branch("vae") is VAEBottleneck
    part("bottleneck", "vae", replaces=True)(Vae)
    assert KINDS["bottleneck"].branch("vae") is Vae
    assert KINDS["bottleneck"].tags().count("vae") == 1
    made = TypeAdapter(Bottleneck).validate_python({"type": "vae", "width": 8})
    assert plain(made) == {"type": "vae", "width": 8}


@pytest.mark.parametrize("replaces", [False, True])
def test_two_plugins_cannot_have_one_tag(replaces: bool) -> None:
    class Other(Data):
        type: Literal["mine"]

    part("bottleneck", "mine")(Mine)
    with pytest.raises(ValueError, match=f"bottleneck `mine` is already defined by {Mine.__module__}: choose another tag"):
        part("bottleneck", "mine", replaces=replaces)(Other)
    assert KINDS["bottleneck"].branch("mine") is Mine
    part("encoder", "mine")(Other)
    assert KINDS["encoder"].branch("mine") is Other, "another kind has tags of its own"


def test_a_module_that_is_imported_anew_registers_its_later_class() -> None:
    again = type("Mine", (Mine,), {"__module__": Mine.__module__, "__qualname__": Mine.__qualname__})
    part("bottleneck", "mine")(Mine)
    part("bottleneck", "mine", build="somewhere:build")(again)
    assert KINDS["bottleneck"].branch("mine") is again
    assert PARTS["bottleneck", "mine"].build == "somewhere:build"


def test_what_builds_a_part_is_imported_when_it_is_asked_for(folder: Path) -> None:
    (folder / "my_low_pass.py").write_text(PLUGIN, encoding="utf-8")
    part("bottleneck", "mine", build="my_low_pass:build")(Mine)
    assert "my_low_pass" not in sys.modules
    builder = PARTS["bottleneck", "mine"].builder()
    assert builder is not None
    assert builder({"a": 1}) == ("built", {"a": 1})
    assert Part("bottleneck", "mine", Mine, print).builder() is print
    assert Part("bottleneck", "mine", Mine, None).builder() is None, "the engine builds it"


# Modules that an experiment names.


def test_an_experiment_may_use_what_its_plugins_add(folder: Path, autoencoder_tree: Tree) -> None:
    (folder / "my_low_pass.py").write_text(PLUGIN, encoding="utf-8")
    tree = with_low_pass(autoencoder_tree) | {"plugins": ["my_low_pass"]}
    (unknown,) = findings(tree)
    assert (unknown.rule, unknown.path) == ("unknown-type", ("model", "model", "bottleneck", "type"))
    assert "my_low_pass" not in sys.modules, "checking a tree runs none of its code"
    load_named(("my_low_pass",))
    experiment = checked(tree, ExperimentConfig)
    assert experiment.plugins == ("my_low_pass",)
    assert plain(experiment) == tree
    (wrong,) = findings(with_low_pass(tree, keeep=1))
    assert (wrong.message, wrong.help) == (
        "unknown key `keeep` in `model.model.bottleneck.config`",
        "did you mean `keep`?",
    )


def test_a_misspelt_tag_may_mean_one_of_a_plugin(folder: Path, autoencoder_tree: Tree) -> None:
    (folder / "my_low_pass.py").write_text(PLUGIN, encoding="utf-8")
    autoencoder_tree["model"]["model"]["bottleneck"] = {"type": "low_pas"}
    load_named(("my_low_pass",))
    (finding,) = findings(autoencoder_tree)
    assert finding.help == "did you mean `low_pass`?"


def test_a_key_may_belong_to_a_part_of_a_plugin(folder: Path, autoencoder_tree: Tree) -> None:
    (folder / "my_low_pass.py").write_text(PLUGIN, encoding="utf-8")
    autoencoder_tree["model"]["model"]["bottleneck"] = {"type": "vae", "config": {"keep": 8}}
    load_named(("my_low_pass",))
    (finding,) = findings(autoencoder_tree)
    assert finding.message == "`keep` belongs to bottleneck `low_pass`, but `model.model.bottleneck` is `vae`"


def test_a_plugin_that_does_not_exist_is_one_finding() -> None:
    with pytest.raises(Refused) as refused:
        load_named(("json", "no_such_plugin", "nor_this"))
    assert refused.value.findings == (
        Finding(
            rule="plugin",
            message="the plugin module `no_such_plugin` cannot be loaded: ModuleNotFoundError: No module named 'no_such_plugin'",
            path=("plugins", 1),
            help="it must be importable from where you are: install it, or put its folder on PYTHONPATH",
        ),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def broken(:", "SyntaxError: invalid syntax (broken_plugin.py, line 1)"),
        (
            "from stable_audio_config.plugins import part\npart('bottleneck', 'vae')(object)",
            "ValueError: bottleneck `vae` is built in: choose another tag, or say replaces=True",
        ),
    ],
    ids=["crash", "syntax", "taken tag"],
)
def test_a_plugin_that_fails_while_it_is_imported_is_one_finding(folder: Path, text: str, reason: str) -> None:
    (folder / "broken_plugin.py").write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        load_named(("broken_plugin",))
    (finding,) = refused.value.findings
    assert (finding.rule, finding.path) == ("plugin", ("plugins", 0))
    assert finding.message == f"the plugin module `broken_plugin` cannot be loaded: {reason}"


@pytest.mark.parametrize(
    ("names", "rule", "path"),
    [
        (5, "wrong-type", ("plugins",)),
        ("my_low_pass", "wrong-type", ("plugins",)),
        ([5], "wrong-type", ("plugins", 0)),
        ([""], "wrong-value", ("plugins", 0)),
    ],
)
def test_names_that_are_none_are_mistakes_of_the_file(autoencoder_tree: Tree, names: Any, rule: str, path: tuple[Any, ...]) -> None:
    (finding,) = findings(autoencoder_tree | {"plugins": names})
    assert (finding.rule, finding.path) == (rule, path)


# Installed plugins.


def test_an_installed_plugin_is_loaded_when_a_tag_is_met_that_is_not_built_in(folder: Path, autoencoder_tree: Tree) -> None:
    install(folder, "my_low_pass", PLUGIN)
    checked(autoencoder_tree, ExperimentConfig)
    assert "my_low_pass" not in sys.modules
    tree = with_low_pass(autoencoder_tree)
    assert plain(checked(tree, ExperimentConfig)) == tree
    assert load_installed() == ("mine",)
    assert "low_pass" in KINDS["bottleneck"].tags()


def test_a_plugin_that_is_installed_and_named_too_is_taken_once(folder: Path, autoencoder_tree: Tree) -> None:
    install(folder, "my_low_pass", PLUGIN)
    load_named(("my_low_pass", "my_low_pass"))
    tree = with_low_pass(autoencoder_tree)
    assert plain(checked(tree, ExperimentConfig)) == tree
    assert load_installed() == ("mine",)


def test_an_installed_plugin_that_is_broken_is_one_finding(folder: Path, autoencoder_tree: Tree) -> None:
    install(folder, "my_low_pass", "import no_such_package")
    expected = Finding(
        rule="plugin",
        message="the plugin `mine` cannot be loaded: ModuleNotFoundError: No module named 'no_such_package'",
        help="repair or uninstall the package that provides `my_low_pass`",
    )
    tree = with_low_pass(autoencoder_tree)
    assert findings(tree) == [expected]
    assert findings(tree) == [expected], "it is not forgotten"


def test_a_command_runs_with_the_plugins_that_the_experiment_names(folder: Path, sat: Callable[..., Any]) -> None:
    (folder / "my_low_pass.py").write_text(PLUGIN, encoding="utf-8")
    bottleneck = "model.model.bottleneck={type: low_pass, config: {keep: 8}}"
    words = ("experiment=quick_test", bottleneck, "model.model.encoder.config.latent_dim=16", "--cfg")  # It splits nothing.
    without = sat("train", *words)
    assert without.code == 1
    assert "`model.model.bottleneck.type` is `low_pass`, which does not exist" in without.err
    result = sat("train", *words, "plugins=[my_low_pass]")
    assert result.code == 0
    assert "error" not in result.err, "a rule may warn of what no longer has an effect with it"
    assert "type: low_pass" in result.out


def test_the_command_says_it_without_a_traceback(sat: Callable[..., Any]) -> None:
    result = sat("train", "experiment=quick_test", "plugins=[no_such_plugin]", "--cfg")
    assert result.code == 1
    assert result.err == (
        "error[plugin]: the plugin module `no_such_plugin` cannot be loaded: "
        "ModuleNotFoundError: No module named 'no_such_plugin'\n"
        "  --> `plugins.0`\n"
        "   = help: it must be importable from where you are: install it, or put its folder on PYTHONPATH\n"
        "\n"
        "1 error\n"
    )
