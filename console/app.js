// Starts the console: session, navigation, and one view at a time.

import { Api } from "./api.js";
import { h, replace } from "./dom.js";
import { Session, exchangeCode } from "./session.js";
import { showError } from "./parts/notice.js";
import { keyView } from "./views/key.js";
import { views } from "./views/views.js";

const USED = "This link was used before, or is older than ten minutes. Enter the key.";

const main = document.querySelector("#main");
const navigation = document.querySelector("#views");
const session = new Session();
let leaving = new AbortController();
let waiting = 0;

// Shows the view that the address names. The signal of the view before is aborted: it ends what
// that view still does, such as polling, and frees its images and its camera.
function show() {
  leaving.abort();
  leaving = new AbortController();
  const path = location.hash.startsWith("#/") ? location.hash.slice(2) : "";
  const [name, ...rest] = path.split("/").map(decode);
  const view = views.find((one) => one.name === name) ?? views[0];
  drawFrame(session.key === null ? null : view);
  if (session.key === null) {
    open("Enter the key", () => keyView({ enter, waits, signal: leaving.signal }));
    return;
  }
  const { signal } = leaving;
  const setTitle = (title) => signal.aborted || entitle(title);
  const api = new Api(session.key, { signal, refused, waits });
  open(view.title, () => view.show({ api, arguments: rest, setTitle, signal }));
}

// Names what the page shows, when it is known.
function entitle(title) {
  document.title = `${title} · Lineament console`;
  main.querySelector("h1").textContent = title;
}

// Shows a title and the content that `make` returns.
function open(title, make) {
  const heading = h("h1", { tabindex: "-1" });
  replace(main, heading);
  entitle(title);
  replace(main, heading, make());
  heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function drawFrame(current) {
  const listed = views.filter((view) => view.label !== undefined);
  replace(navigation, ...(current === null ? [] : listed.map((view) => link(view, current))));
  // On a phone the navigation is wider than the page.
  navigation.querySelector("[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  const end = h("button", { type: "button", class: "quiet", onclick: leave }, "Forget the key");
  replace(document.querySelector("#session"), ...(current === null ? [] : [end]));
}

function link(view, current) {
  const isCurrent = view.name === (current.within ?? current.name);
  return h("a", { href: `#/${view.name}`, "aria-current": isCurrent && "page" }, view.label);
}

function enter(key) {
  session.keep(key);
  show();
}

function leave() {
  session.forget();
  show();
}

// Shows while calls have no answer yet.
function waits(change) {
  waiting += change;
  document.documentElement.classList.toggle("waiting", waiting > 0);
}

// The service no longer accepts the key.
function refused(error) {
  leave();
  showError(main, error);
}

function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

// Uses the one-time code of the printed link, if the address has one, and shows the view.
async function start() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code !== null) {
    // The code leaves the address and the history before anything else happens.
    history.replaceState(null, "", location.pathname);
    const key = await exchangeCode(code);
    if (key !== null) {
      session.keep(key);
    }
  }
  show();
  if (code !== null && session.key === null) {
    showError(main, new Error(USED));
  }
}

window.addEventListener("hashchange", () => {
  // Other fragments lead within the page.
  if (/^$|^#\/|^#code=/.test(location.hash)) {
    start();
  }
});
start();
