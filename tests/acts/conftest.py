"""A clinic on each engine."""

import pytest

from tests.acts.clinic import Clinic, open_clinic


@pytest.fixture
def clinic(database: str) -> Clinic:
    """An open clinic in the morning, on each engine."""
    del database
    return open_clinic()
