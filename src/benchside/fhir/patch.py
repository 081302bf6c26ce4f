"""Change parts of a resource: JSON Patch on its document, FHIRPath Patch on its structs.

Both give a resource that was read again, so that nothing invalid comes out; both raise Invalid with what is wrong.
"""

from benchside.fhir.fhirpath_patch import fhirpath_patch
from benchside.fhir.json_patch import json_patch

__all__ = ["fhirpath_patch", "json_patch"]
