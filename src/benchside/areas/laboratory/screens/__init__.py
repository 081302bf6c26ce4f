"""The screens of the laboratory. Each module is one theme; `urls` gives their addresses."""
