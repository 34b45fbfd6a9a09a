"""The scripts that make a shell ask `sat` what may be typed next, on top of click's own."""

from __future__ import annotations

import os

from click.shell_completion import BashComplete, CompletionItem, ShellComplete, ZshComplete, add_completion_class, split_arg_string

BASH = """\
%(complete_func)s() {
    local IFS=$'\\n'
    COMPREPLY=($(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=./] ]]; then
        compopt -o nospace
    fi
}
complete -o nosort -o bashdefault -o default -F %(complete_func)s %(prog_name)s
"""
"""Bash breaks words at `=`: the whole line is handed over, and what comes back takes the place of the last piece alone.
Where nothing comes back, Bash offers its files."""

ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a whole begun
    local line
    (( ! $+commands[%(prog_name)s] )) && return 1
    for line in "${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
            %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)}"; do
        if [[ "$line" == *[=./] ]]; then
            begun+=("$line")
        elif [[ -n "$line" ]]; then
            whole+=("$line")
        fi
    done
    (( $#whole )) && compadd -U -V unsorted -a whole
    (( $#begun )) && compadd -U -S '' -V unsorted -a begun
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""
"""Like click's, but a word that ends with `=`, `.` or `/` gets no space behind it."""


def plain_words(items: list[CompletionItem[str]], incomplete: str) -> list[str]:
    """The suggestions as words: where click leaves files to the shell, they are looked up here."""
    from ..completion.words import files

    if any(item.type in ("file", "dir") for item in items):
        return files(incomplete, (), anything=True)
    return [item.value for item in items]


class Bash(BashComplete):
    """Overrides are one word, although Bash takes `=` for the end of one."""

    source_template = BASH

    def source(self) -> str:
        """The script, without asking which Bash there is: that is whoever sources it."""
        return ShellComplete.source(self)

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one under it."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        if not line or line[-1].isspace():
            return words[1:], ""
        return words[1:-1], words[-1]

    def complete(self) -> str:
        """One suggestion per line, each without what Bash takes for words of their own."""
        args, incomplete = self.get_completion_args()
        breaks = [mark for mark in os.environ.get("COMP_WORDBREAKS", "=:") if mark in "=:"]
        kept = max((incomplete.rfind(mark) for mark in breaks), default=-1) + 1
        return "\n".join(word[kept:] for word in plain_words(self.get_completions(args, incomplete), incomplete))


class Zsh(ZshComplete):
    """Words as they are, one per line."""

    source_template = ZSH

    def complete(self) -> str:
        """One suggestion per line."""
        args, incomplete = self.get_completion_args()
        return "\n".join(plain_words(self.get_completions(args, incomplete), incomplete))


for shell in (Bash, Zsh):
    add_completion_class(shell)
