"""Settings and wiring: the only place that knows every other part of Benchside."""
