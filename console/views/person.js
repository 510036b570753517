// One person: add images and see each verdict, remove faces, delete the person.

import { ApiError, pathOf } from "../api.js";
import { h, replace } from "../dom.js";
import { address } from "../parts/collections.js";
import { addImages, qualityChoice } from "../parts/enrolment.js";
import { ask, field, form } from "../parts/forms.js";
import { imageInput } from "../parts/image-input.js";
import { act, say, showError } from "../parts/notice.js";

export function personView(context) {
  const [segment, id, personId] = context.arguments;
  const group = pathOf(segment, id);
  const person = { group, personId, path: pathOf(segment, id, "persons", personId) };
  const place = h("div", {});
  const gone = (error) => showGone(place, error);
  context.api.face("GET", person.path)
    .then((found) => {
      context.setTitle(found.name);
      replace(place, content({ ...person, ...found }, { ...context, gone }));
    })
    .catch(gone);
  return [h("p", {}, h("a", { href: address("group", segment, id) }, "The group")), place];
}

// The person, or the group, may be deleted while this page is open.
function showGone(place, error) {
  if (error instanceof ApiError && error.status === 404) {
    replace(place, h("p", { class: "error", role: "alert" },
      "This person does not exist, or was deleted while the page was open."));
  } else {
    showError(place, error);
  }
}

function content(person, context) {
  const { api, signal, gone } = context;
  const faces = h("ul", { class: "plain" });
  const verdicts = h("ul", { class: "plain verdicts", "aria-label": "Verdicts" });
  const count = h("p", {}, facesInWords(person.persistedFaceIds));
  const refresh = async () => {
    const found = await api.face("GET", person.path);
    count.textContent = facesInWords(found.persistedFaceIds);
    replace(faces, found.persistedFaceIds.map((faceId) => faceLine(faceId, person, context, refresh)));
  };
  const progress = h("p", { class: "hint" });
  const quality = qualityChoice();
  const onImages = (files) => addImages(files, person, {
    api, signal, verdicts, progress, quality: quality.value(), changed: refresh,
  }).then(refresh).catch(gone);
  refresh().catch(gone);
  return [
    person.userData && h("p", {}, person.userData),
    h("h2", {}, "Add images"),
    quality.element,
    imageInput({ label: "Images of the person", multiple: true, onImages, signal }),
    progress, verdicts,
    h("h2", {}, "Faces"), count, faces,
    h("h2", {}, "Name and user data"), changes(person, context),
    h("h2", {}, "Delete"), deletion(person, context),
  ];
}

function facesInWords({ length }) {
  return length === 0 ? "No face yet." : `${length === 1 ? "1 face" : `${length} faces`}.`;
}

function faceLine(faceId, person, { api, gone }, refresh) {
  const label = `Remove face ${faceId}`;
  const button = h("button", { type: "button", class: "quiet", "aria-label": label }, "Remove");
  const remove = async () => {
    try {
      await api.face("DELETE", `${person.path}/persistedfaces/${faceId}`);
      say("The face is removed.");
    } catch (error) {
      // Another caller removed it.
      if (error.code !== "PersistedFaceNotFound") {
        throw error;
      }
    }
    await refresh();
  };
  button.addEventListener("click", () => {
    button.disabled = true;
    remove().catch(gone);
  });
  return h("li", { class: "line" }, h("code", {}, faceId), button);
}

function changes(person, { api, setTitle }) {
  const name = h("input", { required: true, maxlength: 128, value: person.name });
  const userData = h("input", { maxlength: 16384, value: person.userData });
  const content = [field("Name", name), field("User data", userData)];
  return form({ class: "card narrow" }, content, "Save", (button, element) =>
    act(button, element, async () => {
      await api.face("PATCH", person.path, { json: { name: name.value, userData: userData.value } });
      setTitle(name.value);
      say("Saved.");
    }));
}

function deletion(person, { api, gone }) {
  const button = h("button", { type: "button", class: "danger" }, "Delete the person");
  button.addEventListener("click", async () => {
    const text = `${person.name}, with all faces. This cannot be undone.`;
    if (await ask({ title: "Delete the person?", text, action: "Delete" })) {
      try {
        await api.face("DELETE", person.path);
        location.hash = address("deletion", person.group, person.personId);
      } catch (error) {
        gone(error);
      }
    }
  });
  return button;
}
