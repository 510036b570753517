// Shows how far a deletion is, until nothing is left.

import { pathOf, sleep } from "../api.js";
import { h, replace } from "../dom.js";
import { say, showError } from "../parts/notice.js";

const POLL_SECONDS = 5;

const SENTENCES = {
  existing: "This is not deleted.",
  erasing: "It is no longer in any answer. This is left to do:",
  gone: "Nothing of it is left in this service.",
};

export function deletionView(context) {
  const place = h("div", { class: "card" });
  watch(place, context).catch((error) => showError(place, error));
  return [
    h("p", {}, h("code", {}, context.arguments[1]), " of ", h("code", {}, context.arguments[0])),
    place,
    h("p", {}, h("a", { href: "#/people" }, "All groups")),
  ];
}

async function watch(place, { api, signal, arguments: [collection, id] }) {
  for (;;) {
    const found = await api.own("GET", pathOf("deletions", id), { query: { collection } });
    replace(place, h("p", { role: "status" }, SENTENCES[found.status]),
      h("ul", {}, found.owed.map((owed) => h("li", {}, owed.sentence,
        owed.until && ` Until ${new Date(owed.until).toLocaleTimeString()} at the latest.`))));
    if (found.status !== "erasing") {
      say(SENTENCES[found.status]);
      return;
    }
    await sleep(POLL_SECONDS, signal);
  }
}
