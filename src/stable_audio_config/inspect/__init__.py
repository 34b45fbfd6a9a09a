"""What a model is made of, worked out from its config alone: the shape of every weight, the way of the signal, the memory it takes.

What belongs here: how the engine's networks follow from their configs, as shapes and numbers. What does not: torch, and sentences
about mistakes, which are findings of `validation`.
"""
