"""The optimizers, by where they come from; `optim.py` says which may stand where."""
