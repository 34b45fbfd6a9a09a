"""Texts and files as plain data: what stands in a checkpoint, read without torch.

What belongs here: readers that know formats and nothing of what the values mean. What does not: judging them (`validation`).
"""
