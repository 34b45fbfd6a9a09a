"""`python -m stable_audio_config` is `sat`."""

from .cli import main

if __name__ == "__main__":
    main()
