// Calls the service's operations with the key of this tab.

const FACE = "/face/v1.2/";
const OWN = "/lineament/v1/";
const ATTEMPTS = 4;
const LONGEST_WAIT_SECONDS = 10;
const SMALLEST_BYTES = 1024;
const LARGEST_BYTES = 6 * 1024 * 1024;

// An error response of the service.
export class ApiError extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    // Seconds to wait before the request is repeated; undefined if the service names none.
    this.retryAfter = error.retryAfter;
    // The person who has the face already.
    this.owner = error.personId && { personId: error.personId, name: error.name ?? error.personId };
    this.rectangles = error.faceRectangles ?? (error.faceRectangle ? [error.faceRectangle] : []);
  }
}

export class Api {
  // `refused` is called with the error when the service does not accept the key; `waits` with 1 when
  // a call begins, and with -1 when it ends. `attempts`: of a request that the service has no room for.
  constructor(key, { signal, refused, waits, attempts = ATTEMPTS }) {
    this.key = key;
    this.signal = signal;
    this.refused = refused;
    this.waits = waits;
    this.attempts = attempts;
  }

  // For work that waits by itself while the service has no room.
  withoutRepeats() {
    const { signal, refused, waits } = this;
    return new Api(this.key, { signal, refused, waits, attempts: 1 });
  }

  // Azure's operations. `options`: query, json, image (a Blob, or its bytes), idempotencyKey (of a
  // POST that may be sent again by another call).
  async face(method, path, options) {
    return (await this.send(method, FACE + path, options)).body;
  }

  // This service's own operations.
  async own(method, path, options) {
    return (await this.send(method, OWN + path, options)).body;
  }

  // As `own`, with the status.
  ownWithStatus(method, path, options) {
    return this.send(method, OWN + path, options);
  }

  async send(method, path, { query = {}, json, image, idempotencyKey = newIdempotencyKey() } = {}) {
    if (path.split("/").some((segment) => segment === "." || segment === "..")) {
      throw new Error("The address is not valid.");
    }
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
    const parameters = new URLSearchParams(given);
    const address = given.length === 0 ? path : `${path}?${parameters}`;
    const headers = { "Ocp-Apim-Subscription-Key": this.key };
    if (json !== undefined) {
      headers["Content-Type"] = "application/json";
    } else if (image !== undefined) {
      headers["Content-Type"] = "application/octet-stream";
    }
    if (method === "POST") {
      headers["Idempotency-Key"] = idempotencyKey;
    }
    const body = json === undefined ? await bytesOf(image) : JSON.stringify(json);
    const request = { method, headers, body, signal: this.signal, cache: "no-store" };
    this.waits(1);
    try {
      return await this.read(await this.patiently(address, request));
    } finally {
      this.waits(-1);
    }
  }

  // Repeats a request that the service had no room for.
  async patiently(address, request) {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.reach(address, request);
      const busy = response.status === 429 || response.status === 503;
      if (!busy || attempt === this.attempts) {
        return response;
      }
      const seconds = Number(response.headers.get("Retry-After") ?? 1);
      await sleep(Math.min(seconds, LONGEST_WAIT_SECONDS), this.signal);
    }
  }

  async reach(address, request) {
    try {
      return await fetch(address, request);
    } catch (error) {
      if (request.signal?.aborted) {
        throw error;
      }
      throw new Error("The service cannot be reached. Is it running?", { cause: error });
    }
  }

  async read(response) {
    const text = await response.text();
    if (response.ok) {
      return { status: response.status, body: text === "" ? null : JSON.parse(text) };
    }
    const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
    const error = new ApiError(response.status, { ...readError(response, text), retryAfter });
    if (response.status === 401) {
      this.refused(error);
    }
    throw error;
  }
}

// A key under which a request creates something once, however often it is sent.
export function newIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The bytes of an image file that the service can take.
//
// Throws: ApiError if the file cannot be read, or has a size that the service refuses.
export async function readImage(file) {
  if (file.size < SMALLEST_BYTES || file.size > LARGEST_BYTES) {
    const megabytes = (file.size / 1024 ** 2).toFixed(1);
    const size = file.size < SMALLEST_BYTES ? `${file.size} bytes` : `${megabytes} MB`;
    const message = `The file has ${size}; an image may have 1 KB to 6 MB.`;
    throw new ApiError(400, { code: "InvalidImageSize", message });
  }
  try {
    return await file.arrayBuffer();
  } catch {
    const message = "The file cannot be read. Is it still there, and no folder?";
    throw new ApiError(400, { code: "Unreadable", message });
  }
}

function bytesOf(image) {
  return image instanceof Blob ? readImage(image) : image;
}

// A path of segments that may hold any text.
export function pathOf(...segments) {
  return segments.map(encodeURIComponent).join("/");
}

function readError(response, text) {
  try {
    return JSON.parse(text).error;
  } catch {
    // A proxy's answer, which is no JSON.
    return { code: String(response.status), message: `The service answered ${response.status}.` };
  }
}

// Resolves after some seconds; rejects when the view is left.
export function sleep(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    signal.addEventListener("abort", stop);
  });
}
