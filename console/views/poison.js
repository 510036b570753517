// Messages that failed on every attempt, and their replay.

import { pathOf } from "../api.js";
import { h, replace } from "../dom.js";
import { act, say, showError } from "../parts/notice.js";

export function poisonView({ api }) {
  const place = h("div", {});
  const refresh = async () => {
    const { messages, more } = await api.own("GET", "poison");
    replace(place,
      messages.length === 0
        ? h("p", {}, "No message failed.")
        : h("ul", { class: "plain" }, messages.map((one) => messageCard(one, { api, refresh }))),
      more && h("p", { class: "hint" }, "There are more; replay these first."));
  };
  refresh().catch((error) => showError(place, error));
  return [
    h("p", {}, "Messages about trainings, deletions and uploads that failed on every attempt. The",
      " service's log has the cause: remove it, then replay them."),
    place,
  ];
}

function messageCard({ id, queue, replaysTo, inserted, expires, deliveries, content }, { api, refresh }) {
  const button = h("button", { type: "button" }, "Replay");
  const element = h("li", { class: "card" },
    h("h2", {}, queue),
    h("p", { class: "hint" }, `${new Date(inserted).toLocaleString()}, ${deliveries} deliveries, kept until `
      + `${new Date(expires).toLocaleString()}`),
    h("pre", {}, typeof content === "string" ? content : JSON.stringify(content, null, 2)),
    button);
  button.addEventListener("click", () => act(button, element, async () => {
    await api.own("POST", pathOf("poison", id, "replay"));
    say(`It was delivered to ${replaysTo} again.`);
    await refresh();
  }));
  return element;
}
