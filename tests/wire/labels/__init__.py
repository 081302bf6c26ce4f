"""Tests of labels and print."""
