"""The learning rate schedulers, by where they come from; `optim.py` says which may stand where."""
