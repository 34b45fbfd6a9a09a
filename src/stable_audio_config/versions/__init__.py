"""Steps between versions: of our own format (`schema_version`), and of the engine whose JSON a file holds.

What belongs here: steps, each a function up and one down over a plain tree, what carries a tree or a text along them, and the
keys that still work though they have a successor. What does not: reading other formats than ours and the engine's JSON
(`migrate`), and what is wrong with a config of today (`validation`).
"""
