"""The smallest click program: what `sat --help` is measured against."""

import click


@click.group()
def main() -> None:
    """Does nothing."""


if __name__ == "__main__":
    main()
