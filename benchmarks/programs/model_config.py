"""The first validated model config of a process; with `--warm`, seconds per validation once everything is there."""

import json
import sys
import timeit
from pathlib import Path

from stable_audio_config.datamodels.kinds import KINDS

tree = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
tree.pop("training", None)
check = KINDS["model"].check
check(tree)
if "--warm" in sys.argv:
    print(min(timeit.repeat(lambda: check(tree), number=200, repeat=20)) / 200)
