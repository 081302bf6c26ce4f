"""`python -m benchside` and the `benchside` command."""

import sys


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    from benchside.cli.door import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
