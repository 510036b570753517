// Lists the groups of people, and makes new ones.

import { h, replace } from "../dom.js";
import { GROUPS, address, listGroups } from "../parts/collections.js";
import { field, form } from "../parts/forms.js";
import { act, showError } from "../parts/notice.js";

const RECOGNITION_MODEL = "recognition_04";

export function peopleView({ api }) {
  const list = h("div", {});
  listGroups(api)
    .then((groups) => replace(list, groupList(groups)))
    .catch((error) => showError(list, error));
  return [list, h("h2", {}, "Make a group"), newGroup(api)];
}

function groupList(groups) {
  if (groups.length === 0) {
    return h("p", {}, "There is no group of people yet.");
  }
  return h("ul", { class: "plain" }, groups.map((group) => h("li", { class: "card" },
    h("a", { href: address("group", group.kind.segment, group.id) }, group.name),
    " ", h("span", { class: "hint" }, `${group.kind.title} ${group.id}`))));
}

function newGroup(api) {
  const name = h("input", { required: true, maxlength: 128 });
  const id = h("input", { required: true, pattern: "[a-z0-9_\\-]{1,64}", autocapitalize: "none" });
  const kind = h("select", {}, GROUPS.map(({ segment, title }) => h("option", { value: segment }, title)));
  const content = [
    field("Name", name),
    field("Id", id, "Small letters, digits, - and _. Programs call the group by it."),
    field("Kind", kind, "A large person group holds up to a million people, a person group 10,000."),
  ];
  return form({ class: "card narrow" }, content, "Make the group", (button, element) =>
    act(button, element, async () => {
      const json = { name: name.value, recognitionModel: RECOGNITION_MODEL };
      await api.face("PUT", `${kind.value}/${id.value}`, { json });
      location.hash = address("group", kind.value, id.value);
    }));
}
