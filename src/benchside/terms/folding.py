"""Text as people look for it: without case, accents and doubled spaces."""

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """Fold `text` for comparison: `  José  NÚÑEZ` becomes `jose nunez`.

    Source: https://hl7.org/fhir/R4/search.html#string (case and accents are ignored, white space is normalised).
    """
    if text.isascii():
        return _SPACES.sub(" ", text).strip().lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _SPACES.sub(" ", plain).strip()
