// People of a group who look like one, and persons whose faces look like two people.

import { sleep } from "../api.js";
import { h, replace } from "../dom.js";
import { percent } from "../parts/candidates.js";
import { address, collectionSelect, listGroups } from "../parts/collections.js";
import { field, form } from "../parts/forms.js";
import { act, showError } from "../parts/notice.js";
import { pagedList } from "../parts/paged-list.js";

const POLL_SECONDS = 2;

export function duplicatesView(context) {
  const place = h("div", {});
  listGroups(context.api)
    .then((groups) => replace(place, search(groups, context)))
    .catch((error) => showError(place, error));
  return [
    h("p", {}, "Two persons who look like one, and persons whose faces look like two people, as of",
      " the group's latest training."),
    place,
  ];
}

function search(groups, context) {
  if (groups.length === 0) {
    return h("p", {}, "There is no group of people yet.");
  }
  const group = collectionSelect(groups);
  const least = h("input", { type: "number", min: 0, max: 1, step: 0.05, value: 0.6 });
  const result = h("section", { "aria-label": "Result" });
  const run = (button, element) => act(button, element, async () => {
    replace(result);
    const query = { collection: group.value, confidenceThreshold: least.value };
    const first = await computed(query, result, context);
    replace(result, found(first, query, context));
  });
  const content = [field("Group", group), field("Least confidence", least)];
  return [form({ class: "card narrow" }, content, "Search", run), result];
}

// The first page; large groups are computed by the queue, and polled until they are.
async function computed(query, result, { api, signal }) {
  for (;;) {
    const { status, body } = await api.ownWithStatus("GET", "duplicates", { query });
    if (status !== 202) {
      return body;
    }
    replace(result, h("progress", { max: 100, value: body.percent, "aria-label": "Computed" }),
      ` ${body.percent} %`);
    await sleep(POLL_SECONDS, signal);
  }
}

function found(first, query, { api }) {
  const load = async (start) => {
    const page = start === undefined
      ? first
      : await api.own("GET", "duplicates", { query: { ...query, start } });
    return { items: [...page.pairs, ...page.mixed], next: page.continuation };
  };
  const draw = (one) => ("persons" in one ? pairLine : mixedLine)(one, query.collection);
  return pagedList({ load, draw, empty: "No duplicate is found." });
}

function pairLine({ persons: [one, other], confidence }, collection) {
  return [personLink(one, collection), " and ", personLink(other, collection),
    ` look like one person: ${percent(confidence)}`];
}

function mixedLine({ personId, name, confidence, groups }, collection) {
  const counts = groups.map((faces) => faces.length).join(" and ");
  return [
    personLink({ personId, name }, collection),
    ` has ${counts} faces that look like two people: ${percent(confidence)} alike`,
    h("details", {}, h("summary", {}, "Faces"), groups.map((faces) =>
      h("ul", {}, faces.map((faceId) => h("li", {}, h("code", {}, faceId)))))),
  ];
}

function personLink({ personId, name }, collection) {
  return h("a", { href: address("person", ...collection.split("/"), personId) }, name);
}
