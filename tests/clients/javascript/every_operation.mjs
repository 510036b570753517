// @azure-rest/ai-vision-face through every operation it has. Prints one JSON line per call:
// [method, path, status]. Fails loudly where an answer is not what the operation is for.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createClient, { getLongRunningPoller } from "@azure-rest/ai-vision-face";

const [endpoint, key, portraits, urls] = process.argv.slice(2);
const client = createClient(endpoint, { key }, { allowInsecureConnection: true });
const models = { recognitionModel: "recognition_04", detectionModel: "detection_03" };
const image = (name) => readFileSync(`${portraits}/${name}.jpg`);
const url = (name) => `${urls}/${name}.jpg`;
const bytes = (name) => ({ contentType: "application/octet-stream", body: image(name) });
const json = (body) => ({ body });

async function call(expected, method, path, parameters, options = {}) {
  const answer = await client.path(path, ...parameters)[method](options);
  console.log(JSON.stringify([method.toUpperCase(), path, answer.status]));
  assert.equal(answer.status, String(expected), `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function trained(path, parameters) {
  const started = await client.path(path, ...parameters).post();
  console.log(JSON.stringify(["POST", path, started.status]));
  const poller = await getLongRunningPoller(client, started);
  const outcome = await poller.pollUntilDone();
  assert.equal(outcome.body.status, "succeeded");
}

async function detect(name) {
  const queryParameters = { ...models, returnFaceId: true };
  const found = await call(200, "post", "/detect", [], { ...bytes(name), queryParameters });
  return found[0].faceId;
}

async function usePersonGroup(kind, idName, known) {
  const id = `js-${kind}`;
  const group = `/${kind}/{${idName}}`;
  const person = `${group}/persons/{personId}`;
  const face = `${person}/persistedfaces/{persistedFaceId}`;
  await call(200, "put", group, [id], json({ name: "G", recognitionModel: "recognition_04" }));
  await call(200, "patch", group, [id], json({ userData: "data" }));
  assert.equal((await call(200, "get", group, [id])).userData, "data");
  await call(200, "get", `/${kind}`, []);
  const { personId } = await call(200, "post", `${group}/persons`, [id], json({ name: "P" }));
  await call(200, "patch", person, [id, personId], json({ userData: "person" }));
  await call(200, "get", `${group}/persons`, [id]);
  const faces = `${person}/persistedfaces`;
  const { persistedFaceId } = await call(200, "post", faces, [id, personId], bytes("person_a_1"));
  const linked = await call(200, "post", faces, [id, personId], json({ url: url("person_a_2") }));
  await call(200, "patch", face, [id, personId, persistedFaceId], json({ userData: "face" }));
  await call(200, "get", face, [id, personId, persistedFaceId]);
  await call(200, "delete", face, [id, personId, linked.persistedFaceId]);
  const kept = await call(200, "get", person, [id, personId]);
  assert.deepEqual(kept.persistedFaceIds, [persistedFaceId]);
  await trained(`${group}/train`, [id]);
  await call(200, "get", `${group}/training`, [id]);
  const scope = { [idName]: id };
  const identified = await call(200, "post", "/identify", [], json({ faceIds: [known], ...scope }));
  assert.deepEqual(identified[0].candidates.map((one) => one.personId), [personId]);
  const verified = await call(200, "post", "/verify", [], json({ faceId: known, personId, ...scope }));
  assert.equal(verified.isIdentical, true);
  await call(200, "delete", person, [id, personId]);
  await call(200, "delete", group, [id]);
}

async function useFaceList(known) {
  const list = "/facelists/{faceListId}";
  await call(200, "put", list, ["js"], json({ name: "L", recognitionModel: "recognition_04" }));
  await call(200, "patch", list, ["js"], json({ userData: "data" }));
  await call(200, "get", "/facelists", []);
  const faces = `${list}/persistedfaces`;
  const { persistedFaceId } = await call(200, "post", faces, ["js"], bytes("person_a_1"));
  const linked = await call(200, "post", faces, ["js"], json({ url: url("person_b_1") }));
  await call(200, "delete", `${faces}/{persistedFaceId}`, ["js", linked.persistedFaceId]);
  assert.equal((await call(200, "get", list, ["js"])).persistedFaces.length, 1);
  const body = { faceId: known, faceListId: "js" };
  const similar = await call(200, "post", "/findsimilars", [], json(body));
  assert.deepEqual(similar.map((one) => one.persistedFaceId), [persistedFaceId]);
  await call(200, "delete", list, ["js"]);
}

async function useLargeFaceList(known) {
  const list = "/largefacelists/{largeFaceListId}";
  const faces = `${list}/persistedfaces`;
  const face = `${faces}/{persistedFaceId}`;
  await call(200, "put", list, ["js"], json({ name: "L", recognitionModel: "recognition_04" }));
  await call(200, "patch", list, ["js"], json({ userData: "data" }));
  await call(200, "get", list, ["js"]);
  await call(200, "get", "/largefacelists", []);
  const { persistedFaceId } = await call(200, "post", faces, ["js"], bytes("person_a_1"));
  const linked = await call(200, "post", faces, ["js"], json({ url: url("person_b_1") }));
  await call(200, "patch", face, ["js", persistedFaceId], json({ userData: "face" }));
  await call(200, "get", face, ["js", persistedFaceId]);
  await call(200, "delete", face, ["js", linked.persistedFaceId]);
  await call(200, "get", faces, ["js"]);
  await trained(`${list}/train`, ["js"]);
  await call(200, "get", `${list}/training`, ["js"]);
  const body = { faceId: known, largeFaceListId: "js" };
  const similar = await call(200, "post", "/findsimilars", [], json(body));
  assert.deepEqual(similar.map((one) => one.persistedFaceId), [persistedFaceId]);
  await call(200, "delete", list, ["js"]);
}

async function compareFaces(known) {
  const queryParameters = {
    ...models,
    returnFaceId: true,
    returnFaceLandmarks: true,
    returnFaceAttributes: ["headPose", "qualityForRecognition"],
  };
  const options = { ...json({ url: url("person_a_1") }), queryParameters };
  const [found] = await call(200, "post", "/detect", [], options);
  assert.ok(found.faceLandmarks.noseTip.x > 0);
  const pair = { faceId1: known, faceId2: found.faceId };
  assert.equal((await call(200, "post", "/verify", [], json(pair))).isIdentical, true);
  const other = await detect("person_b_1");
  const among = { faceId: known, faceIds: [other, found.faceId] };
  const similar = await call(200, "post", "/findsimilars", [], json(among));
  assert.deepEqual(similar.map((one) => one.faceId), [found.faceId]);
  const grouped = await call(200, "post", "/group", [], json({ faceIds: [known, other] }));
  assert.equal(grouped.messyGroup.length, 2);
  const nobody = "00000000-0000-4000-8000-000000000000";
  await call(404, "post", "/detect", [], { body: { sessionImageId: nobody }, queryParameters });
  await call(404, "post", "/verify", [], json({ faceId: known, personId: nobody }));
  await call(400, "post", "/identify", [], json({ faceIds: [known], dynamicPersonGroupId: "none" }));
  await call(200, "post", "/identify", [], json({ faceIds: [known], personIds: ["*"] }));
}

async function keepLivenessSessions() {
  const fields = { livenessOperationMode: "Passive", deviceCorrelationId: "device" };
  const plain = "/detectLiveness-sessions";
  const made = await call(200, "post", plain, [], json(fields));
  assert.equal(made.status, "NotStarted");
  assert.deepEqual(made.results.attempts, []);
  await call(200, "get", `${plain}/{sessionId}`, [made.sessionId]);
  await call(204, "delete", `${plain}/{sessionId}`, [made.sessionId]);
  const verify = "/detectLivenessWithVerify-sessions";
  const parts = [
    ...Object.entries(fields).map(([name, body]) => ({ name, body })),
    { name: "verifyImage", body: image("person_a_1"), filename: "face.jpg" },
  ];
  const options = { contentType: "multipart/form-data", body: parts };
  const withVerify = await call(200, "post", verify, [], options);
  assert.ok(withVerify.results.verifyReferences[0].faceRectangle.width > 0);
  await call(200, "get", `${verify}/{sessionId}`, [withVerify.sessionId]);
  await call(204, "delete", `${verify}/{sessionId}`, [withVerify.sessionId]);
  const unknown = "00000000-0000-4000-8000-000000000000";
  await call(404, "get", "/sessionImages/{sessionImageId}", [unknown]);
}

const known = await detect("person_a_2");
await usePersonGroup("persongroups", "personGroupId", known);
await usePersonGroup("largepersongroups", "largePersonGroupId", known);
await useFaceList(known);
await useLargeFaceList(known);
await compareFaces(known);
await keepLivenessSessions();
