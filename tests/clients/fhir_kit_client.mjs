// fhir-kit-client (https://github.com/Vermonster/fhir-kit-client), as its documentation uses it.
import assert from "node:assert/strict";
import { Client } from "fhir-kit-client";

const client = new Client({ baseUrl: process.env.FHIR_BASE, bearerToken: process.env.FHIR_TOKEN });
let steps = 0;
const step = async (work) => {
  const result = await work();
  steps += 1;
  return result;
};
const refused = async (status, work) => {
  await assert.rejects(work, (error) => (error.response?.status ?? error.status) === status);
  steps += 1;
};
const identifier = [{ system: "urn:benchside:test:mrn", value: "100" }];
const patient = (more) => ({ resourceType: "Patient", identifier, name: [{ family: "Silva" }], ...more });

const statement = await step(() => client.capabilityStatement());
assert.equal(statement.fhirVersion, "4.0.1");

const created = await step(() => client.create({ resourceType: "Patient", body: patient({}) }));
const read = await step(() => client.read({ resourceType: "Patient", id: created.id }));
assert.deepEqual(read.name, [{ family: "Silva" }]);

const updated = await step(() =>
  client.update({ resourceType: "Patient", id: created.id, body: { ...read, active: true }, options: { headers: { "If-Match": 'W/"1"' } } }),
);
assert.equal(updated.meta.versionId, "2");
await refused(412, () =>
  client.update({ resourceType: "Patient", id: created.id, body: read, options: { headers: { "If-Match": 'W/"1"' } } }),
);
const first = await step(() => client.vread({ resourceType: "Patient", id: created.id, version: "1" }));
assert.equal(first.active, undefined);

const patched = await step(() =>
  client.patch({ resourceType: "Patient", id: created.id, jsonPatch: [{ op: "replace", path: "/active", value: false }] }),
);
assert.equal(patched.active, false);

const history = await step(() => client.history({ resourceType: "Patient", id: created.id }));
assert.equal(history.total, 3);
assert.equal((await step(() => client.history({ resourceType: "Patient" }))).type, "history");
assert.equal((await step(() => client.history())).type, "history");

const again = await step(() =>
  client.create({
    resourceType: "Patient",
    body: patient({}),
    options: { headers: { "If-None-Exist": "Patient?identifier=urn:benchside:test:mrn|100" } },
  }),
);
assert.equal(again.id, created.id);

const entry = Array.from({ length: 25 }, (_, number) => ({
  request: { method: "POST", url: "Observation" },
  resource: {
    resourceType: "Observation",
    status: "final",
    code: { coding: [{ system: "http://loinc.org", code: "8867-4" }] },
    subject: { reference: `Patient/${created.id}` },
    valueQuantity: { value: 60 + number, unit: "/min" },
  },
}));
const answered = await step(() => client.transaction({ body: { resourceType: "Bundle", type: "transaction", entry } }));
assert.ok(answered.entry.every((one) => one.response.status.startsWith("201")));
const batch = await step(() =>
  client.batch({ body: { resourceType: "Bundle", type: "batch", entry: [{ request: { method: "GET", url: `Patient/${created.id}` } }] } }),
);
assert.equal(batch.entry[0].resource.id, created.id);

let page = await step(() =>
  client.search({ resourceType: "Observation", searchParams: { patient: created.id, code: "http://loinc.org|8867-4", _count: 10 } }),
);
assert.equal(page.total, 25);
const seen = new Set();
while (page) {
  page.entry.forEach((one) => seen.add(one.resource.id));
  page = await client.nextPage({ bundle: page });
}
assert.equal(seen.size, 25);
steps += 1;

const posted = await step(() =>
  client.resourceSearch({ resourceType: "Observation", searchParams: { patient: created.id }, options: { postSearch: true } }),
);
assert.equal(posted.total, 25);
const compartment = await step(() =>
  client.compartmentSearch({ compartment: { resourceType: "Patient", id: created.id }, resourceType: "Observation" }),
);
assert.equal(compartment.total, 25);
const everything = await step(() => client.operation({ name: "everything", resourceType: "Patient", id: created.id, method: "GET" }));
assert.equal(everything.total, 26);

const conditional = await step(() =>
  client.update({ resourceType: "Patient", searchParams: { identifier: "urn:benchside:test:mrn|100" }, body: patient({ gender: "female" }) }),
);
assert.equal(conditional.id, created.id);

const other = await step(() => client.create({ resourceType: "Patient", body: patient({}) }));
await step(() => client.delete({ resourceType: "Patient", id: other.id }));
await refused(410, () => client.read({ resourceType: "Patient", id: other.id }));
await refused(404, () => client.read({ resourceType: "Patient", id: "nobody" }));
await refused(400, () => client.search({ resourceType: "Patient", searchParams: { colour: "green" } }));
console.log(`${steps} steps passed`);
