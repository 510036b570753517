// Keeps the tables of Azurite: a journal of changes beside each of its files.
//
// Azurite writes a whole table for any change, which takes a core from a few thousand blobs on, and
// loses what it acknowledged since it last did. Here a change is appended to `<table>.journal`
// before its request is answered, so that a kill of the process loses nothing. The table itself is
// written when the journal is a minute old, and by a stop: what was deleted is on disk until then.
//
// A line of the journal is `[collection, id]` for a removed document and `[collection, id, document]`
// for another. A table is restored from its file and the journal; lines that the file has already
// change nothing, and a line that a kill cut short was not acknowledged.
"use strict";

const fs = require("node:fs");
const http = require("node:http");

const TICK_MS = 1000;
const OLDEST_MS = 60 * 1000;
// A table that takes long to write is written more seldom: at most a fiftieth of the time.
const SAVE_SHARE = 50;

const journals = [];

class TableJournal {
  constructor(database) {
    this.database = database;
    this.path = `${database.filename}.journal`;
    this.file = undefined;
    this.size = 0;
    this.begun = undefined;
    this.saveTook = 0;
  }

  // Appends the documents that changed since the last call. They stay noted if that fails.
  append() {
    const changed = this.database.collections.filter((one) => one.dirtyIds.length > 0);
    if (changed.length === 0) return;
    const lines = changed.flatMap((one) => [...new Set(one.dirtyIds)].map((id) => line(one, id)));
    const bytes = Buffer.from(lines.join(""));
    this.file ??= fs.openSync(this.path, "a", 0o600);
    try {
      if (fs.writeSync(this.file, bytes) < bytes.length) throw new Error("the disk is full");
      this.size += bytes.length;
    } catch (error) {
      fs.ftruncateSync(this.file, this.size);
      throw error;
    }
    this.begun ??= Date.now();
    for (const one of changed) one.dirtyIds = [];
  }

  isDue() {
    const oldest = Math.max(OLDEST_MS, SAVE_SHARE * this.saveTook);
    return this.begun !== undefined && Date.now() - this.begun > oldest;
  }

  // What follows are the methods of a persistence adapter of Loki, Azurite's database.

  loadDatabase(path, callback) {
    if (!fs.existsSync(path)) return callback(null);
    try {
      callback(restored(JSON.parse(fs.readFileSync(path, "utf8")), readJournal(this.path)));
    } catch (error) {
      callback(error);
    }
  }

  saveDatabase(path, text, callback) {
    const started = Date.now();
    try {
      fs.writeFileSync(`${path}~`, text);
      fs.renameSync(`${path}~`, path);
      fs.rmSync(this.path, { force: true });
    } catch (error) {
      fs.rmSync(`${path}~`, { force: true });
      this.begun = started; // It is tried again a minute later; the journal has all until then.
      return callback(error);
    }
    if (this.file !== undefined) fs.closeSync(this.file);
    this.file = this.begun = undefined;
    this.size = 0;
    this.saveTook = Date.now() - started;
    for (const one of this.database.collections) one.dirtyIds = [];
    callback(null);
  }
}

function line(collection, id) {
  const document = collection.get(id);
  return JSON.stringify(document ? [collection.name, id, document] : [collection.name, id]) + "\n";
}

function readJournal(path) {
  if (!fs.existsSync(path)) return [];
  const lines = fs.readFileSync(path, "utf8").split("\n");
  lines.pop(); // Empty, or cut short.
  return lines.map((text) => JSON.parse(text));
}

function restored(table, changes) {
  for (const collection of table.collections) {
    const documents = new Map(collection.data.map((one) => [one.$loki, one]));
    for (const [name, id, document] of changes) {
      if (name !== collection.name) continue;
      if (document) documents.set(id, document);
      else documents.delete(id);
      collection.maxId = Math.max(collection.maxId, id);
    }
    collection.data = [...documents.values()].sort((a, b) => a.$loki - b.$loki);
    collection.dirtyIds = [];
  }
  // Loki makes the indices of a table of that version anew.
  if (changes.length > 0) table.databaseVersion = 1;
  return table;
}

let isFailing = false;

function appendAll() {
  try {
    for (const journal of journals) journal.append();
    isFailing = false;
  } catch (error) {
    if (!isFailing) console.error(`Tables cannot be written: ${error.code ?? error.message}`);
    isFailing = true;
  }
}

function keep(database) {
  const journal = new TableJournal(database);
  database.persistenceAdapter = journal;
  database.isIncremental = true; // Its collections note the ids of changed documents.
  // Tables of files come before those of the blobs and messages that are in the files.
  if (database.filename.endsWith("_extent__.json")) journals.unshift(journal);
  else journals.push(journal);
  return setInterval(() => {
    appendAll();
    if (journal.isDue()) database.saveDatabase();
  }, TICK_MS);
}

const writeHead = http.ServerResponse.prototype.writeHead;
http.ServerResponse.prototype.writeHead = function (...parts) {
  appendAll();
  return writeHead.apply(this, parts);
};

module.exports = { keep };
