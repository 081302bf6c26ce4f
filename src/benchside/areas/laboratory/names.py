"""What the coded facts in the laboratory's refusals are called, in one mapping for `text_of`."""

from collections.abc import Mapping
from functools import cache

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.critical import critical_names
from benchside.areas.laboratory.order_questions import question_names
from benchside.areas.laboratory.reception import reception_names
from benchside.areas.laboratory.tubes import tube_names
from benchside.areas.laboratory.words import Term
from benchside.terms.package_data import package_table


@cache
def _own() -> Mapping[str, Term]:
    return package_table("benchside.areas.laboratory", "names.yaml", dict[str, Term])


def laboratory_names(language: str) -> Mapping[str, str]:
    """Return names of tests, tubes, rejections, states and the like, keyed `kind:code`, in `language`."""
    catalogue = package_catalogue()
    tests = {f"test:{code}": analyte.name.text(language) for code, analyte in catalogue.analytes.items()}
    tests |= {f"test:{code}": test.name.text(language) for code, test in catalogue.tests.items()}
    tests |= {f"test:{code}": panel.name.text(language) for code, panel in catalogue.panels.items()}
    return {
        **question_names(language),
        **{code: term.text(language) for code, term in _own().items()},
        **tests,
        **tube_names(language),
        **reception_names(language),
        **critical_names(language),
    }
