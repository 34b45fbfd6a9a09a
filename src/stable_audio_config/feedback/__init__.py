"""What a bug report needs, in one text that can be shown to anybody.

What belongs here: collecting facts that others have found out, and taking secrets and names of people out of them. What does not:
finding anything out (`validation`), and sending anything anywhere: the file is the user's, to be read before it is shown.
"""
