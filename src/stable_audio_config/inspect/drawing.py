"""What `sat inspect` prints: the way of the signal as a drawing, and tables below it."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from .flow import Signal, Step, Wire
from .memory import METHOD
from .summary import Summary

_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def drawing(of: Summary, lines: bool) -> str:
    """The whole text. `lines` draws with line characters, for terminals; without, plain ASCII."""
    sections = [_headline(of), "", *_flow(of.flow, lines)]
    if of.wires:
        sections += ["", "conditions", *_table(_wire(wire, lines) for wire in of.wires)]
    sections += ["", "parameters", *_parameters(of)]
    rows = [(row.what, _size(row.bytes) if row.bytes else "", row.how) for row in of.memory]
    total = ("total", _size(sum(row.bytes for row in of.memory)), "")
    title = "memory of training (estimate)" if len(rows) > 1 else "memory of the weights (there is no training section)"
    sections += ["", title, *_table([*rows, total], right=(1,))]
    sections += [f"  {line}" for line in wrap(METHOD, 110)] if len(rows) > 1 else []
    return "\n".join(line.rstrip() for line in sections)


def _headline(of: Summary) -> str:
    facts = [of.model_type]
    if of.sample_rate is not None:
        facts.append(f"{of.sample_rate} Hz")
    if of.sample_size is not None:
        long = f" ({of.seconds:.2f} s)" if of.seconds is not None else ""
        facts.append(f"sample_size {of.sample_size}{long}")
    if of.downsampling is not None and of.downsampling > 1:
        facts.append(f"{of.downsampling} samples per latent frame")
    return ", ".join(facts)


def _flow(way: list[Signal | Step], lines: bool) -> list[str]:
    """Signals at the left; the parts between them hang on a line."""
    bar, arrow = ("│", "▼") if lines else ("|", "v")
    signals = [item for item in way if isinstance(item, Signal)]
    rows = iter(_table(_signal(item) for item in signals))
    told: list[str] = []
    for index, item in enumerate(way):
        if isinstance(item, Signal):
            told.append(next(rows))
            continue
        words = f"{item.name} {item.kind}".strip()
        last = index == len(way) - 1
        told.append(f"    {bar}  {words}" + (f"  {item.note}" if item.note else ""))
        told += [] if last else [f"    {arrow}"]
    return told


def _signal(of: Signal) -> tuple[str, ...]:
    rate = "" if of.rate is None else f"{of.rate:.2f}".rstrip("0").rstrip(".") + " per second"
    books = "" if of.codebooks is None else f"{of.codebooks} token{'s' if of.codebooks != 1 else ''} each"
    frames = "" if of.frames is None else f"{of.frames} frames"
    return of.name, "" if of.channels is None else f"{of.channels} channel{'s' if of.channels != 1 else ''}", rate, frames, books


def _wire(of: Wire, lines: bool) -> tuple[str, ...]:
    arrow = "─▶" if lines else "->"
    width = "?" if of.width is None else str(of.width)
    given = f"{of.tokens} x {width}" if of.tokens is not None else width
    expected = f"{of.key} {of.expected}" if of.key else ""
    return of.id, of.kind, given, arrow, of.where, expected


def _parameters(of: Summary) -> list[str]:
    rows: list[tuple[str, ...]] = [("part", "type", "trained", "frozen", "")]
    for part in of.parts:
        if part.tensors is None:
            rows.append((part.name, part.kind, "?", "?", f"not counted: {part.note}"))
        else:
            counts = f"{part.tensors.trained_count:,}", f"{part.tensors.frozen_count:,}"
            rows.append((part.name, part.kind, *counts, part.note))
    missing = "".join(f", and {part.name}" for part in of.uncounted)
    rows.append(("total", "", f"{of.trained:,}", f"{of.frozen:,}", f"{of.trained + of.frozen:,} in all{missing}"))
    return _table(rows, right=(2, 3))


def _table(rows: Iterable[tuple[str, ...]], right: tuple[int, ...] = ()) -> list[str]:
    """Columns as wide as their widest entry, with two spaces before each."""
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return [_row(row, widths, right) for row in listed]


def _row(row: tuple[str, ...], widths: list[int], right: tuple[int, ...]) -> str:
    cells = (
        cell.rjust(width) if index in right else cell.ljust(width)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return ("  " + "  ".join(cells)).rstrip()


def _size(amount: int) -> str:
    for unit, name in _UNITS:
        if amount >= unit:
            return f"{amount / unit:.2f} {name}"
    return f"{amount} bytes"
