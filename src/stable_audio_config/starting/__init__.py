"""Before there is an experiment: what a user has, which presets there are, and the first files written from both.

What belongs here: looking at sound folders by their headers, choosing a model for what is wanted, drafts and templates as text.
What does not: asking questions and printing (`cli`), judging what was written (`validation`).
"""
