"""The facts the product's tables were made from, where they are at hand: BENCHSIDE_FACTS, or `../shared/facts` beside the repository."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

FACTS = Path(os.environ.get("BENCHSIDE_FACTS", Path(__file__).resolve().parents[3] / "shared" / "facts"))


def facts(name: str) -> dict[str, Any]:
    """Return one table of the facts; skips the test, aloud, where they are not at hand."""
    path = FACTS / f"{name}.yaml"
    if not path.is_file():
        pytest.skip(f"The facts are not at hand ({path}); set BENCHSIDE_FACTS.")
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))
