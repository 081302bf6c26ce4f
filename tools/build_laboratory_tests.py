"""Make `src/benchside/areas/laboratory/tests.yaml` from the facts of common tests.

Reads `facts/tests.yaml` (BENCHSIDE_FACTS, by default `../shared/facts` beside the repository), turns its stability and
critical-limit strings into data, and fails on any string it does not understand: nothing is guessed.

Usage: python tools/build_laboratory_tests.py [--check]
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "src/benchside/areas/laboratory/tests.yaml"
HEADER = """# Made by tools/build_laboratory_tests.py from the facts of 60 common tests. Do not edit; edit the facts, or a site's overrides.
# stability: where -> limits in hours, each with the condition it holds for (tube, dark, on-ice ...); null = not allowed
# or no figure. basis S: read in a public page; K: usual practice, to be confirmed by the site before clinical use.
# LOINC codes: copyright Regenstrief Institute, used under the LOINC licence (https://loinc.org/license).
"""

_HOURS = {"h": 1.0, "d": 24.0, "y": 8760.0}
_TIME = re.compile(r"^(\d+(?:\.\d+)?)(h|d|y)$")
# Words that follow a time, as the facts write them -> what they mean as data.
_AFTER = {
    "": {},
    "dark": {"condition": "dark"},
    "on ice": {"condition": "on-ice"},
    "anaerobic": {"condition": "anaerobic"},
    "never chilled": {"condition": "never-chilled"},
    "stoppered": {"condition": "stoppered"},
    "plastic": {"condition": "plastic"},
    "cup": {"tube": "URINE_CUP"},
    "borate tube": {"tube": "URINE_BORATE"},
    "then refrigerate": {},
    "many sites": {"condition": "many-sites"},
    "to spin": {},
}
_BEFORE = {
    "": {},
    "fluoride": {"tube": "FLUORIDE"},
    "ice": {"condition": "on-ice"},
    "on UFH": {"condition": "on-heparin"},
    "load within": {},
}


def stability(text: str | None) -> list[dict[str, Any]] | None:
    """Turn `2h; fluoride 24h` into limits: hours with the tube or condition each is for."""
    if text is None:
        return None
    if text == "at once":
        return [{"hours": 0}]
    limits = []
    for part in text.split(";"):
        words = part.split()
        place = next((index for index, word in enumerate(words) if _TIME.match(word)), None)
        if place is None:
            raise ValueError(f"no time in {part!r}")
        amount, unit = _TIME.match(words[place]).groups()  # type: ignore[union-attr]  # matched just above
        hours = float(amount) * _HOURS[unit]
        before, after = " ".join(words[:place]), " ".join(words[place + 1 :])
        if before not in _BEFORE or after not in _AFTER:
            raise ValueError(f"not understood: {part!r}")
        limits.append({"hours": int(hours) if hours == int(hours) else hours, **_BEFORE[before], **_AFTER[after]})
    return limits


def entry(row: dict[str, Any]) -> dict[str, Any]:
    """Turn one row of the facts into the product's form."""
    low, high = row["crit"]
    return {
        "loinc": row["loinc"],
        "name": row["name"],
        "tubes": row["tubes"],
        "usual_ml": row["vol"],
        "smallest_ml": row["min"],
        "unit": row["unit"],
        "stability": {
            place: stability(row[key]) for place, key in (("unspun", "unspun"), ("room", "rt"), ("refrigerated", "ref"), ("frozen", "frz"))
        },
        "special": row["special"],
        "critical": {"low": low, "high": None if high == "site" else high, "site_sets": high == "site", "spread": row["crit_spread"]},
        "source": row["source"],
        "critical_source": row["crit_source"],
        "basis": row["basis"],
    }


def build(facts: Path) -> str:
    """Return the text of the table."""
    rows = yaml.safe_load((facts / "tests.yaml").read_text(encoding="utf-8"))["tests"]
    lines = [HEADER.rstrip()]
    for row in rows:
        value = yaml.safe_dump(entry(row), default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True).strip()
        lines.append(f"{row['id']}: {value}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the table, or with `--check` say whether it is current."""
    facts = Path(os.environ.get("BENCHSIDE_FACTS", ROOT.parent / "shared/facts"))
    text = build(facts)
    if "--check" in sys.argv:
        return 0 if TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
