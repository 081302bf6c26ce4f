"""What the first request would otherwise wait for, about 0.2 s of CPU: decoders, index extractors and reference walkers are made when first used."""

from datetime import UTC

from benchside.fhir import read, write
from benchside.fhir.references import references
from benchside.fhir.search.extraction import index_values
from benchside.wire.fhir_api import door

EXAMPLE = b'{"resourceType":"Basic","id":"warm","code":{"text":"warm"}}'


def warm_up() -> None:
    """Make them now. For a process that serves requests, before it says that it is ready; touches no database."""
    resource = read(EXAMPLE, "Basic")
    references(resource)
    index_values(resource, UTC)
    write(resource)
    assert door.routes.TABLE, "the table of interactions is loaded with the door"
