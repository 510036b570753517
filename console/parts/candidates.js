// The candidates of a face, each with the meaning of its confidence on demand.

import { h, replace } from "../dom.js";
import { address } from "./collections.js";
import { confidenceCurve } from "./confidence-curve.js";
import { showError } from "./notice.js";

export function percent(confidence) {
  return `${(confidence * 100).toFixed(confidence < 0.995 ? 0 : 1)} %`;
}

// A list of candidates as recognize gives them.
export function candidateList(candidates, api) {
  if (candidates.length === 0) {
    return h("p", {}, "No candidate: in these collections the face is a stranger's.");
  }
  return h("ul", { class: "plain candidates" }, candidates.map((one) => h("li", {},
    h("p", {}, h("strong", {}, one.name ?? one.persistedFaceId), ` ${percent(one.confidence)} `,
      h("span", { class: "hint" }, one.collection)),
    one.userData && h("p", { class: "hint" }, one.userData),
    personLink(one),
    one.collection === "persondirectory" ? null : meaning(one, api))));
}

function personLink({ collection, personId }) {
  const isGroup = /^(large)?persongroups\//.test(collection);
  return personId && isGroup
    ? h("p", {}, h("a", { href: address("person", ...collection.split("/"), personId) }, "The person"))
    : null;
}

// The curve is loaded when it is opened.
function meaning({ collection, confidence }, api) {
  const place = h("div", {});
  const details = h("details", {}, h("summary", {}, "What this confidence means"), place);
  details.addEventListener("toggle", async () => {
    if (!details.open || place.hasChildNodes()) {
      return;
    }
    try {
      const scale = await api.own("GET", "confidence", { query: { collection } });
      replace(place, confidenceCurve(scale, confidence));
    } catch (error) {
      showError(place, error);
    }
  });
  return details;
}
