"""The screens of the reception. Each module is one theme; `urls` gives their addresses."""
