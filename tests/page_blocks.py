"""The code blocks of a page, and how they are run: shared by test_docs.py, which loads no engine, and engine/test_cookbook.py.

A block with a title is a file, which is written. In `bash` blocks every line is a command; in `console` blocks what follows a
command is compared with what it prints. A comment before a block of commands says how the engine's test shrinks them, so that
they really run in seconds: `<!-- small: words for the first command | words for the second -->`.
"""

from __future__ import annotations

import array
import math
import re
import shlex
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SMALL = "small:"

FENCE = re.compile(
    r'(?:^<!-- (?P<how>[^\n]*) -->\n+)?^```(?P<language>\w*)(?: title="(?P<title>[^"\n]+)")?\n(?P<text>.*?)^```$',
    flags=re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    """The word after the fence; empty where there is none."""
    title: str | None
    """The file that it is, relative to the folder that the page is followed in."""
    how: str
    """The comment before it; empty where there is none."""
    text: str
    """What stands between the fences."""
    start: int
    """Where in the page its text begins."""


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [Block(one["language"], one["title"], one["how"] or "", one["text"], one.start("text")) for one in found]


def commands(block: Block) -> list[list[str]]:
    """The words of each command of a `bash` block, with `runs/mine/*` expanded by nobody yet."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def shown(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a `console` block, each with what the page shows of its output."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def shrunk(block: Block) -> list[list[str]]:
    """The commands with what the comment before the block adds to each."""
    added = [shlex.split(part) for part in block.how.removeprefix(SMALL).split("|")]
    return [[*words, *more] for words, more in zip(commands(block), added, strict=True)]


def expanded(words: list[str]) -> list[str]:
    """The words as a shell hands them on: paths with `*` replaced by what they match in the working folder."""
    paths = [sorted(map(str, Path().glob(word))) if "*" in word and "=" not in word else [] for word in words]
    return [path for word, found in zip(words, paths, strict=True) for path in found or [word]]


def write(block: Block) -> None:
    """The block's file, in the working folder."""
    assert block.title is not None
    file = Path(block.title)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")


def printed(command: str, sat: Callable[..., Any]) -> str:
    """What a command prints. `| head -n 5` and `| tail -n 5` are done here, in this process."""
    words = shlex.split(command, comments=True)
    command_words, pipe = (words[: words.index("|")], words[words.index("|") + 1 :]) if "|" in words else (words, [])
    done = sat(*expanded(command_words[1:]))
    if not pipe:
        return str(done.out + done.err)
    program, _, count = pipe
    lines = done.out.splitlines(keepends=True)
    return "".join(lines[: int(count)] if program == "head" else lines[-int(count) :]) + str(done.err)


def write_music() -> None:
    """`music/`: what the pages take for the reader's own sounds; six stereo files of a second, named for what is to be heard."""
    Path("music").mkdir()
    time = [step / 44100 for step in range(44100)]
    for number, name in enumerate(("soft_rain", "heavy_rain", "far_thunder", "wind_in_trees", "calm_river", "waves_on_sand")):
        tone = [int(9000 * math.sin(2 * math.pi * (220 + 40 * number) * moment)) for moment in time]
        with wave.open(f"music/{name}.wav", "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(44100)
            file.writeframes(array.array("h", [value for value in tone for _ in range(2)]).tobytes())
