// MedplumClient of @medplum/core (https://github.com/medplum/medplum), told only where the server is and with which token.
import assert from "node:assert/strict";
import { MedplumClient, OperationOutcomeError } from "@medplum/core";

const address = new URL(process.env.FHIR_BASE);
const medplum = new MedplumClient({
  baseUrl: `${address.origin}/`,
  fhirUrlPath: "fhir",
  accessToken: process.env.FHIR_TOKEN,
  cacheTime: 0,
});
let steps = 0;
const step = async (work) => {
  const result = await work();
  steps += 1;
  return result;
};
const refused = async (code, work) => {
  await assert.rejects(work, (error) => error instanceof OperationOutcomeError && error.outcome.issue[0].code === code);
  steps += 1;
};
const identifier = [{ system: "urn:benchside:test:mrn", value: "100" }];
const patient = { resourceType: "Patient", identifier, name: [{ family: "Silva", given: ["Ana"] }] };

const created = await step(() => medplum.createResource(patient));
const read = await step(() => medplum.readResource("Patient", created.id));
assert.deepEqual(read.name, patient.name);
const updated = await step(() => medplum.updateResource({ ...read, active: true }));
assert.equal(updated.meta.versionId, "2");
const patched = await step(() => medplum.patchResource("Patient", created.id, [{ op: "replace", path: "/active", value: false }]));
assert.equal(patched.active, false);
await refused("conflict", () => medplum.updateResource({ ...read, active: true }, { headers: { "If-Match": 'W/"1"' } }));

const again = await step(() => medplum.createResourceIfNoneExist(patient, "identifier=urn:benchside:test:mrn|100"));
assert.equal(again.id, created.id);
const upserted = await step(() => medplum.upsertResource({ ...patient, gender: "female" }, "identifier=urn:benchside:test:mrn|100"));
assert.equal(upserted.id, created.id);

const history = await step(() => medplum.readHistory("Patient", created.id));
assert.equal(history.entry.length, 4);
const first = await step(() => medplum.readVersion("Patient", created.id, "1"));
assert.equal(first.active, undefined);

const code = { coding: [{ system: "http://loinc.org", code: "8867-4" }] };
const mother = "urn:uuid:11111111-1111-4111-8111-111111111111";
const entry = [{ fullUrl: mother, request: { method: "POST", url: "Patient" }, resource: { resourceType: "Patient", name: [{ family: "Costa" }] } }];
for (let number = 0; number < 25; number += 1) {
  const subject = { reference: mother };
  entry.push({ request: { method: "POST", url: "Observation" }, resource: { resourceType: "Observation", status: "final", code, subject } });
}
const answered = await step(() => medplum.executeBatch({ resourceType: "Bundle", type: "transaction", entry }));
assert.ok(answered.entry.every((one) => one.response.status.startsWith("201")));
const motherId = answered.entry[0].response.location.match(/Patient\/([^/]+)/)[1];

const seen = new Set();
let pages = 0;
for await (const page of medplum.searchResourcePages("Observation", { subject: `Patient/${motherId}`, _count: 10 })) {
  page.forEach((one) => seen.add(one.id));
  pages += 1;
}
assert.deepEqual([pages, seen.size], [3, 25]);
steps += 1;
const bundle = await step(() => medplum.search("Observation", `patient=${motherId}&_count=1&_total=accurate`));
assert.equal(bundle.total, 25);
assert.equal((await step(() => medplum.searchOne("Patient", "name=Costa"))).id, motherId);
const everything = await step(() => medplum.readPatientEverything(motherId));
assert.ok(everything.entry.length > 1);
const verdict = await step(() => medplum.validateResource(patient));
assert.equal(verdict.issue[0].severity, "information");

const other = await step(() => medplum.createResource({ resourceType: "Basic", code: { text: "x" } }));
await step(() => medplum.deleteResource("Basic", other.id));
await assert.rejects(() => medplum.readResource("Basic", other.id));
await refused("not-found", () => medplum.readResource("Patient", "nobody"));
await assert.rejects(() => medplum.search("Patient", "colour=green"), OperationOutcomeError);
console.log(`${steps} steps passed`);
