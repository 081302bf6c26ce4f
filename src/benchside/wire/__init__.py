"""What translates between the outside and Benchside: one package per protocol."""
