// Lists the uploads, and adds some.

import { ApiError, pathOf, sleep } from "../api.js";
import { h, replace } from "../dom.js";
import { address, collectionSelect, listGroups } from "../parts/collections.js";
import { pathOfFile } from "../parts/files.js";
import { field } from "../parts/forms.js";
import { imageInput } from "../parts/image-input.js";
import { say, showError } from "../parts/notice.js";
import { pagedList } from "../parts/paged-list.js";

const PENDING = "pending";
const STATUSES = ["any", PENDING, "succeeded", "rejected"];
const POLL_SECONDS = 2;

export function uploadsView(context) {
  const status = h("select", {}, STATUSES.map((one) => h("option", { value: one }, one)));
  const list = h("div", {});
  const refresh = () => {
    const load = async (start) => {
      const query = { status: status.value, start };
      const { uploads, continuation } = await context.api.own("GET", "uploads", { query });
      return { items: uploads, next: continuation };
    };
    const pending = [];
    const draw = (upload) => uploadLine(upload, pending);
    replace(list, pagedList({ load, draw, empty: "There is no such upload." }));
    watch(pending, list.firstChild, context);
  };
  status.addEventListener("change", refresh);
  refresh();
  return [
    h("p", {}, "Images that were uploaded to the service's storage, and what came of them."),
    h("div", { class: "narrow" }, field("Status", status)), list,
    h("h2", {}, "Upload images"), newUploads(context, refresh),
  ];
}

// The line of an upload; that of one without a result yet goes into `pending`.
function uploadLine({ name, size, modified, status }, pending) {
  const state = h("span", {});
  showStatus(state, status);
  if (status === PENDING) {
    pending.push({ name, state });
  }
  return [
    h("a", { href: address("upload", name) }, name), " ", state,
    h("p", { class: "hint" }, `${size.toLocaleString()} bytes, ${new Date(modified).toLocaleString()}`),
  ];
}

function showStatus(element, status) {
  element.className = status === "rejected" ? "bad" : "hint";
  element.textContent = status;
}

// Reads pending uploads again, one after the other, as long as their list is shown.
async function watch(pending, list, { api, signal }) {
  try {
    for (;;) {
      await sleep(POLL_SECONDS, signal);
      for (const upload of [...pending]) {
        if (!list.isConnected) {
          return;
        }
        const status = await statusOf(upload.name, api);
        showStatus(upload.state, status);
        if (status !== PENDING) {
          pending.splice(pending.indexOf(upload), 1);
        }
      }
    }
  } catch (error) {
    showError(list, error);
  }
}

async function statusOf(name, api) {
  try {
    return (await api.own("GET", pathOf("uploads", ...name.split("/")))).status;
  } catch (error) {
    if (error.status === 404) {
      return "deleted";
    }
    throw error;
  }
}

function newUploads({ api, signal }, refresh) {
  const place = h("div", { class: "card" });
  const draw = (groups) => {
    const group = collectionSelect(groups, { empty: "no group: detect only" });
    const failures = h("ul", { class: "plain", "aria-label": "Not uploaded" });
    const onImages = (files) => upload(files, group.value, { api, failures }).then(refresh).catch((error) => {
      showError(place, error);
    });
    replace(place, field("Identify in", group),
      imageInput({ label: "Images to upload", multiple: true, onImages, signal }), failures,
      h("p", { class: "hint" }, "Unlike elsewhere in this console, uploads are stored until their",
        " retention ends."));
  };
  listGroups(api).then(draw).catch((error) => showError(place, error));
  return place;
}

// Uploads files, of which one that fails does not stop the others.
async function upload(files, group, { api, failures }) {
  const [segment, id] = group.split("/");
  const kind = segment === "persongroups" ? "personGroupId" : "largePersonGroupId";
  const query = group === "" ? {} : { [kind]: id, names: true };
  replace(failures);
  for (const file of files) {
    const name = pathOfFile(file);
    try {
      await api.own("PUT", pathOf("uploads", ...name.split("/")), { image: file, query });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 401) {
        throw error;
      }
      failures.append(h("li", { class: "bad" }, `${name}: ${error.message}`));
    }
  }
  const uploaded = files.length - failures.childElementCount;
  say(`${uploaded} of ${files.length === 1 ? "1 image was" : `${files.length} images were`} uploaded.`);
}
