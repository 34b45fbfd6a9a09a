"""The scores: what had to be caught, what had to be found, what must not be rejected; by operator and by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]
"""One line of the log: the mutant without its tree, the engine's verdict, our findings, and the score."""

CATEGORIES = ("must catch", "must find", "must not reject")
UNSCORED = ("free", "exempt", "slow")

OF_THE_STAND_IN = ("text", "model", "config", "name")
"""Which weights of a hub CLAP reads its texts with: here a stand-in takes any name, where the engine would fetch it."""


def category(row: Row, base: Row) -> str:
    """What the engine's verdict asks of ours. `base` is the row of the unchanged experiment.

    `free`: the mutant runs, but is not what it was: a key next to the changed one went unread, a loss is no number, or weights
    lost their gradient. Whether to call that an error is ours to decide.
    """
    engine = row["engine"]
    if row["operator"] == "type" or tuple(row["path"][-4:]) == OF_THE_STAND_IN:
        return "exempt"
    if engine["slow"]:
        return "slow"
    if engine["stage"]:
        return "must catch"
    unread = [path for path in engine["unread"] if path not in base["engine"]["unread"]]
    if any(row["path"][: len(path)] == path for path in unread):
        return "must find"
    changed = not engine["finite"] or engine["dead"] > base["engine"]["dead"] or unread
    return "free" if changed else "must not reject"


def is_right(row: Row, base: Row) -> bool:
    """Whether our findings are what the category asks for."""
    known = [(one["rule"], one["path"]) for one in base["ours"]]
    new = [one for one in row["ours"] if (one["rule"], one["path"]) not in known]
    errors = [one for one in new if one["severity"] == "error"]
    if row["category"] == "must catch":
        places = [row["path"], *row["also"]]
        return any(_touches(path, place) for one in errors for path in (one["path"], *one["others"]) for place in places)
    if row["category"] == "must find":
        return bool(new)
    return not errors if row["category"] == "must not reject" else True


def _touches(path: list[Any], place: list[Any]) -> bool:
    """The same key, one above it or one below it."""
    shorter = min(len(path), len(place))
    return shorter > 0 and path[:shorter] == place[:shorter]


def table(rows: Iterable[Row], by: str) -> list[str]:
    """Lines of a table: for each value of `by`, right of all in every category."""
    right, total = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in rows:
        for key in (str(row["engine"]["stage"] or "passes") if by == "stage" else str(row[by]), "all"):
            total[key, row["category"]] += 1
            right[key, row["category"]] += row["right"]
    names = [*sorted({key for key, _ in total if key != "all"}), "all"]
    lines = [f"{by:30}" + "".join(f"{name:>18}" for name in (*CATEGORIES, *UNSCORED))]
    for name in names:
        scored = "".join(f"{_of(right[name, one], total[name, one]):>18}" for one in CATEGORIES)
        lines.append(f"{name:30}{scored}" + "".join(f"{total[name, one] or '':>18}" for one in UNSCORED))
    return lines


def _of(right: int, total: int) -> str:
    return f"{right}/{total} {right / total:.1%}" if total else ""


def wrong(rows: Iterable[Row]) -> list[str]:
    """Every miss and every false alarm, with what both say."""
    lines = []
    for row in rows:
        if row["right"]:
            continue
        engine = row["engine"]
        said = f"fails in {engine['stage']}: {engine['error']}" if engine["stage"] else "passes"
        elsewhere = " (found elsewhere)" if any(one["severity"] == "error" for one in row["ours"]) and engine["stage"] else ""
        place = f"{row['operator']} {_dotted(row['path'])} ({row['what']})"
        lines += [f"{row['category']}{elsewhere}: #{row['number']} {row['base']}: {place}"]
        lines += [f"    engine: {said}", *(f"    ours: {_short(one)}" for one in row["ours"][:4])]
    return lines


def _short(one: Row) -> str:
    return f"{one['severity']}[{one['rule']}] {_dotted(one['path'])}: {one['message'][:160]}"


def _dotted(path: list[Any]) -> str:
    return ".".join(map(str, path))
