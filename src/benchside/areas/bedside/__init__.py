"""The bedside: vital signs, intake, point-of-care tests."""
