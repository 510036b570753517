// What a folder holds: a folder a person, as `lineament enroll` reads it.

import { pathOfFile } from "../parts/files.js";

// Files that are taken for images; the service decides. The command line has the same.
const SUFFIXES = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp", ".avif", ".heic",
  ".heif", ".tif", ".tiff"];

export const RULE = "Each folder inside the chosen one is a person of its name, without spaces around it and"
  + ` in Unicode NFC; the images are the files in it, at any depth, that end in ${SUFFIXES.join(", ")};`
  + " hidden files and folders are not read.";

// Sorts files into persons. The files are those of one folder, or folders and files dropped together.
//
// Returns:
//   people: [{ name, images: [{ file, path }] }], in order of path.
//   images: how many.
//   passedOver: [{ path, person, code, reason }], with the codes of the command line.
//   hidden: how many files are not read.
export function planOf(files) {
  const people = new Map();
  const plan = { images: 0, passedOver: [], hidden: 0 };
  for (const { file, segments } of withoutRoot(files)) {
    const path = segments.join("/");
    const name = segments.length > 1 ? normalName(segments[0]) : "";
    const fault = faultOf(segments);
    if (segments.some((segment) => segment.startsWith("."))) {
      plan.hidden += 1;
    } else if (fault !== null) {
      plan.passedOver.push({ path, person: name, ...fault });
    } else {
      const person = people.get(name) ?? { name, images: [] };
      people.set(name, person);
      person.images.push({ file, path });
      plan.images += 1;
    }
  }
  return { ...plan, people: [...people.values()] };
}

// A name without spaces around it, in NFC, whichever system made it: macOS writes NFD.
export function normalName(text) {
  return text.trim().normalize("NFC");
}

// The files in order of path, each with the segments of its path below the folder that all are in.
function withoutRoot(files) {
  const found = files.map((file) => ({ file, segments: pathOfFile(file).split("/") }));
  const [first] = found;
  const isShared = found.every(({ segments }) => segments.length > 1 && segments[0] === first.segments[0]);
  const below = isShared ? found.map(({ file, segments }) => ({ file, segments: segments.slice(1) })) : found;
  const key = ({ segments }) => segments.join("\0");
  return below.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

// Why a file is passed over; null if it is an image of a person.
function faultOf(segments) {
  const file = segments.at(-1);
  if (segments.length === 1) {
    return { code: "NoPerson", reason: `${file} is not in a folder that is named after its person.` };
  }
  // Browsers put U+FFFD where a name is not valid.
  if (!segments[0].isWellFormed() || segments[0].includes("\ufffd")) {
    return { code: "NotUnicode", reason: "The folder's name is not valid UTF-8. Rename it." };
  }
  if (!SUFFIXES.some((suffix) => file.toLowerCase().endsWith(suffix))) {
    return { code: "NotAnImage", reason: "The file's name does not end as an image's does." };
  }
  return null;
}
