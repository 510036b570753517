// Unknown people of uploads: name them, merge them, forget them.

import { pathOf } from "../api.js";
import { h, replace } from "../dom.js";
import { address, collectionSelect, listGroups } from "../parts/collections.js";
import { ask, field, form } from "../parts/forms.js";
import { act, say, showError } from "../parts/notice.js";

const MOST = 100;

export function unknownsView(context) {
  const place = h("div", {});
  const refresh = async () => {
    const [{ unknowns, continuation }, groups] = await Promise.all([
      context.api.own("GET", "unknowns", { query: { top: MOST } }), listGroups(context.api),
    ]);
    replace(place,
      unknowns.length === 0
        ? h("p", {}, "There is no unknown person.")
        : h("ol", { class: "plain" }, unknowns.map((one) =>
          cluster(one, { ...context, unknowns, groups, change }))),
      continuation && h("p", { class: "hint" }, `These are the ${MOST} most frequent.`));
  };
  // Changes a cluster, which may be gone by now, and shows the list anew.
  const change = (button, element, action) => act(button, element, async () => {
    let gone = null;
    try {
      await action();
    } catch (error) {
      if (error.code !== "UnknownNotFound") {
        throw error;
      }
      gone = new Error("This unknown person was named, merged or forgotten while the page was open.");
    }
    await refresh();
    if (gone !== null) {
      showError(place, gone);
    }
  });
  refresh().catch((error) => showError(place, error));
  return [
    h("p", {}, "Faces of uploads that have no candidate, grouped by similarity; the most frequent",
      " first."),
    place,
  ];
}

function cluster(unknown, context) {
  const { unknownId, uploads } = unknown;
  const element = h("li", { class: "card" },
    h("h2", {}, labelOf(unknown)),
    h("p", { class: "hint" }, `${timeOf(unknown.firstSeen)} to ${timeOf(unknown.lastSeen)}`),
    h("details", {}, h("summary", {}, "Uploads"), h("ul", {}, uploads.map((name) =>
      h("li", {}, h("a", { href: address("upload", name) }, name))))),
    naming(unknownId, context),
    merging(unknown, context),
    forgetting(unknownId, context));
  return element;
}

function labelOf({ unknownId, count }) {
  return `${count === 1 ? "1 sighting" : `${count} sightings`} (${unknownId.slice(0, 8)})`;
}

function timeOf(text) {
  return new Date(text).toLocaleString();
}

function naming(unknownId, { api, groups, change }) {
  const name = h("input", { required: true, maxlength: 128 });
  const group = collectionSelect(groups);
  return h("details", {}, h("summary", {}, "Name this person"),
    form({ class: "narrow" }, [field("Name", name), field("Group", group)], "Make a person",
      (button, element) => change(button, element, async () => {
        const json = { collection: group.value, name: name.value };
        await api.own("POST", pathOf("unknowns", unknownId, "promote"), { json });
        say(`${name.value} is a person now. Train the group to find them.`);
      })));
}

function merging({ unknownId }, { api, unknowns, change }) {
  const others = unknowns.filter((one) => one.unknownId !== unknownId);
  if (others.length === 0) {
    return null;
  }
  const other = h("select", {}, others.map((one) =>
    h("option", { value: one.unknownId }, labelOf(one))));
  return h("details", {}, h("summary", {}, "Merge with another"),
    form({ class: "narrow" }, field("The same person as", other), "Merge", (button, element) =>
      change(button, element, async () => {
        const json = { unknownId: other.value };
        await api.own("POST", pathOf("unknowns", unknownId, "merge"), { json });
        say("The two are one now.");
      })));
}

function forgetting(unknownId, { api, change }) {
  const button = h("button", { type: "button", class: "danger" }, "Forget");
  const element = h("div", {}, button);
  button.addEventListener("click", async () => {
    const text = "All sightings of this person are deleted. This cannot be undone.";
    if (await ask({ title: "Forget this person?", text, action: "Forget" })) {
      await change(button, element, async () => {
        await api.own("DELETE", pathOf("unknowns", unknownId));
        say("Forgotten.");
      });
    }
  });
  return element;
}
