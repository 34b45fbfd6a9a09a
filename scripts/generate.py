"""Writes what is made from the code, or says what is out of date: `python scripts/generate.py --write` or `--check`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "stable_audio_config"
RULES = ROOT / "docs" / "rules"
REFERENCE = ROOT / "docs" / "reference"
SCHEMAS = SOURCE / "schemas"
EXAMPLES = ROOT / "tests" / "examples"

BY_HAND = (REFERENCE / "findings.md",)
"""Pages among the generated ones that somebody writes."""


def tables() -> dict[Path, str]:
    """The shapes and the schema that rules and `sat validate` use in the data models' place, and what completion suggests."""
    from stable_audio_config.completion.tables import words
    from stable_audio_config.datamodels.export import schema_table, shapes

    folder = SOURCE / "datamodels" / "tables"
    return {
        folder / "shapes.json": json.dumps(shapes(), separators=(",", ":"), ensure_ascii=False) + "\n",
        folder / "schema.json": json.dumps(schema_table(), separators=(",", ":"), ensure_ascii=False) + "\n",
        SOURCE / "completion" / "words.json": json.dumps(words(), separators=(",", ":"), ensure_ascii=False) + "\n",
    }


def rule_pages() -> dict[Path, str]:
    """A page for each name of a finding, with the example that the tests run; the index; the engine's cross-field rules."""
    from stable_audio_config.report.pages import Example, contract_page, rule_page, rules_index
    from stable_audio_config.validation.catalogue import entries
    from stable_audio_config.validation.catalogue.contract import rows

    def example(name: str) -> Example | None:
        files = [EXAMPLES / name / file for file in ("bad.yaml", "bad.txt", "good.yaml")]
        if not all(file.is_file() for file in files):
            return None
        return Example(*(file.read_text(encoding="utf-8", errors="replace") for file in files))  # One is bad for not being UTF-8.

    pages = {RULES / f"{name}.md": rule_page(entry, example(name)) for name, entry in entries().items()}
    return {**pages, RULES / "README.md": rules_index(entries().values()), RULES / "contract.md": contract_page(rows())}


def reference_pages() -> dict[Path, str]:
    """Every key of every data model."""
    from stable_audio_config.datamodels.experiment import ExperimentConfig
    from stable_audio_config.datamodels.export import kinds
    from stable_audio_config.datamodels.inference import InferenceConfig
    from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
    from stable_audio_config.report.reference import kind_page, model_page, reference_index

    whole: dict[str, tuple[str, str, Any]] = {
        "experiment.md": ("experiment", "What `sat train` runs.", ExperimentConfig),
        "pre_encode.md": ("pre-encoding", "What `sat pre-encode` does.", PreEncodeConfig),
        "inference.md": ("inference", "What `sat generate` does.", InferenceConfig),
    }
    about = {file: intro for file, (_, intro, _) in whole.items()}
    about["findings.md"] = "What `sat validate --format json` prints."
    return {
        **{REFERENCE / file: model_page(title, intro, model) for file, (title, intro, model) in whole.items()},
        **{REFERENCE / f"{kind.kind}.md": kind_page(kind) for kind in kinds()},
        REFERENCE / "README.md": reference_index(kinds(), about),
    }


def schemas() -> dict[Path, str]:
    """A JSON Schema for each kind of file, in its flavours."""
    from stable_audio_config.schemas.files import generated

    return generated()


MAKERS: tuple[Callable[[], dict[Path, str]], ...] = (tables, rule_pages, reference_pages, schemas)
"""Each gives files with their content."""


def out_of_date(made: dict[Path, str]) -> list[Path]:
    """The files that are not as they were made, and pages and schemas that nothing makes any more."""
    pages = {page for folder in (RULES, REFERENCE) for page in folder.glob("*.md")} | set(SCHEMAS.glob("*/*.json"))
    return [*(file for file, text in made.items() if not _holds(file, text)), *sorted(pages - made.keys() - set(BY_HAND))]


def main() -> int:
    """Writes the files, or compares them; 1 if one of them is out of date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write the files")
    choice.add_argument("--check", action="store_true", help="say which files are out of date")
    options = parser.parse_args()
    made = {file: text for make in MAKERS for file, text in make().items()}
    stale = out_of_date(made)
    if options.write:
        _write(stale, made)
    for file in stale:
        print(f"{'brought up to date' if options.write else 'out of date'}: {file.relative_to(ROOT)}")
    if stale and options.check:
        print("refresh with: python scripts/generate.py --write", file=sys.stderr)
        return 1
    return 0


def _write(stale: Iterable[Path], made: dict[Path, str]) -> None:
    for file in stale:
        if file in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(made[file], encoding="utf-8")
        else:
            file.unlink()


def _holds(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
