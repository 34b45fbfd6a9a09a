"""What people have today (INI files, JSON, command lines of the engine's scripts) as experiments, and back.

What belongs here: reading old spellings exactly as the old programs read them, saying what became of each setting, and comparing
what the engine gets before and after. What does not: printing (`cli`), steps between schema versions of our own, torch.
"""
