// Adds images to a person, one after the other, and shows the verdict on each.

import { ApiError, readImage } from "../api.js";
import { h, replace } from "../dom.js";
import { faceFigure } from "./face-figure.js";
import { markerOf, markersOf, pathOfFile } from "./files.js";
import { field } from "./forms.js";
import { act, say } from "./notice.js";

export const DETECTION_MODEL = "detection_03";
const QUALITIES = [["medium", "medium"], ["high", "high"], ["low", "low"], ["any", "any, as in Azure"],
  ["", "as the group's gate says"]];
const QUALITY_HINT = "With one, a face that is worse, that another person has, or that is unlike the"
  + " person's other faces is not added.";
// In place of a sentence that names a parameter of the operation.
const SENTENCES = {
  UnlikeOthers: "The face looks like none of this person's. If the image does show the person, choose"
    + " “any, as in Azure” above and add it again.",
};

// Chooses the least quality of a face. `value()` is that of the parameter minimumQuality.
export function qualityChoice() {
  const select = h("select", {}, QUALITIES.map(([value, text]) => h("option", { value }, text)));
  const element = h("div", { class: "narrow" }, field("Least quality", select, QUALITY_HINT));
  return { element, value: () => select.value };
}

// Resolves when every image has its verdict. `person` has the paths of the person and of the group.
// `context`:
//   quality: least quality of a face: any, low, medium, high, or empty for the group's gate.
//   progress, verdicts: elements for how far it is, and for the verdicts.
//   changed: called when a face was added by a later choice.
//
// Throws: the ApiError of a person or group that no longer exists.
export async function addImages(files, person, context) {
  const { verdicts, progress, signal, api } = context;
  const lines = files.map((file) => verdictLine(file, signal));
  verdicts.prepend(...lines.map((line) => line.element));
  const known = await markersOf(person.path, api);
  let added = 0;
  for (const [index, line] of lines.entries()) {
    replace(line.text, "Adding.");
    replace(progress, `Image ${index + 1} of ${lines.length}. Stay on this page until all have a verdict.`);
    added += (await addImage(line, person, { ...context, known })) ? 1 : 0;
  }
  const summary = `${added} of ${files.length === 1 ? "1 image was" : `${files.length} images were`} added.`;
  replace(progress, summary, added > 0 && " They are found once the group is trained.");
  say(summary);
}

function verdictLine(file, signal) {
  const figure = faceFigure(file, signal);
  const text = h("div", {}, "Waiting.");
  const element = h("li", { class: "card line" }, figure.element,
    h("div", {}, h("p", {}, h("strong", {}, pathOfFile(file))), text));
  return { file, figure, text, element };
}

// Whether the image was added. `targetFace` is the rectangle of the face to take; undefined: the only one.
async function addImage(line, person, context, targetFace) {
  const { api, quality, known } = context;
  try {
    const image = await readImage(line.file);
    const userData = await markerOf(image);
    if (userData !== undefined && known.has(userData)) {
      replace(line.text, h("p", {}, "Not added again: this image is one of the person's faces already."));
      return false;
    }
    const query = {
      detectionModel: DETECTION_MODEL, minimumQuality: quality, userData, targetFace: inWords(targetFace),
    };
    await api.face("POST", `${person.path}/persistedfaces`, { image, query });
    known.add(userData);
    replace(line.text, h("p", { class: "good" }, "Added."));
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
    showReason(line, person, context, error);
    if (error.status === 404 || error.status === 401) {
      throw error;
    }
    return false;
  }
}

function inWords(rectangle) {
  return rectangle && [rectangle.left, rectangle.top, rectangle.width, rectangle.height].join(",");
}

function showReason(line, person, context, error) {
  const { rectangles } = error;
  const several = rectangles.length > 1;
  line.figure.draw(rectangles.map((rectangle, index) => ({
    rectangle, label: several ? String(index + 1) : undefined,
  })));
  if (several) {
    const choices = rectangles.map((rectangle, index) => choice(line, person, context, rectangle, index + 1));
    replace(line.text, h("p", { class: "bad" }, `Not added: the image shows ${rectangles.length} faces.`
      + " Which one is the person's?"), h("div", { class: "row" }, choices));
  } else if (error.owner) {
    const owner = h("a", { href: `#/person/${person.group}/${error.owner.personId}` }, error.owner.name);
    replace(line.text, h("p", { class: "bad" }, "Not added: the face is already enrolled as ", owner,
      ". Add it to that person, or delete one of the two."));
  } else {
    replace(line.text, h("p", { class: "bad" }, `Not added: ${sentenceOf(error)}`));
  }
}

// Why an image was refused, without parameters of the operation.
export function sentenceOf(error) {
  return SENTENCES[error.code] ?? error.message;
}

function choice(line, person, context, rectangle, number) {
  const button = h("button", { type: "button", class: "quiet" }, `Add face ${number}`);
  button.addEventListener("click", () => act(button, line.text, async () => {
    if (await addImage(line, person, context, rectangle)) {
      await context.changed();
    }
  }));
  return button;
}
