"""The people who work here: co-signatures, reviews of overrides, competence sign-offs."""
