"""What stands behind `engine/build.py`: configs checked, made into what the engine reads, and handed to its factories."""
