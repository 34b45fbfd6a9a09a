"""The oracle: the real engine's verdict about many small configs, right and wrong, held against ours.

`python -m oracle --count 2000 --seed 1` (from tests/engine) prints the table and lists every miss.
"""
