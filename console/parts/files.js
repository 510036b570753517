// Files that are dropped, and digests by which an image is recognised that was added before.

const MARKER = "sha256:";
const AT_ONCE = 8;
const paths = new WeakMap();

// The path of a file, from the name of the folder that was dropped or chosen on; otherwise its name.
export function pathOfFile(file) {
  return paths.get(file) ?? (file.webkitRelativePath || file.name);
}

// The files of a drop, also those of folders, at any depth, in order of name. Hidden ones are left out.
export async function droppedFiles(transfer) {
  // A drop can be read only before its event ends.
  const files = [...transfer.files];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) {
    return files;
  }
  const found = await Promise.all(entries.filter((entry) => entry !== null).map(filesOf));
  return found.flat();
}

async function filesOf(entry) {
  if (entry.name.startsWith(".")) {
    return [];
  }
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
    paths.set(file, entry.fullPath.slice(1));
    return [file];
  }
  const entries = await entriesOf(entry.createReader());
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  const found = [];
  for (const one of entries) {
    found.push(...await filesOf(one));
  }
  return found;
}

// A reader gives some entries at a time, and none at the end.
async function entriesOf(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (some.length === 0) {
      return all;
    }
    all.push(...some);
  }
}

// What the command line, too, writes into the userData of a face: the digest of its image's bytes.
// Undefined where the browser has none: on pages that are neither over https nor of this machine.
export async function markerOf(bytes) {
  if (!globalThis.crypto?.subtle) {
    return undefined;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return MARKER + [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The markers of a person's faces. `path` is the person's; `atOnce` faces are read at a time.
export async function markersOf(path, api, atOnce = AT_ONCE) {
  const { persistedFaceIds } = await api.face("GET", path);
  const markers = new Set();
  for (let first = 0; first < persistedFaceIds.length; first += atOnce) {
    const some = persistedFaceIds.slice(first, first + atOnce);
    const faces = await Promise.all(some.map((id) => faceOf(`${path}/persistedfaces/${id}`, api)));
    faces.forEach((face) => markers.add(face?.userData));
  }
  return markers;
}

// Null if the face was removed meanwhile.
async function faceOf(path, api) {
  try {
    return await api.face("GET", path);
  } catch (error) {
    if (error.status === 404) {
      return null;
    }
    throw error;
  }
}
