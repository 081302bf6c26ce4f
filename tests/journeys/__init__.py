"""Whole paths through the screens, in a browser against a real server."""
