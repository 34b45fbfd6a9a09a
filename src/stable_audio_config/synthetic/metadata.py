"""The custom metadata module of the synthetic dataset.

The engine runs this file by its path and pickles the function by value for every data loader worker, so the function
imports what it needs inside itself and the file depends on nothing but the standard library.
"""


def get_custom_metadata(info: dict, audio: object) -> dict:  # type: ignore[type-arg]  # noqa: ARG001
    """The `prompt`, `kind` and `pitch` written in the JSON file beside `info["path"]`."""
    import json
    from pathlib import Path

    labels: dict[str, object] = json.loads(Path(info["path"]).with_suffix(".json").read_text(encoding="utf-8"))
    return labels
