"""Findings to words: one model of what was found, several renderers; the only room with sentences for people and colour.

What belongs here: the `Finding` record, its renderers, the lines that commands print. What does not: finding anything.
"""
