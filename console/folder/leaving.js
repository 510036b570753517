// Asks before the page, or the view, is left while work is under way.

import { ask } from "../parts/forms.js";

const QUESTION = {
  title: "Leave while images are enrolled?",
  text: "The rest is not enrolled. The same folder, chosen again, continues.",
  action: "Leave",
};

// Returns a function that ends the asking; the abort of `signal` ends it too.
export function askBeforeLeaving(signal) {
  const ending = new AbortController();
  const end = () => ending.abort();
  signal.addEventListener("abort", end);
  window.addEventListener("beforeunload", (event) => event.preventDefault(), { signal: ending.signal });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#/']");
    const opensTab = event.ctrlKey || event.metaKey || event.shiftKey;
    if (link && !opensTab) {
      event.preventDefault();
      ask(QUESTION).then((leaves) => {
        if (leaves) {
          location.hash = link.getAttribute("href");
        }
      });
    }
  }, { signal: ending.signal });
  return end;
}
