"""Claim: `sat validate` is over in a blink, with findings as without (issue 4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import PROGRAMS, Row, in_turns, python, run, sat, wall_time
from published import LARGEST

REPEATS = 20
PROGRAM = str(PROGRAMS / "validate_in_process.py")
FILES = 1000


def rows(folder: Path, environment: dict[str, str], repeats: int) -> list[Row]:
    """Whole processes first, then single numbers from inside one."""
    broken = folder / "thirty_mistakes.json"
    broken.write_text(json.dumps(thirty_mistakes(json.loads(Path(LARGEST).read_text(encoding="utf-8"))), indent=4))
    said = json.loads(run(sat("validate", str(broken), "--format", "json"), folder, fails=True, environment=environment))
    assert len(said["findings"]) >= 30, said["summary"]
    samples = {
        "clean": wall_time(sat("validate", LARGEST), folder, environment=environment),
        "floor": wall_time(python("-c", "import pydantic, yaml"), folder, environment=environment),
        "broken": wall_time(sat("validate", str(broken)), folder, fails=True, environment=environment),
        "composed": wall_time(sat("validate", "experiment=quick_test"), folder, environment=environment),
        "stock": wall_time(python(str(PROGRAMS / "stock_hydra.py")), folder, environment=environment),
    }
    found = in_turns(samples, repeats)
    inside = in_turns({name: number(name, folder, environment) for name in ("rules", "files", "memory")}, max(3, repeats // 5))
    turns = len(inside["rules"])
    return [
        Row("`sat validate FILE.json`, clean", found["clean"], "`import pydantic, yaml`", found["floor"], at_most=2.5),
        Row("the same with 30 findings", found["broken"], "without any", found["clean"], at_most=2.0),
        Row("`sat validate experiment=quick_test`", found["composed"], "stock Hydra and pydantic", found["stock"], at_most=1.0),
        Row("all rules on the largest published model", inside["rules"], "2 ms", [0.002] * turns, at_most=1.0),
        Row(f"{FILES} model files in one process", inside["files"], "300 a second", [FILES / 300] * turns, at_most=1.0),
        Row(
            "memory of that process at its peak",
            [value / 1e6 for value in inside["memory"]],
            "120 MB",
            [120.0] * turns,
            unit="MB",
            at_most=1.0,
        ),
    ]


def number(what: str, folder: Path, environment: dict[str, str]) -> Callable[[], float]:
    """A sample of what the program prints."""
    return lambda: float(run(python(PROGRAM, what, LARGEST, str(FILES)), folder, environment=environment))


def thirty_mistakes(tree: dict[str, Any]) -> dict[str, Any]:
    """The config with thirty numbers in quotes."""
    left = 30

    def spoil(node: Any) -> Any:
        nonlocal left
        if isinstance(node, dict):
            return {key: spoil(value) for key, value in node.items()}
        if isinstance(node, list):
            return [spoil(value) for value in node]
        if left and isinstance(node, int) and not isinstance(node, bool):
            left -= 1
            return f"{node} pieces"
        return node

    spoilt: dict[str, Any] = spoil(tree)
    return spoilt
