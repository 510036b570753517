// The service's collections: their kinds, their addresses, and choosing among them.

import { pathOf } from "../api.js";
import { h, uniqueId } from "../dom.js";

export const GROUPS = [
  { segment: "largepersongroups", title: "large person group", id: "largePersonGroupId" },
  { segment: "persongroups", title: "person group", id: "personGroupId" },
];
const LISTS = [
  { segment: "largefacelists", title: "large face list", id: "largeFaceListId" },
  { segment: "facelists", title: "face list", id: "faceListId" },
];
// Of a page; face lists, of which there are few, have no pages.
const MOST = 1000;

// All collections of some kinds: { path: "persongroups/x", id, name, kind }.
export async function listCollections(api, kinds) {
  const found = await Promise.all(kinds.map(async (kind) => {
    const listed = await listKind(api, kind);
    return listed.map((one) => ({
      path: `${kind.segment}/${one[kind.id]}`, id: one[kind.id], name: one.name, kind,
    }));
  }));
  return found.flat();
}

async function listKind(api, { segment, id }) {
  if (segment === "facelists") {
    return api.face("GET", segment);
  }
  const all = [];
  for (;;) {
    const page = await api.face("GET", segment, { query: { top: MOST, start: all.at(-1)?.[id] } });
    all.push(...page);
    if (page.length < MOST) {
      return all;
    }
  }
}

export function listGroups(api) {
  return listCollections(api, GROUPS);
}

export function listSearchable(api) {
  return listCollections(api, [...GROUPS, ...LISTS]);
}

export function kindOf(segment) {
  return GROUPS.find((kind) => kind.segment === segment) ?? GROUPS[0];
}

// The address of a view of this page; its parts may hold any text.
export function address(view, ...parts) {
  return `#/${pathOf(view, ...parts)}`;
}

// A list of checkboxes; `chosen()` has the paths of those that are checked.
export function collectionChoice(collections, legend) {
  const boxes = collections.map((one) => h("input", { type: "checkbox", value: one.path, id: uniqueId() }));
  const element = h("fieldset", {}, h("legend", {}, legend),
    collections.length === 0
      ? h("p", { class: "hint" }, "There is no collection yet: make one under People.")
      : h("ul", { class: "choices" }, boxes.map((box, index) => h("li", {}, box,
        h("label", { for: box.id }, collections[index].name, " ",
          h("span", { class: "hint" }, collections[index].path))))));
  return { element, chosen: () => boxes.filter((box) => box.checked).map((box) => box.value) };
}

// A selection of one collection.
export function collectionSelect(collections, { empty } = {}) {
  return h("select", {},
    empty && h("option", { value: "" }, empty),
    collections.map((one) => h("option", { value: one.path }, `${one.name} (${one.path})`)));
}
