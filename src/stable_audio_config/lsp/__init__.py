"""The language server, `sat lsp`: what is known about a config while it is being written.

What belongs here: editors' buffers and positions, and the answers to their requests, made of what the other rooms find out. What
does not: any judgement of its own about a config.
"""
