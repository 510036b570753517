// Fields of forms, and questions before something is deleted.

import { h, uniqueId } from "../dom.js";

// A labelled input.
export function field(label, input, hint) {
  input.id = uniqueId();
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input,
    hint && h("p", { class: "hint" }, hint));
}

// A form that calls `onSubmit` with its button.
export function form(attributes, content, label, onSubmit) {
  const button = h("button", {}, label);
  const submit = (event) => {
    event.preventDefault();
    onSubmit(button, element);
  };
  const element = h("form", { ...attributes, onsubmit: submit }, content, h("div", { class: "row" }, button));
  return element;
}

// Asks whether to do something that cannot be undone; resolves to the answer.
export function ask({ title, text, action }) {
  const yes = h("button", { type: "button", class: "danger" }, action);
  const no = h("button", { type: "button", class: "quiet", autofocus: true }, "Cancel");
  const heading = h("h2", { id: uniqueId() }, title);
  const dialog = h("dialog", { "aria-labelledby": heading.id },
    heading, h("p", {}, text), h("div", { class: "row" }, no, yes));
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = false;
    yes.addEventListener("click", () => {
      answer = true;
      dialog.close();
    });
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    dialog.showModal();
  });
}
