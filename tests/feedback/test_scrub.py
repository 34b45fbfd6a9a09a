"""What is taken out of a report, and what is left in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stable_audio_config.feedback.scrub import REMOVED, scrubbed_tree, scrubber

HOMES, MACS = "/" + "home", "/" + "Users"
"""Written apart, since no file of this repository may hold a path of somebody's."""


@pytest.fixture
def scrub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    (tmp_path / "home" / "project").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "home" / "project")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USER", "grace")
    monkeypatch.setenv("LOGNAME", "grace")
    monkeypatch.setenv("MY_SERVICE_TOKEN", "correct-horse-battery")
    monkeypatch.setenv("SHORT_KEY", "abc")
    return scrubber()


@pytest.mark.parametrize(
    "secret",
    [
        "hf_" + "aB3" * 8,
        "ghp_" + "aB3" * 8,
        "github_pat_" + "aB3" * 8,
        "sk-" + "aB3" * 8,
        "AKIA" + "ABCD" * 4,
        "0123456789abcdef0123456789abcdef01234567",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefgh",
        "correct-horse-battery",
    ],
)
@pytest.mark.parametrize("around", ["{}", "key: {}", "--token={} --x", "(see {}, please)", '"{}"'])
def test_tokens_are_gone_wherever_they_stand(scrub: Callable[[str], str], secret: str, around: str) -> None:
    left = scrub(around.format(secret))
    assert secret not in left
    assert REMOVED in left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("s3 via https://ada:lovelace@host.example/x", f"s3 via https://{REMOVED}@host.example/x"),
        ("https://ada@host.example/x", f"https://{REMOVED}@host.example/x"),
        ("https://host.example/a?X-Amz-Signature=abc123&x=1", f"https://host.example/a?X-Amz-Signature={REMOVED}&x=1"),
        ("Authorization: Bearer abcdefgh12345", f"Authorization: Bearer {REMOVED}"),
        ("WANDB_API_KEY=abc", f"WANDB_API_KEY={REMOVED}"),
        ("my.password: 'two words' # x", f"my.password: {REMOVED} # x"),
        ('{"api_key": "abc", "x": 1}', f'{{"api_key": {REMOVED}, "x": 1}}'),
        ("token=abc", f"token={REMOVED}"),
        (f"{HOMES}/ada/music and {MACS}/bob/x", "…/music and …/x"),
        ("C:" + r"\Users\ada\music", r"…\music"),
        ("/mnt/lab/grace/music", "…/music"),
        ("`/scratch/grace`", "`…/USER`"),
    ],
)
def test_addresses_values_and_paths_keep_what_is_no_secret(scrub: Callable[[str], str], text: str, left: str) -> None:
    assert scrub(text) == left


def test_home_and_working_folder_are_called_by_their_short_names(scrub: Callable[[str], str]) -> None:
    home = Path.home()
    assert scrub(f"{home}/music and {home}/project/runs/x in `{home}/project`") == "~/music and ./runs/x in `.`"


@pytest.mark.parametrize(
    "text",
    [
        "cond_token_dim: 768\nnum_memory_tokens: 64\nmax_length: 128",
        "`latent_dim` is 64, not 32",
        "graceful: the word grace stands alone",
        "abc",
        "error[unknown-key]: unknown key `tokenizer`",
        "model/stable_audio_2_0.yaml:12:3",
    ],
)
def test_what_is_no_secret_stays(scrub: Callable[[str], str], text: str) -> None:
    assert scrub(text) == text


def test_values_of_secret_keys_are_gone_from_trees_and_numbers_stay() -> None:
    tree = {
        "api_key": "x",
        "token_dim": 768,
        "cond_token_dim": "wide",
        "deep": [{"hf_token": "x", "max_tokens": 3}],
        "secret": None,
    }
    assert scrubbed_tree(tree) == {
        "api_key": REMOVED,
        "token_dim": 768,
        "cond_token_dim": "wide",
        "deep": [{"hf_token": REMOVED, "max_tokens": 3}],
        "secret": None,
    }
