// Asks for the key.

import { Api } from "../api.js";
import { h } from "../dom.js";
import { act } from "../parts/notice.js";

// `enter` is called with a key that the service accepts.
export function keyView({ enter, waits, signal }) {
  const input = h("input", {
    id: "key", type: "password", autocomplete: "off", required: true, spellcheck: "false",
  });
  const button = h("button", {}, "Continue");
  const submit = (event) => {
    event.preventDefault();
    const key = input.value.trim();
    act(button, form, async () => {
      const api = new Api(key, { signal, waits, refused: () => input.select() });
      await api.face("GET", "persongroups", { query: { top: 1 } });
      enter(key);
    });
  };
  const form = h("form", { class: "card narrow", onsubmit: submit },
    h("p", {}, "It is one of the service's ", h("code", {}, "FACE_KEYS"), ". On one machine ",
      h("code", {}, "make run"), " prints it, and a link that opens this page once."),
    h("label", { for: "key" }, "Key"),
    input,
    button,
    h("p", { class: "hint" }, "The key stays in this tab and is forgotten when the tab is closed."));
  return form;
}
