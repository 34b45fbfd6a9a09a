"""What may be typed next: presets and files, keys of an experiment, types and other values.

What belongs here: suggestions, worked out from generated tables in a few milliseconds, since a person waits for each. What does
not: a shell's own scripts and the commands' arguments (`cli`), and anything that imports Hydra or a data model.
"""
