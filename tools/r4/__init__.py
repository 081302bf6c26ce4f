"""The parts of the R4 generator: definitions in, Python source out."""
