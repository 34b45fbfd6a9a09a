"""What must hold before a run: the tree fits the data models, the engine can run it, the files are there.

What belongs here: small functions that look at a tree or an experiment and return findings. What does not: torch, Hydra, words
for the terminal. The cross-field rules of the engine (CONTRACT) each get a module-level function here.
"""
