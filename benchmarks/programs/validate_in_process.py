"""Validation inside one process, as in an editor or a hook. Prints one number: `rules FILE`, `files FILE COUNT`, `memory FILE`."""

import json
import resource
import sys
import time
import timeit
from pathlib import Path

from stable_audio_config.source.tree import without_comments
from stable_audio_config.validation.check import check_files
from stable_audio_config.validation.rule import apply_rules
from stable_audio_config.validation.setup import model_setup
from stable_audio_config.validation.view import Broken

what, file = sys.argv[1], sys.argv[2]
check_files([file])
if what == "rules":  # Seconds for all rules.
    tree = without_comments(json.loads(Path(file).read_text(encoding="utf-8")))
    print(min(timeit.repeat(lambda: apply_rules(model_setup(tree, Broken())), number=20, repeat=20)) / 20)
elif what == "files":  # Seconds for so many files.
    started = time.perf_counter()
    check_files([file] * int(sys.argv[3]))
    print(time.perf_counter() - started)
else:  # Bytes at the peak.
    check_files([file] * 100)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
