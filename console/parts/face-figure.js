// An image with boxes, landmarks and labels drawn over it. The image stays in the browser.

import { h, replace, svg } from "../dom.js";

const LOWEST_LABEL = 0.93;

// `draw` takes faces: { rectangle, landmarks?, label?, known? }; a label is a text, or texts and
// elements. Positions are in pixels of the
// image, as the service gives them: upright, as the browser shows it.
export function faceFigure(file, signal) {
  const url = URL.createObjectURL(file);
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));
  const image = h("img", { src: url, alt: file.name });
  const overlay = h("div", { class: "overlay", "aria-hidden": "true" });
  const element = h("figure", { class: "faces" }, image, overlay);
  const ready = image.decode().then(() => true, () => {
    // Formats that the service reads and this browser does not.
    replace(element, h("p", { class: "hint" }, `This browser cannot show ${file.name}.`));
    return false;
  });
  const draw = async (faces) => {
    if (await ready) {
      const size = { width: image.naturalWidth, height: image.naturalHeight };
      replace(overlay, drawing(faces, size), faces.map((face) => labelOf(face, size)));
    }
  };
  return { element, draw };
}

function drawing(faces, { width, height }) {
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" },
    faces.map((face) => svg("g", { class: face.known ? "known" : "unknown" },
      svg("rect", {
        x: face.rectangle.left, y: face.rectangle.top,
        width: face.rectangle.width, height: face.rectangle.height,
      }),
      Object.values(face.landmarks ?? {}).map(({ x, y }) => svg("path", { d: `M${x} ${y}h0` })))));
}

function labelOf(face, { width, height }) {
  if (!face.label) {
    return null;
  }
  const { left, top, height: high } = face.rectangle;
  const label = h("span", { class: face.known ? "known" : "unknown" }, face.label);
  const start = Math.max(0, left / width);
  const bottom = (top + high) / height;
  label.style.left = `${start * 100}%`;
  label.style.maxWidth = `${(1 - start) * 100}%`;
  // Below the box, or inside where the image ends there.
  label.style.top = `${Math.min(1, bottom) * 100}%`;
  label.classList.toggle("inside", bottom > LOWEST_LABEL);
  return label;
}
