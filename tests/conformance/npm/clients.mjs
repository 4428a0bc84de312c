// Two FHIR clients of npm, unmodified, against a running server: node clients.mjs BASE TOKEN
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import kit from "fhir-kit-client";
import smart from "fhirclient";

const [base, token] = process.argv.slice(2);
const family = randomUUID();
const patient = { resourceType: "Patient", name: [{ family }], gender: "female" };
const observation = (reference) => ({
  resourceType: "Observation",
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code: "29463-7" }] },
  subject: { reference },
  valueQuantity: { value: 70.5, unit: "kg", system: "http://unitsofmeasure.org", code: "kg" },
});

async function fhirKit() {
  const Client = kit.default ?? kit;
  const client = new Client({ baseUrl: base, bearerToken: token });
  const statement = await client.capabilityStatement();
  assert.equal(statement.fhirVersion, "4.0.1");

  const made = await client.create({ resourceType: "Patient", body: patient });
  const read = await client.read({ resourceType: "Patient", id: made.id });
  assert.deepEqual(read, made);
  const updated = await client.update({
    resourceType: "Patient", id: made.id, body: { ...made, gender: "male" },
  });
  assert.equal(updated.meta.versionId, "2");
  const patched = await client.patch({
    resourceType: "Patient", id: made.id,
    JSONPatch: [{ op: "replace", path: "/gender", value: "other" }],
  });
  assert.equal(patched.gender, "other");
  const first = await client.vread({ resourceType: "Patient", id: made.id, version: "1" });
  assert.equal(first.gender, "female");
  const history = await client.history({ resourceType: "Patient", id: made.id });
  assert.equal(history.entry.length, 3);

  for (let turn = 0; turn < 4; turn += 1) {
    await client.create({ resourceType: "Patient", body: patient });
  }
  let page = await client.search({ resourceType: "Patient", searchParams: { family, _count: 2 } });
  assert.equal(page.total, 5);
  const seen = new Set();
  while (page) {
    for (const entry of page.entry) seen.add(entry.resource.id);
    page = page.link.some((one) => one.relation === "next")
      ? await client.nextPage({ bundle: page }) : null;
  }
  assert.equal(seen.size, 5);
  const posted = await client.search({
    resourceType: "Patient", searchParams: { family }, options: { postSearch: true },
  });
  assert.equal(posted.total, 5);

  const urn = `urn:uuid:${randomUUID()}`;
  const bundle = await client.transaction({
    body: {
      resourceType: "Bundle", type: "transaction",
      entry: [
        { fullUrl: urn, resource: patient, request: { method: "POST", url: "Patient" } },
        { resource: observation(urn), request: { method: "POST", url: "Observation" } },
      ],
    },
  });
  assert.equal(bundle.type, "transaction-response");
  await client.delete({ resourceType: "Patient", id: made.id });
  await assert.rejects(client.read({ resourceType: "Patient", id: made.id }), (error) =>
    error.response.status === 410);
}

async function smartClient() {
  const client = smart({}, {}).client
    ? smart({}, {}).client({ serverUrl: base, tokenResponse: { access_token: token } })
    : smart.client({ serverUrl: base, tokenResponse: { access_token: token } });
  const own = { ...patient, name: [{ family: `${family}-smart` }] };
  const made = await client.create(own);
  const read = await client.request(`Patient/${made.id}`);
  assert.equal(read.id, made.id);
  await client.update({ ...made, gender: "male" });
  await client.patch(`Patient/${made.id}`, [{ op: "add", path: "/active", value: true }]);
  const now = await client.request(`Patient/${made.id}`);
  assert.deepEqual([now.gender, now.active, now.meta.versionId], ["male", true, "3"]);
  for (let turn = 0; turn < 4; turn += 1) {
    await client.create(observation(`Patient/${made.id}`));
  }
  const all = await client.request(`Observation?subject=Patient/${made.id}&_count=2`, {
    pageLimit: 0, flat: true, resolveReferences: ["subject"],
  });
  assert.equal(all.length, 4);
  await client.delete(`Observation/${all[0].id}`);
  await assert.rejects(client.request(`Observation/${all[0].id}`));
  await assert.rejects(client.request("Patient?nonsense=1"), /400|nonsense/u);
}

await fhirKit();
await smartClient();
console.log("done");
