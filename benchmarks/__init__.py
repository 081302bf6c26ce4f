"""Benchmarks: every claim of speed, beside its peer or its limit, measured in one run.

A module here has `NAME` (the section's title), `METHOD` (what is measured, in a paragraph) and `main() -> list[Figure]`.
`./bench` runs all, `./bench NAME` one; each rewrites its own section of RESULTS.md and leaves the others alone.
"""
