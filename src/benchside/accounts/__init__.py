"""People and systems that may use Benchside: sign-in, tokens, roles and what each role may do."""
