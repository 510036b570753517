// Takes an image with the camera.

import { h } from "../dom.js";
import { showError } from "./notice.js";

const QUALITY = 0.92;

// Of several cameras, as a phone has, the one on its back.
const WANTED = { width: { ideal: 1280 }, facingMode: { ideal: "environment" } };

// Whether the browser gives this page a camera: it does over https and on localhost.
export function hasCamera() {
  return window.isSecureContext && navigator.mediaDevices !== undefined;
}

// Opens a dialog with the camera; calls `onImage` with a JPEG. The camera is off when it closes.
export async function openCamera(onImage, signal) {
  const video = h("video", { autoplay: true, playsinline: true, muted: true });
  const take = h("button", { type: "button", disabled: true }, "Take the image");
  const close = h("button", { type: "button", class: "quiet" }, "Cancel");
  const dialog = h("dialog", { class: "camera", "aria-label": "Camera" },
    video, h("div", { class: "row" }, take, close));
  document.body.append(dialog);
  let stream = null;
  dialog.addEventListener("close", () => {
    stop(stream);
    dialog.remove();
  });
  close.addEventListener("click", () => dialog.close());
  signal.addEventListener("abort", () => dialog.close());
  take.addEventListener("click", async () => {
    const image = await frame(video);
    dialog.close();
    onImage(image);
  });
  dialog.showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: WANTED });
  } catch {
    showError(dialog, new Error("The browser does not give this page the camera."));
    return;
  }
  if (!dialog.open) {
    stop(stream);
    return;
  }
  video.srcObject = stream;
  video.addEventListener("playing", () => {
    take.disabled = false;
    take.focus();
  });
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) {
    track.stop();
  }
}

async function frame(video) {
  const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => {
    canvas.toBlob(resolve, "image/jpeg", QUALITY);
  });
  return new File([blob], "camera.jpg", { type: "image/jpeg" });
}
