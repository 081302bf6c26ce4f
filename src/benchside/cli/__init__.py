"""The `benchside` command."""
