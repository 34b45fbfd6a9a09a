"""What a configuration may say: one Pydantic model per dictionary of the engine, frozen, with a string under every field.

What belongs here: keys, types, defaults, constraints of single values. What does not: files, Hydra, the engine, and rules between
fields (`validation`).
"""
