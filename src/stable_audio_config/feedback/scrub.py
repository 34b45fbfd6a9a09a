"""Texts and trees without secrets and names of people: keys, tokens, passwords in addresses, homes, names and folders in paths.

What looks like a secret is taken for one: a value too many that is left out costs a question, one too few costs an account.
"""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

REMOVED = "(removed)"
"""What stands in the place of a secret."""

SECRET_KEY = re.compile(r"(api_?key|secret|token|passw|passphrase|credential|authorization|private_?key)", re.IGNORECASE)
"""Keys and variables whose values nobody else should see."""

NOT_SECRET = re.compile(r"(token_dim|tokens|tokenizer|token_id|max_token|num_token|cond_token|memory_token)", re.IGNORECASE)
"""Keys of models that only sound like those."""

_TOKENS = (
    r"\bhf_[A-Za-z0-9]{16,}",  # Hugging Face
    r"\bgh[pousr]_[A-Za-z0-9]{16,}",  # GitHub
    r"\bgithub_pat_\w{20,}",
    r"\bglpat-[\w-]{16,}",  # GitLab
    r"\bsk-[\w-]{16,}",
    r"\bxox[abprs]-[\w-]{10,}",  # Slack
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",  # AWS
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",  # a signed JSON token
    r"\b[0-9a-f]{40}\b(?=[^0-9a-f]|$)",  # Weights & Biases; commits look the same, and are not missed
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----",
)

_NAMES = r"(?:api_?key|secret|passw(?:or)?d|access_?token|auth_?token|(?<![\w.-])token(?!\w))"
"""What a value behind `=` or `:` is called where it is secret."""

_VALUE = r"(?:\"[^\"]*\"|'[^']*'|[^\s,;]+)"

_IN_ADDRESSES = r"[\w.-]*(?:token|key|signature|sig|secret|password|credential)[\w.-]*"

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    *((re.compile(pattern), REMOVED) for pattern in _TOKENS),
    (re.compile(r"(://)[^/\s:@]+(?::[^/\s@]*)?@"), rf"\1{REMOVED}@"),
    (re.compile(rf"([?&]{_IN_ADDRESSES}=)[^&\s\"']+", re.IGNORECASE), rf"\1{REMOVED}"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}"), rf"\1 {REMOVED}"),
    (re.compile(rf"([\w.-]*{_NAMES}[\w.-]*[\"']?\s*[:=]\s*){_VALUE}", re.IGNORECASE), rf"\1{REMOVED}"),
    (re.compile(r"((?:/home|/Users|[A-Za-z]:\\Users)[/\\])(?!USER\b)[^/\\\s\"':,]+"), r"\1USER"),
)

_FOLDERS = (
    (re.compile(r"(?<![\w.:/~…])/(?:[^/\s\"':,;)`]+/)+(?=[^/\s\"':,;)`])"), "…/"),
    (re.compile(r"\b[A-Za-z]:\\(?:[^\\\s\"',;)`]+\\)+(?=[^\\\s])"), "…\\\\"),
)
"""The folders before the last part of a path from the root: what disks, projects and clients are called is nobody's business."""

SHORTEST = 8
"""Letters of the value of a secret variable that is looked for everywhere; shorter ones would be found in common words."""


def scrubber() -> Callable[[str], str]:
    """The function that takes out of a text what the user of this machine would not show: secrets, names, homes."""
    secrets = sorted(_secret_values(), key=len, reverse=True)
    home, here, names = _home(), str(Path.cwd()), _names()

    def scrub(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, REMOVED)
        if len(here) > 1 and not home.startswith(here):
            text = re.sub(rf"{re.escape(here)}(?=[/\\\s\"':,;)`]|$)", ".", text)
        if len(home) > 1:
            text = re.sub(rf"{re.escape(home)}(?=[/\\\s\"':,;)`]|$)", "~", text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        for name in names:
            text = re.sub(rf"(?<=[/\\]){re.escape(name)}(?=[/\\\s\"':,;)`]|$)", "USER", text)
        for pattern, instead in _FOLDERS:
            text = pattern.sub(instead, text)
        return text

    return scrub


def scrubbed_tree(tree: Any) -> Any:
    """A copy of a tree in which the values of secret keys are gone."""
    if isinstance(tree, dict):
        return {key: REMOVED if _is_secret(key, value) else scrubbed_tree(value) for key, value in tree.items()}
    return [scrubbed_tree(item) for item in tree] if isinstance(tree, (list, tuple)) else tree


def _is_secret(key: Any, value: Any) -> bool:
    text = str(key)
    return isinstance(value, str) and bool(SECRET_KEY.search(text)) and not NOT_SECRET.search(text)


def _secret_values() -> set[str]:
    """What the environment holds under names of secrets."""
    found = {value for name, value in os.environ.items() if SECRET_KEY.search(name) or re.search(r"(^|_)KEY$", name)}
    return {value for value in found if len(value) >= SHORTEST and not Path(value).exists()}


def _home() -> str:
    try:
        return str(Path.home())
    except RuntimeError:
        return ""


def _names() -> set[str]:
    """What the user is called in paths."""
    names = {os.environ.get(variable, "") for variable in ("USER", "LOGNAME", "USERNAME")}
    with suppress(KeyError, OSError, ImportError):  # A container may have no name for its user.
        names.add(getpass.getuser())
    return {name for name in names if len(name) > 2 and name != "root"}
