"""fhir-kit-client and @medplum/core, unchanged, against a running server."""

from tests.clients.conftest import Running, run_script


def test_fhir_kit_client(server: Running, node: str) -> None:
    assert run_script(node, "fhir_kit_client.mjs", server).strip().endswith("steps passed")


def test_medplum(server: Running, node: str) -> None:
    assert run_script(node, "medplum.mjs", server).strip().endswith("steps passed")
