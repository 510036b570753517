// One group: its training and its people.

import { ApiError, pathOf, sleep } from "../api.js";
import { h, replace } from "../dom.js";
import { folderPanel } from "../folder/panel.js";
import { address, kindOf } from "../parts/collections.js";
import { ask, field, form } from "../parts/forms.js";
import { act, say, showError } from "../parts/notice.js";
import { pagedList } from "../parts/paged-list.js";

const POLL_SECONDS = 1;
const MOST_PAGES = 20;

export function groupView(context) {
  const [segment, id] = context.arguments;
  const group = { path: pathOf(segment, id), segment, id, kind: kindOf(segment) };
  const place = h("div", {});
  context.api.face("GET", group.path)
    .then((found) => {
      context.setTitle(found.name);
      replace(place, content({ ...group, ...found }, context));
    })
    .catch((error) => showError(place, error));
  return [h("p", {}, h("a", { href: "#/people" }, "All groups")), place];
}

function content(group, context) {
  const trained = training(group, context);
  const listed = people(group, context);
  const enrolled = () => {
    listed.search();
    trained.start();
  };
  return [
    h("p", { class: "hint" }, `${group.kind.title} ${group.id}`),
    group.userData && h("p", {}, group.userData),
    h("h2", {}, "Training"), trained.element,
    h("h2", {}, "Add a person"), newPerson(group, context),
    h("h2", {}, "Add people from a folder"), folderPanel(group, { ...context, enrolled }),
    h("h2", {}, "People"), listed.element,
    h("h2", {}, "Delete"), deletion(group, context),
  ];
}

function training(group, { api, signal }) {
  const status = h("p", { role: "status" });
  const button = h("button", { type: "button" }, "Train");
  const element = h("div", {}, h("p", { class: "hint" },
    "Identify finds who was in the group at its latest training."), status, button);
  const watch = async () => {
    for (;;) {
      const found = await api.face("GET", `${group.path}/training`);
      status.textContent = trainingInWords(found);
      if (found.status !== "running" && found.status !== "notstarted") {
        return;
      }
      await sleep(POLL_SECONDS, signal);
    }
  };
  const train = async () => {
    await api.face("POST", `${group.path}/train`);
    await watch();
  };
  const start = () => act(button, element, train);
  button.addEventListener("click", start);
  watch().catch((error) => {
    if (error instanceof ApiError && error.status === 404) {
      status.textContent = "Not trained yet.";
    } else {
      showError(element, error);
    }
  });
  return { element, start };
}

function trainingInWords({ status, message, lastSuccessfulTrainingDateTime: last }) {
  const succeeded = last ? ` The latest success was on ${new Date(last).toLocaleString()}.` : "";
  return `${status}.${message ? ` ${message}` : ""}${succeeded}`;
}

function people(group, { api }) {
  const name = h("input", { type: "search" });
  const list = h("div", {});
  const search = () => {
    const load = async (start) => {
      const query = { collection: group.path, name: name.value, start };
      const { persons, continuation } = await api.own("GET", "persons", { query });
      return { items: persons, next: continuation };
    };
    replace(list, pagedList({ load, draw: (one) => personLine(one, group), empty: "No person is found." }));
  };
  search();
  const filter = form({ class: "narrow", role: "search" }, field("Name begins with", name), "Search", search);
  return { element: [filter, list], search };
}

function personLine({ personId, name, userData, persistedFaceIds }, group) {
  const count = persistedFaceIds.length;
  return [
    h("a", { href: address("person", group.segment, group.id, personId) }, name),
    ` ${count === 1 ? "1 face" : `${count} faces`}`,
    userData && h("p", { class: "hint" }, userData),
  ];
}

function newPerson(group, { api }) {
  const name = h("input", { required: true, maxlength: 128 });
  const userData = h("input", { maxlength: 16384 });
  const content = [field("Name", name), field("User data", userData, "Optional; what your programs need.")];
  return form({ class: "card narrow" }, content, "Add the person", (button, element) =>
    act(button, element, async () => {
      const others = await bearersOf(name.value, group, api);
      if (others > 0 && !await askForAnother(name.value, others)) {
        return;
      }
      const json = { name: name.value, userData: userData.value || undefined };
      const { personId } = await api.face("POST", `${group.path}/persons`, { json });
      location.hash = address("person", group.segment, group.id, personId);
    }));
}

// How many persons of the group have a name; of a group with very many, some are read.
async function bearersOf(name, group, api) {
  let count = 0;
  let start;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { collection: group.path, name, start };
    const { persons, continuation } = await api.own("GET", "persons", { query });
    count += persons.filter((one) => one.name === name).length;
    start = continuation;
    if (start === undefined) {
      break;
    }
  }
  return count;
}

function askForAnother(name, others) {
  const text = `The group has ${others === 1 ? "a person" : `${others} persons`} of the name ${name} already.`
    + " Images that are enrolled by the name of their folder are refused while two persons have it.";
  return ask({ title: "Add another person of this name?", text, action: "Add another" });
}

function deletion(group, { api }) {
  const button = h("button", { type: "button", class: "danger" }, "Delete the group");
  const element = h("div", {}, button);
  button.addEventListener("click", async () => {
    const text = `${group.name}, with all its people and faces. This cannot be undone.`;
    if (await ask({ title: "Delete the group?", text, action: "Delete it" })) {
      await act(button, element, async () => {
        await api.face("DELETE", group.path);
        say("The group is deleted.");
        location.hash = address("deletion", group.path, group.id);
      });
    }
  });
  return element;
}
