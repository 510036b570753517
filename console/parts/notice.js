// Messages: errors beside what caused them, the rest in the status line at the foot of the page.

import { h } from "../dom.js";

const SHOWN_SECONDS = 10;
const status = document.querySelector("#status");
let end;

// Says something for some seconds, to screen readers too.
export function say(text) {
  clearTimeout(end);
  status.textContent = text;
  end = setTimeout(() => { status.textContent = ""; }, SHOWN_SECONDS * 1000);
}

// Shows an error as the last child of an element, in place of an older one.
export function showError(element, error) {
  clearError(element);
  if (error.name === "AbortError") {
    return;
  }
  element.append(h("p", { class: "error", role: "alert" }, error.message));
}

export function clearError(element) {
  for (const old of element.querySelectorAll(":scope > .error")) {
    old.remove();
  }
}

// Runs an action of a button: the button is inactive meanwhile, and an error is shown in `place`.
export async function act(button, place, action) {
  clearError(place);
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  try {
    return await action();
  } catch (error) {
    showError(place, error);
    return undefined;
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}
