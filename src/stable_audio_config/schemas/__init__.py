"""JSON Schemas of every kind of file, made from the data models, and what brings them to editors.

What belongs here: the way from data models to schemas, the generated files (`strict/` for complete configs, `authoring/` for
files as people write them), and the settings that editors need. What does not: what a config may say (`datamodels`), and rules
between fields, which no schema can tell (`validation`).
"""
