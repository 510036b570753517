// Lists the uploads, and adds some.

import { pathOf } from "../api.js";
import { h, replace } from "../dom.js";
import { address, collectionSelect, listGroups } from "../parts/collections.js";
import { field } from "../parts/forms.js";
import { imageInput } from "../parts/image-input.js";
import { say, showError } from "../parts/notice.js";
import { pagedList } from "../parts/paged-list.js";

const STATUSES = ["any", "pending", "succeeded", "rejected"];

export function uploadsView(context) {
  const status = h("select", {}, STATUSES.map((one) => h("option", { value: one }, one)));
  const list = h("div", {});
  const refresh = () => {
    const load = async (start) => {
      const query = { status: status.value, start };
      const { uploads, continuation } = await context.api.own("GET", "uploads", { query });
      return { items: uploads, next: continuation };
    };
    replace(list, pagedList({ load, draw: uploadLine, empty: "There is no such upload." }));
  };
  status.addEventListener("change", refresh);
  refresh();
  return [
    h("p", {}, "Images that were uploaded to the service's storage, and what came of them."),
    h("div", { class: "narrow" }, field("Status", status)), list,
    h("h2", {}, "Upload images"), newUploads(context, refresh),
  ];
}

function uploadLine({ name, size, modified, status }) {
  return [
    h("a", { href: address("upload", name) }, name),
    " ", h("span", { class: status === "rejected" ? "bad" : "hint" }, status),
    h("p", { class: "hint" }, `${size.toLocaleString()} bytes, ${new Date(modified).toLocaleString()}`),
  ];
}

function newUploads({ api, signal }, refresh) {
  const place = h("div", { class: "card" });
  const draw = (groups) => {
    const group = collectionSelect(groups, { empty: "no group: detect only" });
    const onImages = (files) => upload(files, group.value, api).then(refresh).catch((error) => {
      showError(place, error);
    });
    replace(place, field("Identify in", group),
      imageInput({ label: "Images to upload", multiple: true, onImages, signal }),
      h("p", { class: "hint" }, "Unlike elsewhere in this console, uploads are stored until their",
        " retention ends."));
  };
  listGroups(api).then(draw).catch((error) => showError(place, error));
  return place;
}

async function upload(files, group, api) {
  const [segment, id] = group.split("/");
  const kind = segment === "persongroups" ? "personGroupId" : "largePersonGroupId";
  for (const file of files) {
    const query = group === "" ? {} : { [kind]: id, names: true };
    await api.own("PUT", pathOf("uploads", ...file.name.split("/")), { image: file, query });
  }
  say(files.length === 1 ? "1 image was uploaded." : `${files.length} images were uploaded.`);
}
