// Shows what the service finds on an image: faces, landmarks, attributes, quality, candidates.

import { h, replace } from "../dom.js";
import { candidateList, percent } from "../parts/candidates.js";
import { collectionChoice, listSearchable } from "../parts/collections.js";
import { faceFacts } from "../parts/face-facts.js";
import { faceFigure } from "../parts/face-figure.js";
import { imageInput } from "../parts/image-input.js";
import { act, say, showError } from "../parts/notice.js";

const DETECTION = {
  detectionModel: "detection_03",
  returnFaceLandmarks: true,
  // Those that detection_03 has.
  returnFaceAttributes: "headPose,mask,glasses,occlusion,blur,exposure,qualityForRecognition",
};
const CANDIDATES = 5;

export function imageView({ api, signal }) {
  const result = h("section", { "aria-label": "Result" });
  const scope = h("div", {});
  let file = null;
  let chosen = () => [];
  const run = () => file && analyse(file, chosen(), { api, signal, result });
  const onImages = ([image]) => {
    file = image;
    run();
  };
  listSearchable(api).then((collections) => {
    const choice = collectionChoice(collections, "Search in");
    chosen = choice.chosen;
    choice.element.addEventListener("change", run);
    replace(scope, choice.element);
  }).catch((error) => showError(scope, error));
  return [
    h("p", {}, "The image goes into the request and is not stored. With a collection below, the",
      " service says who it may be."),
    imageInput({ label: "Image", onImages, signal }),
    scope,
    result,
  ];
}

async function analyse(file, collections, { api, signal, result }) {
  const figure = faceFigure(file, signal);
  const list = h("ol", { class: "plain" });
  const facts = h("div", {}, list);
  replace(list, h("li", { class: "hint" }, "Analysing the image."));
  replace(result, h("div", { class: "beside" }, figure.element, facts));
  say("Analysing the image.");
  try {
    const faces = await findFaces(api, file, collections);
    figure.draw(faces.map(drawn));
    replace(list, faces.length === 0 && h("li", {}, "No face was found."),
      faces.map((face, index) => faceCard(face, index, api)));
    facts.append(explanation(file, collections, api));
    say(faces.length === 1 ? "1 face was found." : `${faces.length} faces were found.`);
  } catch (error) {
    // Another image may have been chosen meanwhile.
    if (list.isConnected) {
      replace(list);
      showError(result, error);
    }
  }
}

// The faces; with candidates where there are collections to search. No face is stored.
async function findFaces(api, image, collections) {
  if (collections.length === 0) {
    const query = { ...DETECTION, recognitionModel: "recognition_04", returnFaceId: false };
    return api.face("POST", "detect", { image, query });
  }
  const query = {
    ...DETECTION, collections: collections.join(","), maxNumOfCandidatesReturned: CANDIDATES,
  };
  return (await api.own("POST", "recognize", { image, query })).faces;
}

function drawn(face, index) {
  const best = face.candidates?.[0];
  return {
    rectangle: face.faceRectangle,
    landmarks: face.faceLandmarks,
    label: [index + 1, ...labelOf(best, face.candidates)],
    known: best !== undefined,
  };
}

function labelOf(best, candidates) {
  if (candidates === undefined) {
    return [];
  }
  return best
    ? [" ", h("bdi", {}, best.name ?? best.persistedFaceId), ` ${percent(best.confidence)}`]
    : [" unknown"];
}

function faceCard(face, index, api) {
  return h("li", { class: "card" }, h("h2", {}, `Face ${index + 1}`),
    face.candidates && candidateList(face.candidates, api), faceFacts(face));
}

// What the service left out, and why candidates were accepted or not.
function explanation(image, collections, api) {
  const place = h("div", {});
  const button = h("button", { type: "button", class: "quiet" }, "Explain this result");
  const groups = collections.filter((path) => !path.includes("facelists/"));
  const explain = async () => {
    const query = { collections: groups.join(","), maxNumOfCandidatesReturned: CANDIDATES };
    const { faces, rejected } = await api.own("POST", "explain", { image, query });
    replace(place,
      faces.map((face, index) => reasons(`Face ${index + 1}`, face.candidates, (one) => one.name)),
      reasons("Not reported as faces", rejected, (one) => `${one.size} px`));
  };
  button.addEventListener("click", () => act(button, place, explain));
  return h("div", {}, button, place);
}

function reasons(title, found, nameOf) {
  if (found.length === 0) {
    return null;
  }
  return [h("h3", {}, title),
    h("ul", {}, found.map((one) => h("li", {}, h("strong", {}, nameOf(one)), ` ${one.sentence}`)))];
}
