// Images that were not enrolled: as a list, and as the file that `lineament enroll` writes.

import { h } from "../dom.js";
import { sentenceOf } from "../parts/enrolment.js";

const NAME = "refused.csv";
const COLUMNS = ["image", "person", "code", "reason"];
const FREE_SECONDS = 60;

// Why the service refused an image, and what to do: of its error.
export function reasonOf(error) {
  if (error.rectangles.length > 1) {
    return `The image shows ${error.rectangles.length} faces. Add it on the person's page and choose one.`;
  }
  if (error.owner) {
    return `The face is already enrolled as ${error.owner.name}.`;
  }
  return sentenceOf(error);
}

// A line for each of some refusals: { path, person, code, reason }.
export function refusalLines(refusals) {
  return refusals.map(({ path, reason }) => h("li", {}, h("p", {}, h("strong", {}, path), `: ${reason}`)));
}

// Gives the refusals to the browser as a file to keep.
export function download(refusals) {
  const url = URL.createObjectURL(new Blob([csvOf(refusals)], { type: "text/csv;charset=utf-8" }));
  h("a", { href: url, download: NAME }).click();
  setTimeout(() => URL.revokeObjectURL(url), FREE_SECONDS * 1000);
}

export function csvOf(refusals) {
  const lines = refusals.map(({ path, person, code, reason }) => [path, person, code, reason].map(cell));
  return [COLUMNS, ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

// A spreadsheet takes text that begins so for a formula; an apostrophe makes it text.
function cell(text) {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
