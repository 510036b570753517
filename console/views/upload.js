// One upload with its result, or the reason why there is none.

import { pathOf, sleep } from "../api.js";
import { h, replace } from "../dom.js";
import { percent } from "../parts/candidates.js";
import { address } from "../parts/collections.js";
import { ask } from "../parts/forms.js";
import { act, showError } from "../parts/notice.js";

const POLL_SECONDS = 2;

export function uploadView(context) {
  const [name = ""] = context.arguments;
  const path = pathOf("uploads", ...name.split("/"));
  const place = h("div", { class: "card" });
  context.setTitle(name);
  watch(place, path, context).catch((error) => showError(place, error));
  return [h("p", {}, h("a", { href: "#/uploads" }, "All uploads")), place, deletion(path, context)];
}

// A pending upload is read again until it has a result.
async function watch(place, path, { api, signal }) {
  for (;;) {
    const found = await api.own("GET", path);
    replace(place, facts(found), found.result && result(found.result));
    if (found.status !== "pending") {
      return;
    }
    await sleep(POLL_SECONDS, signal);
  }
}

function facts({ status, size, modified }) {
  return h("p", { role: "status" }, h("strong", {}, status),
    ` ${size.toLocaleString()} bytes, ${new Date(modified).toLocaleString()}`);
}

function result({ reason, identifyError, enrolled, faces = [] }) {
  return [
    reason && h("p", { class: "bad" }, inWords(reason)),
    identifyError && h("p", { class: "bad" }, `The faces were not identified. ${inWords(identifyError)}`),
    enrolled && enrolment(enrolled),
    reason || enrolled ? null : h("p", {}, faces.length === 1 ? "1 face." : `${faces.length} faces.`),
    h("ol", {}, faces.map(faceLine)),
  ];
}

// A deletion leaves the code of a reason that named the deleted person.
function inWords({ code, message }) {
  return message ? `${code}: ${message}` : code;
}

function enrolment({ collection, personId, persistedFaceId }) {
  const face = ["It is the face ", h("code", {}, persistedFaceId), " of "];
  return h("p", {}, face, personId
    ? h("a", { href: address("person", ...collection.split("/"), personId) }, "a person")
    : h("code", {}, collection), ".");
}

function faceLine({ faceRectangle: { width, height }, candidates = [] }) {
  const names = candidates.map((one, index) => [
    index > 0 && ", ", h("bdi", {}, one.name ?? one.personId), ` ${percent(one.confidence)}`,
  ]);
  return h("li", {}, `${width} × ${height} pixels: `, names.length > 0 ? names : "no candidate");
}

function deletion(path, { api }) {
  const button = h("button", { type: "button", class: "danger" }, "Delete the upload");
  const element = h("div", {}, button);
  button.addEventListener("click", async () => {
    const text = "The image and its result. This cannot be undone.";
    if (await ask({ title: "Delete the upload?", text, action: "Delete" })) {
      await act(button, element, async () => {
        await api.own("DELETE", path);
        location.hash = "#/uploads";
      });
    }
  });
  return element;
}
