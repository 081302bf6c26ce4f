"""Tests of the R4 types: reading, writing, invariants, terminology."""
