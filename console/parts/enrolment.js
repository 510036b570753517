// Adds images to a person, one after the other, and shows the verdict on each.

import { ApiError } from "../api.js";
import { h, replace } from "../dom.js";
import { faceFigure } from "./face-figure.js";
import { say } from "./notice.js";

const DETECTION_MODEL = "detection_03";

// `quality` is the least quality of a face: any, low, medium, high, or empty for the group's gate.
// Resolves when every image has its verdict.
//
// Throws: the ApiError of a person or group that no longer exists.
export async function addImages(files, path, { api, signal, verdicts, quality }) {
  const lines = files.map((file) => {
    const figure = faceFigure(file, signal);
    const text = h("p", {}, "Waiting.");
    const element = h("li", { class: "card line" }, figure.element,
      h("div", {}, h("p", {}, h("strong", {}, file.name)), text));
    return { file, figure, text, element };
  });
  verdicts.prepend(...lines.map((line) => line.element));
  let added = 0;
  for (const line of lines) {
    replace(line.text, "Adding.");
    added += (await addImage(line, path, quality, api)) ? 1 : 0;
  }
  say(`${added} of ${files.length} images were added.`);
}

async function addImage({ file, figure, text }, path, quality, api) {
  try {
    const query = { detectionModel: DETECTION_MODEL, minimumQuality: quality };
    await api.face("POST", `${path}/persistedfaces`, { image: file, query });
    replace(text, h("span", { class: "good" }, "Added."));
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
    replace(text, h("span", { class: "bad" }, `Not added: ${error.message}`));
    figure.draw(error.rectangles.map((rectangle) => ({ rectangle })));
    if (error.status === 404 || error.status === 401) {
      throw error;
    }
    return false;
  }
}
