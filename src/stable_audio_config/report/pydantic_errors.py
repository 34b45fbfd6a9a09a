"""Pydantic's errors as findings: tags out of paths, one finding per mistake, suggestions from the branch that was meant."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic_core import ErrorDetails, ValidationError

from .finding import Edit, Finding, Fix, dotted
from .unions import KINDS, SEVERAL, Detail, one_for_each_union

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..datamodels.places import Place
    from ..datamodels.shapes import Kind, Shape

Path = tuple[str | int, ...]


def findings_from(error: ValidationError, tree: Any, root: type[BaseModel], base: Path = (), alone: bool = False) -> list[Finding]:
    """One finding per mistake in `tree`, which was checked against the data model `root`. The rest as in `findings_about`."""
    from ..datamodels.shapes import shape_of

    details = [(_real_path(tuple(item["loc"]), tree, item["type"]), item) for item in error.errors(include_url=False)]
    return _findings(details, tree, shape_of(root), base, alone)


def findings_about(faults: list[Detail], tree: Any, root: Shape, base: Path = (), alone: bool = False) -> list[Finding]:
    """One finding per mistake in `tree`; unknown keys first, since they explain the rest.

    Args:
        faults: as `datamodels.faults` gives them.
        root: what `tree` was checked against.
        base: the key path of `tree` in the file that it comes from.
        alone: whether `tree` is what one file holds; a composed one holds what presets set as well.
    """
    details = [(_real_path(path, tree, item["type"]), {**item, "loc": path}) for path, item in faults]
    return _findings(details, tree, root, base, alone)  # type: ignore[arg-type]


def _findings(details: list[Detail], tree: Any, root: Shape, base: Path, alone: bool) -> list[Finding]:
    from ..datamodels.places import place_of

    details = one_for_each_union(details)
    missing: dict[Path, set[str]] = {}
    for path, item in details:
        if item["type"] == "missing":
            missing.setdefault(path[:-1], set()).add(str(path[-1]))
    found: list[Finding] = []
    broken = {path[:end] for path, item in details if item["type"] != "too_short" for end in range(len(path))}
    details = [
        (path, item) for path, item in details if item["type"] != "too_short" or path not in broken
    ]  # It counts valid items only.
    explained: set[Path] = set()
    few = sum(item["type"] == "extra_forbidden" for _, item in details) <= MANY
    for path, item in details:
        if item["type"] == "extra_forbidden":
            place = place_of(root, tree, path[:-1])
            finding, meant = _unknown_key(
                (*base, *path), missing.get(path[:-1], set()), _at(tree, path[:-1]) if alone else (), place, base, few
            )
            found.append(finding)
            if meant in missing.get(path[:-1], set()):
                explained.add((*path[:-1], str(meant)))
    others = [(path, item) for path, item in details if item["type"] != "extra_forbidden" and path not in explained]
    found += [_wrong_value((*base, *path), item) for path, item in others]
    return list(dict.fromkeys(found))


def _real_path(location: Path, tree: Any, kind: str) -> Path:
    """`location` without the names of branches that Pydantic puts between the keys: only steps that exist in the tree stay."""
    path: list[str | int] = []
    node = tree
    for index, step in enumerate(location):
        missing = kind == "missing" and index == len(location) - 1
        if isinstance(node, Mapping) and (step in node or missing):
            path.append(step)
            node = node.get(step)
        elif isinstance(node, (list, tuple)) and isinstance(step, int):
            path.append(step)
            node = node[step] if step < len(node) else None
    return tuple(path)


def _resembled(key: str, missing: set[str], known: list[str]) -> list[str]:
    """The one key that was probably meant: one that is missing, before all others."""
    return get_close_matches(key, sorted(missing), n=1, cutoff=0.5) or get_close_matches(key, known, n=1, cutoff=0.6)


MANY = 200
"""Unknown keys: where there are more they are no typos, and to look for what each of them resembles would take seconds."""


def _unknown_key(
    path: Path, missing: set[str], written: Container[str], place: Place, base: Path, suggest: bool
) -> tuple[Finding, str | None]:
    """The finding, and the missing key that was meant."""
    key = str(path[-1])
    known = [] if place.shape is None else list(place.shape.fields)
    where = f"in `{dotted(path[:-1])}`" if path[:-1] else "in an experiment" if _is_experiment(place) else "at the top"
    gone = None if place.shape is None else place.shape.gone.get(key)
    if gone is not None:
        return Finding(rule="removed-key", message=f"`{key}` {where} {gone[0]}", path=path, help=gone[1]), None
    near = _resembled(key, missing, known) if suggest else []
    owners = [] if near else place.owners(key)
    if owners and place.kind is not None:
        message = (
            f"`{key}` belongs to {_kind_words(place.kind)} {_listed(owners)}, but `{dotted((*base, *place.at))}` is `{place.tag}`"
        )
        advice = f"take it out, or write `{place.kind.key}: {owners[0]}`"
        return Finding(rule="unknown-key", message=message, path=path, help=advice), None
    knows = f"it knows {_listed(known)}" if known else None
    help = f"did you mean `{near[0]}`?" if near else knows
    if near and near[0] in written:
        help = f"did you mean `{near[0]}`, which is set too?"
    fix = Fix(edits=(Edit(op="rename", path=path, value=near[0]),)) if near and near[0] not in written else None
    found = Finding(rule="unknown-key", message=f"unknown key `{key}` {where}", path=path, help=help, fix=fix)
    return found, near[0] if near else None


def _is_experiment(place: Place) -> bool:
    return place.shape is not None and "training" in place.shape.fields and "dataset" in place.shape.fields


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _kind_words(kind: Kind) -> str:
    return kind.name.replace("_", " ")


def _shown(value: Any) -> str:
    text = {True: "true", False: "false", None: "null"}.get(value) if isinstance(value, (bool, type(None))) else None
    if text is None:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    if isinstance(value, Mapping):
        text = "a group of keys"
    return text if len(text) <= 60 else text[:57] + "..."


def _wrong_value(path: Path, item: ErrorDetails) -> Finding:
    kind, context, value = item["type"], item.get("ctx", {}), item["input"]
    name = f"`{dotted(path)}`"
    make = _MESSAGES.get(kind)
    if make is not None:
        return make(name, path, context, value)
    wanted = context.get("words") if kind == SEVERAL else KINDS.get(kind)
    if wanted is not None:
        help, fix = None, None
        number = context.get("number") if kind == SEVERAL else kind in ("int_type", "float_type")
        if isinstance(value, str) and number and _is_number(value):
            help = f"write {float(value):g} without quotes"
            fix = Fix(edits=(Edit(op="set", path=path, value=_number(value)),))
        message = f"{name} must be {wanted}, not {_shown(value)}"
        return Finding(rule="wrong-type", message=message, path=path, help=help, fix=fix)
    message = item["msg"].replace("Input should be", "must be")
    return Finding(rule="wrong-value", message=f"{name} is {_shown(value)}: {message[0].lower()}{message[1:]}", path=path)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and "e" not in text.lower() and "." not in text else number


def _missing(name: str, path: Path, context: Mapping[str, Any], value: Any) -> Finding:
    parent = f" in `{dotted(path[:-1])}`" if path[:-1] else ""
    return Finding(rule="missing-key", message=f"`{path[-1]}` is missing{parent}", path=path)


def _tag_key(context: Mapping[str, Any]) -> str:
    """The key whose value chooses the branch; a union that chooses by a function (a tag that may be absent) goes by `type`."""
    name = str(context["discriminator"])
    return "type" if name.endswith("()") else name.strip("'")


def _wrong_tag(name: str, path: Path, context: Mapping[str, Any], value: Any) -> Finding:
    key = _tag_key(context)
    known = [tag.strip().strip("'") for tag in str(context["expected_tags"]).split(",")]
    near = get_close_matches(str(context["tag"]), known, n=1, cutoff=0.5)
    help = f"did you mean `{near[0]}`?" if near else f"it is one of {_listed(known)}"
    full = (*path, key)
    return Finding(
        rule="unknown-type",
        message=f"`{dotted(full)}` is `{context['tag']}`, which does not exist",
        path=full,
        help=help,
    )


def _no_tag(name: str, path: Path, context: Mapping[str, Any], value: Any) -> Finding:
    key = _tag_key(context)
    where = f" in {name}" if path else ""
    near = get_close_matches(key, map(str, value), n=1, cutoff=0.75) if isinstance(value, Mapping) else []
    if near:
        typo, fix = (*path, near[0]), Fix(edits=(Edit(op="rename", path=(*path, near[0]), value=key),))
        message = f"unknown key `{near[0]}`{where or ' at the top'}"
        return Finding(rule="unknown-key", message=message, path=typo, help=f"did you mean `{key}`?", fix=fix)
    return Finding(rule="missing-key", message=f"`{key}` is missing{where}", path=(*path, key))


def _removed_tag(name: str, path: Path, context: Mapping[str, Any], value: Any) -> Finding:
    full = (*path, str(context["key"]))
    return Finding(rule="removed-type", message=f"`{context['tag']}` {context['what']}", path=full, help=str(context["instead"]))


def _not_listed(name: str, path: Path, context: Mapping[str, Any], value: Any) -> Finding:
    known = [part.strip().strip("'") for part in str(context["expected"]).replace(" or ", ", ").split(",")]
    near = get_close_matches(str(value), known, n=1, cutoff=0.5)
    help = f"did you mean `{near[0]}`?" if near else f"it is one of {_listed(known)}"
    return Finding(rule="wrong-value", message=f"{name} cannot be {_shown(value)}", path=path, help=help)


def _length(words: str, key: str) -> Callable[[str, Path, Mapping[str, Any], Any], Finding]:
    def make(name: str, path: Path, context: Mapping[str, Any], value: Any) -> Finding:
        wanted, items = context[key], len(value)
        message = f"{name} has {items} item{'' if items == 1 else 's'}, but must have {words} {wanted}"
        return Finding(rule="wrong-value", message=message, path=path)

    return make


def _bound(words: str, key: str) -> Callable[[str, Path, Mapping[str, Any], Any], Finding]:
    def make(name: str, path: Path, context: Mapping[str, Any], value: Any) -> Finding:
        return Finding(rule="wrong-value", message=f"{name} is {_shown(value)}, but must be {words} {context[key]:g}", path=path)

    return make


_MESSAGES: dict[str, Callable[[str, Path, Mapping[str, Any], Any], Finding]] = {
    "missing": _missing,
    "union_tag_invalid": _wrong_tag,
    "union_tag_not_found": _no_tag,
    "removed_type": _removed_tag,
    "literal_error": _not_listed,
    "too_short": _length("at least", "min_length"),
    "too_long": _length("at most", "max_length"),
    "greater_than": _bound("greater than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
}
