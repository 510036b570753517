// Messages: errors beside what caused them, the rest in the status line for screen readers.

import { h } from "../dom.js";

const status = document.querySelector("#status");

// Says something to screen readers; the page itself shows it too.
export function say(text) {
  status.textContent = text;
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
