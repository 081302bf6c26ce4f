"""What each family of analyzers means by its records: one file of `families` for each, and results in one form for all."""
