// Shows what the service finds on an image: faces, landmarks, attributes, quality, candidates.

import { h, replace } from "../dom.js";
import { faceFacts } from "../parts/face-facts.js";
import { faceFigure } from "../parts/face-figure.js";
import { imageInput } from "../parts/image-input.js";
import { say, showError } from "../parts/notice.js";

// Those that detection_03 has.
const ATTRIBUTES = "headPose,mask,glasses,occlusion,blur,exposure,qualityForRecognition";
const DETECTION = {
  detectionModel: "detection_03", recognitionModel: "recognition_04",
  returnFaceLandmarks: true, returnFaceAttributes: ATTRIBUTES,
};

export function imageView({ api, signal }) {
  const result = h("section", { "aria-label": "Result" });
  const onImages = ([file]) => analyse(file, { api, signal, result });
  return [
    h("p", {}, "The image goes into the request and is not stored."),
    imageInput({ label: "Image", onImages, signal }),
    result,
  ];
}

async function analyse(file, { api, signal, result }) {
  const figure = faceFigure(file, signal);
  const list = h("ol", { class: "plain" });
  replace(result, figure.element, list);
  say("Analysing the image.");
  try {
    const faces = await api.face("POST", "detect", {
      image: file, query: { ...DETECTION, returnFaceId: false },
    });
    figure.draw(faces.map((face, index) => ({
      rectangle: face.faceRectangle, landmarks: face.faceLandmarks, label: `${index + 1}`,
    })));
    replace(list, faces.map((face, index) => h("li", { class: "card" },
      h("h2", {}, `Face ${index + 1}`), faceFacts(face))));
    say(faces.length === 1 ? "1 face was found." : `${faces.length} faces were found.`);
  } catch (error) {
    showError(result, error);
  }
}
