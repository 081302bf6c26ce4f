"""The screens of the bedside. Each module is one theme; `urls` gives their addresses."""
