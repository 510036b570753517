// Compares the faces of two images.

import { readImage } from "../api.js";
import { h, replace } from "../dom.js";
import { percent } from "../parts/candidates.js";
import { confidenceCurve } from "../parts/confidence-curve.js";
import { faceFigure } from "../parts/face-figure.js";
import { imageInput } from "../parts/image-input.js";
import { say, showError } from "../parts/notice.js";

export function compareView({ api, signal }) {
  const result = h("section", { "aria-label": "Result" });
  const chosen = [null, null];
  let latest = null;
  const side = (index, title) => {
    const place = h("div", {});
    const onImages = ([file]) => {
      const figure = faceFigure(file, signal);
      chosen[index] = { file, figure };
      replace(place, figure.element);
      if (chosen.every((one) => one !== null)) {
        latest = [...chosen];
        compare(latest, { api, result, isLatest: (pair) => pair === latest });
      }
    };
    return h("section", { "aria-label": title }, h("h2", {}, title),
      imageInput({ label: title, onImages, signal }), place);
  };
  return [
    h("p", {}, "Both images go into one request and are not stored."),
    h("div", { class: "sides" }, side(0, "First image"), side(1, "Second image")),
    result,
  ];
}

async function compare(images, { api, result, isLatest }) {
  const [one, other] = images;
  replace(result);
  say("Comparing the images.");
  try {
    const [probe, against] = [await base64(one.file), await base64(other.file)];
    const [found, scale] = await Promise.all([
      api.own("POST", "compare", { json: { probe: { image: probe }, against: [{ image: against }] } }),
      api.own("GET", "confidence"),
    ]);
    if (!isLatest(images)) {
      return;
    }
    if (found.pairs.length === 0) {
      replace(result, h("p", {}, "There is no face to compare: ", withoutFaces(found), "."));
      return;
    }
    draw(one.figure, found.pairs, (pair) => pair.probe);
    draw(other.figure, found.pairs, (pair) => pair.against);
    const verdict = found.isIdentical ? "One person" : "Two different people";
    replace(result, h("h2", {}, `${verdict}: ${percent(found.confidence)}`),
      confidenceCurve(scale, found.confidence),
      found.pairs.length > 1 && pairList(found.pairs));
    say(verdict);
  } catch (error) {
    showError(result, error);
  }
}

function withoutFaces({ withoutFaces: names }) {
  const sides = { probe: "the first image has none", "against[0]": "the second image has none" };
  return names.map((name) => sides[name] ?? name).join(", ");
}

function draw(figure, pairs, faceOf) {
  figure.draw(pairs.slice(0, 1).map((pair) => ({
    rectangle: faceOf(pair).faceRectangle, known: pair.isIdentical,
  })));
}

function pairList(pairs) {
  return [h("h3", {}, "All pairs, most similar first"), h("ol", {}, pairs.map((pair) => h("li", {},
    `${percent(pair.confidence)}, cosine ${pair.cosine.toFixed(2)}`,
    pair.isIdentical ? ": one person" : "")))];
}

// The bytes of a file in base64.
async function base64(file) {
  const image = new Blob([await readImage(file)]);
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(image);
  });
}
