"""Write the ICD-10-CM codes that Benchside ships, `src/benchside/fhir/terminology/icd10cm.txt.gz`.

    python tools/build_icd10cm.py TABULAR.xml

`TABULAR.xml` is the tabular list as the U.S. National Center for Health Statistics publishes it for a fiscal year (public domain); the
Python package simple-icd-10-cm carries it as `data/icd10c-tabular-*.xml`. Kept are the codes that are valid on a claim (those without
further divisions), one a line: code, tab, name.
"""

import argparse
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

OUTPUT = Path(__file__).resolve().parent.parent / "src" / "benchside" / "fhir" / "terminology" / "icd10cm.txt.gz"
CODE_LENGTH = 7
"""Characters of a code with a seventh character, its point left out."""

DEATH_BEFORE_WAKING = re.compile(r"S06..[78]")


def valid_codes(diagnosis: ET.Element, sevenths: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (code, name) of every code below `diagnosis` that is divided no further; seventh characters come from the nearest category."""
    own = diagnosis.find("sevenChrDef")
    known = {line.get("char", ""): line.text or "" for line in own.findall("extension")} if own is not None else sevenths
    code, name = diagnosis.findtext("name", "").strip(), " ".join(diagnosis.findtext("desc", "").split())
    below = diagnosis.findall("diag")
    for part in below:
        yield from valid_codes(part, known)
    if below:
        return
    if not known:
        yield code, name
        return
    filled = code.replace(".", "").ljust(CODE_LENGTH - 1, "X")
    for character, words in known.items():
        if DEATH_BEFORE_WAKING.fullmatch(filled) and character != "A":
            continue  # the tabular list says so in a note: nobody comes back for these
        yield f"{filled[:3]}.{filled[3:]}{character}", f"{name}, {' '.join(words.split())}"


def main() -> None:
    """Read the tabular list and write the codes."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("tabular", type=Path)
    tree = ET.parse(reader.parse_args().tabular)  # a file the maintainer names, once a year
    found = dict(code for diagnosis in tree.iterfind("./chapter/section/diag") for code in valid_codes(diagnosis, {}))
    wrong = [code for code in found if not re.fullmatch(r"[A-Z][0-9A][0-9A-Z](?:\.[0-9A-Z]{1,4})?", code)]
    if wrong:
        raise SystemExit(f"Not codes: {', '.join(wrong[:10])}")
    text = "".join(f"{code}\t{name}\n" for code, name in sorted(found.items()))
    OUTPUT.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(found)} codes of ICD-10-CM {tree.findtext('version')}")


if __name__ == "__main__":
    main()
