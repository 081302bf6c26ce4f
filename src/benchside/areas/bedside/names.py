"""What the bedside's coded facts in refusals are called."""

from collections.abc import Mapping

from benchside.areas.bedside.vitals import package_vitals


def bedside_names(language: str) -> Mapping[str, str]:
    """Names of the vital signs, keyed `sign:code`."""
    return {f"sign:{code}": sign.es if language == "es" else sign.en for code, sign in package_vitals().signs.items()}
