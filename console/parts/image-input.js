// Takes images by drag and drop, from files, from the clipboard or from the camera.

import { h, uniqueId } from "../dom.js";
import { hasCamera, openCamera } from "./camera.js";
import { droppedFiles } from "./files.js";
import { showError } from "./notice.js";

const ACCEPTED = "image/*,.heic,.avif";

// A drop zone. `onImages` is called with the files, of which there is one unless `multiple`.
export function imageInput({ label, multiple = false, onImages, signal }) {
  const take = (files) => {
    const images = multiple ? [...files] : [...files].slice(0, 1);
    if (images.length > 0) {
      onImages(images);
    }
  };
  const zone = h("div", { class: "drop", role: "group", "aria-label": label },
    h("p", {}, multiple ? "Drop images or folders here, or" : "Drop an image here, or"),
    h("div", { class: "row" },
      filePicker(multiple ? "choose files" : "choose a file", { multiple, take }),
      camera(take, signal)),
    hasCamera() ? null : h("p", { class: "hint" },
      "Browsers give the camera to pages over https only: start the service with ",
      h("code", {}, "TLS=1"), "."));
  acceptDrops(zone, take, (error) => showError(zone, error));
  document.addEventListener("paste", (event) => {
    if (isMeant(zone) && event.clipboardData.files.length > 0) {
      take(event.clipboardData.files);
    }
  }, { signal });
  return zone;
}

// Whether a paste is for this zone: it is the only one, or has the focus.
function isMeant(zone) {
  return zone.contains(document.activeElement) || document.querySelectorAll(".drop").length === 1;
}

function camera(take, signal) {
  if (!hasCamera()) {
    // On a phone this opens the camera's own app.
    return filePicker("use the camera", { capture: "environment", take });
  }
  const open = () => openCamera((image) => take([image]), signal);
  return h("button", { type: "button", class: "quiet", onclick: open }, "use the camera");
}

// A file input that looks like a button; the input itself keeps the focus and the keyboard. `folder`: a
// folder is chosen, and all files in it are taken.
export function filePicker(text, { multiple = false, folder = false, capture, take }) {
  const id = uniqueId();
  const accept = folder ? undefined : ACCEPTED;
  const input = h("input", {
    id, type: "file", accept, multiple, webkitdirectory: folder, capture, class: "file",
  });
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  return h("span", { class: "picker" }, input, h("label", { for: id, class: "button" }, text));
}

// `failed` is called with the error if the files cannot be listed.
export function acceptDrops(zone, take, failed) {
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    droppedFiles(event.dataTransfer).then(take).catch(failed);
  });
}
