"""Migrations of the rows of the API."""
