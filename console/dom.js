// Makes elements. Text is only ever set as text: names, userData and the names of uploads come from
// strangers and may hold markup.

const SVG = "http://www.w3.org/2000/svg";

// An element. An attribute that begins with "on" is an event listener; one that is undefined, null
// or false is left out. Children are elements, texts and lists of them; null, undefined and false are
// left out.
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// An element of an SVG drawing.
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) {
      continue;
    }
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter(isShown));
  return element;
}

function isShown(child) {
  return child !== null && child !== undefined && child !== false;
}

// Replaces the content of an element.
export function replace(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter(isShown));
}

let last = 0;

// An id that no other element of the page has.
export function uniqueId() {
  last += 1;
  return `id-${last}`;
}
