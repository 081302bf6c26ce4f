"""$expand and $validate-code for the value sets that Benchside ships, and $validate-code for code systems.

Sources: https://hl7.org/fhir/R4/valueset-operation-expand.html, valueset-operation-validate-code.html,
codesystem-operation-validate-code.html
"""

from typing import Any

from benchside.fhir import r4, read, terminology, write
from benchside.fhir.terminology import code_systems
from benchside.wire.fhir_api import search_query, signin
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.operations.operation import Arguments, Operation, arguments
from benchside.wire.fhir_api.problems import BadRequest, Unprocessable

VALUE_SET = frozenset({"ValueSet"})
EXPAND_KNOWN = frozenset({"url", "valueSetVersion", "filter", "offset", "count", "includeDesignations", "activeOnly", "excludeNested"})
CODE_SYSTEM = "CodeSystem"
CODE_SYSTEM_KNOWN = frozenset({"url", "codeSystem", "version", "code", "display", "coding", "codeableConcept", "abstract"})
VALIDATE_KNOWN = frozenset({"url", "valueSetVersion", "code", "system", "display", "coding", "codeableConcept", "abstract"})


def expand(call: Call) -> Answer:
    """List the concepts of a value set; raises TerminologyError for one that is not shipped or can't be listed."""
    signin.require(call.principal, "ValueSet", "r")
    given = arguments(call)
    given.require_known(EXPAND_KNOWN, "expand")
    count = given.whole_number("count")
    size = min(call.limits.expansion_codes_max if count is None else count, call.limits.expansion_codes_max)
    expanded = terminology.expand(_url(call, given), given.text("filter"), given.whole_number("offset") or 0, size)
    return Answer(200, write(expanded), "ValueSet")


def validate_code(call: Call) -> Answer:
    """Say whether a code, one of several codings, or any coding of a concept is in a value set, or in a code system."""
    signin.require(call.principal, call.resource_type, "r")
    given = arguments(call)
    of_system = call.resource_type == CODE_SYSTEM
    given.require_known(CODE_SYSTEM_KNOWN if of_system else VALIDATE_KNOWN, "validate-code")
    if of_system:
        verdicts = _in_code_system(call, given)
    else:
        url = _url(call, given)
        verdicts = [terminology.validate_code(url, system, code, display) for system, code, display in _codings(given)]
    verdict = next((one for one in verdicts if one.result), None) or next((one for one in verdicts if one.result is None), verdicts[0])
    if verdict.result is None:
        raise Unprocessable(f"This can't be told here: {verdict.message}.")
    parameters = [r4.ParametersParameter(name="result", valueBoolean=verdict.result)]
    if verdict.message is not None:
        parameters.append(r4.ParametersParameter(name="message", valueString=verdict.message))
    if verdict.display is not None:
        parameters.append(r4.ParametersParameter(name="display", valueString=verdict.display))
    return Answer(200, write(r4.Parameters(parameter=parameters)), "Parameters", presented=True)


def _in_code_system(call: Call, given: Arguments) -> list[terminology.Validation]:
    """A verdict for each coding that is of the system meant: by `url`, by `codeSystem`, or by the resource at this address."""
    kept: Any = given.one("codeSystem")
    if call.id:
        kept = read(call.record.read(CODE_SYSTEM, call.id).content, CODE_SYSTEM)
    if kept is not None and not isinstance(kept, r4.CodeSystem):
        raise BadRequest("The parameter codeSystem must be a CodeSystem.")
    codings = _codings(given)
    url = (kept.url if kept is not None else given.text("url")) or codings[0][0]
    if url is None and kept is None:
        raise BadRequest("Name the code system: url=http://hl7.org/fhir/administrative-gender, for example.")
    if kept is None:
        kept = search_query.code_system(call, str(url), given.text("version"))
    own = [each for each in codings if each[0] in (None, url)]
    if not own:
        return [terminology.Validation(False, f"none of the codings is of {url}", None)]
    return [code_systems.validate_code(url or "the code system", kept, code, display) for _, code, display in own]


def _url(call: Call, given: Arguments) -> str:
    """The canonical URL of the value set that is meant: by `url`, or by the resource at this address."""
    if call.id:
        kept: Any = read(call.record.read("ValueSet", call.id).content, "ValueSet")
        url: str | None = kept.url
    else:
        url = given.text("url")
    if url is None:
        raise BadRequest("Name the value set: url=http://hl7.org/fhir/ValueSet/administrative-gender, for example.")
    version = given.text("valueSetVersion")
    return f"{url}|{version}" if version is not None and "|" not in url else url


def _codings(given: Arguments) -> list[tuple[str | None, str, str | None]]:
    """(system, code, display) of what is to be checked; raises BadRequest when there is nothing."""
    code = given.text("code")
    found: list[tuple[str | None, str, str | None]] = []
    if code is not None:
        found.append((given.text("system"), code, given.text("display")))
    concept = given.one("codeableConcept")
    codings = [given.one("coding")] if given.one("coding") is not None else []
    if isinstance(concept, r4.CodeableConcept):
        codings += concept.coding or []
    found += [(one.system, one.code, one.display) for one in codings if isinstance(one, r4.Coding) and one.code is not None]
    if not found:
        raise BadRequest("Name what to check: code (and system), coding or codeableConcept with a code.")
    return found


OPERATIONS = (
    Operation(
        name="expand",
        definition="http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
        levels={"type": VALUE_SET, "instance": VALUE_SET},
        methods=("GET", "POST"),
        handler=expand,
    ),
    Operation(
        name="validate-code",
        definition="http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code",
        levels={"type": VALUE_SET | {CODE_SYSTEM}, "instance": VALUE_SET | {CODE_SYSTEM}},
        methods=("GET", "POST"),
        handler=validate_code,
        definitions={CODE_SYSTEM: "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code"},
    ),
)
