// The attributes of a face in words.

import { h } from "../dom.js";

const HIDDEN = new Set(["qualityForRecognition"]);

// A list of what the service says of a face.
export function faceFacts({ faceRectangle: { width, height }, faceAttributes = {}, ...face }) {
  const quality = faceAttributes.qualityForRecognition ?? face.qualityForRecognition;
  const rows = [
    ["size", `${width} × ${height} pixels`],
    ...(quality ? [["quality for recognition", quality]] : []),
    ...Object.entries(faceAttributes).filter(([name]) => !HIDDEN.has(name)).map(described),
  ];
  return h("dl", { class: "facts" },
    rows.map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text))));
}

function described([name, value]) {
  return [spaced(name), name === "headPose" ? pose(value) : inWords(value)];
}

function pose({ pitch, roll, yaw }) {
  return `pitch ${degrees(pitch)}, roll ${degrees(roll)}, yaw ${degrees(yaw)}`;
}

function degrees(value) {
  return `${Math.round(value)}°`;
}

function inWords(value) {
  if (Array.isArray(value)) {
    return value.length === 0 ? "none" : value.map(inWords).join("; ");
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([name, one]) => `${spaced(name)}: ${inWords(one)}`).join(", ");
  }
  return typeof value === "boolean" ? (value ? "yes" : "no") : spaced(String(value));
}

// "noseAndMouthCovered" as "nose and mouth covered".
function spaced(name) {
  return name.replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
}
