// A list that is loaded page by page.

import { h } from "../dom.js";
import { act, showError } from "./notice.js";

// A page may be empty and still have a continuation; so many are read for one press of the button.
const MOST_PAGES = 20;

// `load(start)` resolves to { items, next }; `draw(item)` makes the content of a list item. `empty`
// is shown where there is nothing.
export function pagedList({ load, draw, empty }) {
  const list = h("ul", { class: "plain" });
  const more = h("button", { type: "button", class: "quiet", hidden: true }, "Show more");
  const element = h("div", {}, list, more);
  let next;
  const advance = async () => {
    for (let page = 0, added = 0; page < MOST_PAGES && added === 0; page += 1) {
      const loaded = await load(next);
      list.append(...loaded.items.map((item) => h("li", { class: "card" }, draw(item))));
      added = loaded.items.length;
      next = loaded.next;
      if (next === undefined) {
        break;
      }
    }
    more.hidden = next === undefined;
    if (next === undefined && list.children.length === 0) {
      element.append(h("p", { class: "hint" }, empty));
    }
  };
  more.addEventListener("click", () => act(more, element, advance));
  advance().catch((error) => showError(element, error));
  return element;
}
