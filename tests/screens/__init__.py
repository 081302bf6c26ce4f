"""Screens asked as a browser asks them, without a browser: on both engines."""
