// Adds the people of a folder to a group: choose, see what would be enrolled, enrol, stop, continue.

import { h, replace } from "../dom.js";
import { qualityChoice } from "../parts/enrolment.js";
import { acceptDrops, filePicker } from "../parts/image-input.js";
import { clearError, say, showError } from "../parts/notice.js";
import { FolderEnrolment } from "./enrolment.js";
import { askBeforeLeaving } from "./leaving.js";
import { RULE, planOf } from "./plan.js";
import { download, refusalLines } from "./refusals.js";

const WITHOUT_DIGESTS = "This page is neither over https nor of this machine: the browser cannot tell which"
  + " images were enrolled before, and enrols them again. Start the service with TLS=1.";
const SAID_EVERY = 0.1;

// `enrolled` is called at the end, if the persons have an image of the folder.
export function folderPanel(group, { api, signal, enrolled }) {
  const place = h("div", {});
  const zone = h("div", { class: "drop", role: "group", "aria-label": "Folder of people" });
  const take = (files) => {
    clearError(zone);
    replace(place, preview(planOf([...files]), group, { api, signal, enrolled, zone }));
    place.firstElementChild.focus();
  };
  replace(zone, h("p", {}, "Drop a folder here, or"), h("div", { class: "row" },
    filePicker("choose a folder", { folder: true, multiple: true, take })));
  acceptDrops(zone, take, (error) => showError(zone, error));
  return h("div", {}, h("p", { class: "hint" }, RULE),
    globalThis.crypto?.subtle ? null : h("p", { class: "bad" }, WITHOUT_DIGESTS), zone, place);
}

function preview(plan, group, context) {
  const { passedOver, hidden } = plan;
  const summary = `The folder has ${amount(plan.people.length, "person", "people")} with`
    + ` ${amount(plan.images, "image")}.`;
  const left = passedOver.length > 0 && h("details", {},
    h("summary", {}, `${amount(passedOver.length, "file is", "files are")} passed over.`),
    h("ul", { "aria-label": "Files that are passed over" }, refusalLines(passedOver)));
  return [
    h("p", { tabindex: "-1" }, summary), left,
    hidden > 0 && h("p", { class: "hint" },
      `${amount(hidden, "hidden file is", "hidden files are")} not read.`),
    plan.images > 0 && controls(plan, group, context),
  ];
}

function controls(plan, group, { api, signal, enrolled, zone }) {
  const quality = qualityChoice();
  const button = h("button", { type: "button" }, "Enrol the images");
  const place = h("div", {});
  const shown = progress(plan);
  let enrolment = null;
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    zone.hidden = true;
    quality.element.hidden = true;
    clearError(place);
    button.textContent = "Stop";
    enrolment ??= new FolderEnrolment(plan, group, {
      api, quality: quality.value(), signal, changed: shown.draw,
    });
    const stay = askBeforeLeaving(signal);
    try {
      await enrolment.run();
    } catch (error) {
      showError(place, error);
    } finally {
      stay();
      isRunning = false;
      zone.hidden = false;
      button.textContent = "Continue";
    }
    if (signal.aborted) {
      return;
    }
    const isComplete = shown.end(enrolment);
    button.hidden = isComplete;
    if (isComplete && enrolment.added + enrolment.present > 0) {
      enrolled();
    }
  };
  button.addEventListener("click", () => {
    if (isRunning) {
      button.textContent = "Stopping";
      enrolment.stop();
    } else {
      run();
    }
  });
  replace(place, quality.element, h("div", { class: "row narrow" }, button), shown.element);
  return place;
}

// How far an enrolment is, and what it refused.
function progress({ images, passedOver }) {
  const bar = h("progress", { max: images, value: 0, "aria-label": "Images with a verdict" });
  const text = h("p", { tabindex: "-1" });
  const list = h("ul", { "aria-label": "Images that were refused" });
  const keep = h("button", { type: "button", class: "quiet" }, "Download the list");
  const refused = h("div", { hidden: true }, h("h3", {}, "Refused"), list, keep);
  const element = h("div", { hidden: true }, bar, text, refused);
  let listed = 0;
  let said = 0;
  const draw = (enrolment) => {
    const { done, busy, current, refusals } = enrolment;
    const waits = busy && `The service is busy: the next attempt is in ${busy.seconds} s.`;
    element.hidden = false;
    bar.value = done;
    replace(text, `${done} of ${images}. `, h("strong", {}, [...current].join(", ")),
      busy && ` ${waits} ${busy.reason}`);
    list.append(...refusalLines(refusals.slice(listed)));
    listed = refusals.length;
    refused.hidden = refusals.length + passedOver.length === 0;
    keep.onclick = () => download([...passedOver, ...refusals]);
    if (waits) {
      say(waits);
    } else if (done - said >= images * SAID_EVERY) {
      said = done;
      say(`${done} of ${amount(images, "image")} done.`);
    }
  };
  // Whether every image has its verdict.
  const end = (enrolment) => {
    draw(enrolment);
    const { done, added, present, refusals } = enrolment;
    const isComplete = done === images;
    const summary = `${isComplete ? "Done" : `Stopped at ${done} of ${images}`}: ${added} added,`
      + ` ${present} present already, ${refusals.length} refused.`;
    replace(text, summary);
    say(summary);
    if (isComplete) {
      bar.hidden = true;
      text.focus({ preventScroll: true });
    }
    return isComplete;
  };
  return { element, draw, end };
}

function amount(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}
