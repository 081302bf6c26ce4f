"""The screens of the staff area. Each module is one theme; `urls` gives their addresses."""
