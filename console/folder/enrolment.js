// Enrols the images of a folder: can be stopped, and continues where it was, also in another tab.

import { ApiError, newIdempotencyKey, readImage, sleep } from "../api.js";
import { DETECTION_MODEL } from "../parts/enrolment.js";
import { markerOf, markersOf } from "../parts/files.js";
import { normalName } from "./plan.js";
import { reasonOf } from "./refusals.js";

const AT_ONCE = 2;
const PAGE = 1000;
const BUSY = [429, 503];
const WAIT_SECONDS = 1;
const GROUP_IS_GONE = ["PersonGroupNotFound", "LargePersonGroupNotFound"];

export class FolderEnrolment {
  // `plan` is of planOf. `context`:
  //   quality: as addImages takes it.
  //   signal: aborted when the view is left.
  //   changed: called with this after every change of what can be shown.
  constructor(plan, group, { api, quality, signal, changed }) {
    this.group = group;
    // Requests that the service has no room for are repeated here, where they can be stopped.
    this.api = api.withoutRepeats();
    this.quality = quality;
    this.changed = changed;
    this.images = plan.images;
    this.people = plan.people.map(({ name, images }) => ({ name, images, next: 0 }));
    this.added = 0;
    this.present = 0;
    // [{ path, person, code, reason }]
    this.refusals = [];
    this.current = new Set();
    // Seconds for which a request waits, with the service's reason; null if none does.
    this.busy = null;
    signal.addEventListener("abort", () => this.stop());
  }

  get done() {
    return this.added + this.present + this.refusals.length;
  }

  // Begins nothing more; `run` ends when the requests under way have their answers.
  stop() {
    this.stopping?.abort();
  }

  // Enrols what is left, and resolves at the end or when it is stopped.
  //
  // Throws: an Error if the service cannot be reached, or the group no longer exists.
  async run() {
    this.stopping = new AbortController();
    this.waiting = this.people.filter((person) => person.next < person.images.length);
    try {
      await this.patiently(() => this.findPersons());
      const workers = Array.from({ length: AT_ONCE }, () => this.work());
      const reasons = (await Promise.allSettled(workers)).map(({ reason }) => reason);
      const failure = reasons.find((reason) => reason && reason !== this.stopping.signal.reason);
      if (failure !== undefined) {
        throw failure;
      }
    } catch (error) {
      if (error !== this.stopping.signal.reason) {
        throw error;
      }
    } finally {
      this.busy = null;
      this.current.clear();
    }
  }

  // Person after person, so that no two requests meet at one.
  async work() {
    for (let person = this.waiting.shift(); person !== undefined; person = this.waiting.shift()) {
      this.current.add(person.name);
      this.changed(this);
      try {
        await this.enrolPerson(person);
      } catch (error) {
        this.stop();
        throw error;
      }
      this.current.delete(person.name);
    }
  }

  async enrolPerson(person) {
    while (person.next < person.images.length) {
      this.stopping.signal.throwIfAborted();
      const image = person.images[person.next];
      await this.patiently(() => this.enrol(image, person));
      person.next += 1;
      this.changed(this);
    }
    // A person's markers are read once, and not needed afterwards.
    person.markers = undefined;
  }

  async enrol(image, person) {
    try {
      if (await this.add(image.file, person)) {
        this.added += 1;
      } else {
        this.present += 1;
      }
    } catch (error) {
      if (!(error instanceof ApiError) || BUSY.includes(error.status) || endsAll(error)) {
        throw error;
      }
      const { path } = image;
      this.refusals.push({ path, person: person.name, code: error.code, reason: reasonOf(error) });
    }
  }

  // Whether the image was added; it was not if the person has it already.
  async add(file, person) {
    const content = await readImage(file);
    const userData = await markerOf(content);
    const path = await this.pathOf(person);
    person.markers ??= await markersOf(path, this.api, 1);
    if (userData !== undefined && person.markers.has(userData)) {
      return false;
    }
    const query = { detectionModel: DETECTION_MODEL, minimumQuality: this.quality, userData };
    try {
      await this.api.face("POST", `${path}/persistedfaces`, { image: content, query });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500) {
        // The face may have been added all the same.
        person.markers = undefined;
      }
      throw error;
    }
    person.markers.add(userData);
    return true;
  }

  // The person's path; a person who is missing is made.
  async pathOf(person) {
    if (person.ids.length > 1) {
      const message = `${person.ids.length} persons of the group have the name ${person.name}.`;
      throw new ApiError(409, { code: "AmbiguousPerson", message });
    }
    if (person.ids.length === 0) {
      // Kept until there is an answer: a request that failed may have made the person.
      person.creation ??= newIdempotencyKey();
      const options = { json: { name: person.name }, idempotencyKey: person.creation };
      const { personId } = await this.api.face("POST", `${this.group.path}/persons`, options);
      person.creation = undefined;
      person.ids.push(personId);
    }
    return `${this.group.path}/persons/${person.ids[0]}`;
  }

  // Finds the persons of the folder among those of the group, by name.
  async findPersons() {
    const named = new Map();
    for (const person of this.people) {
      person.ids = [];
      person.markers = undefined;
      named.set(person.name, person);
    }
    for (let page, start; page === undefined || page.length === PAGE; start = page.at(-1)?.personId) {
      this.stopping.signal.throwIfAborted();
      page = await this.api.face("GET", `${this.group.path}/persons`, { query: { top: PAGE, start } });
      page.forEach(({ name, personId }) => named.get(normalName(name))?.ids.push(personId));
    }
  }

  // Repeats what the service has no room for, after the time that it names.
  async patiently(work) {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!BUSY.includes(error.status)) {
          throw error;
        }
        this.stopping.signal.throwIfAborted();
        const seconds = error.retryAfter ?? WAIT_SECONDS;
        this.busy = { seconds, reason: error.message };
        this.changed(this);
        await sleep(seconds, this.stopping.signal);
        this.busy = null;
        this.changed(this);
      }
    }
  }
}

function endsAll(error) {
  return error.status === 401 || GROUP_IS_GONE.includes(error.code);
}
