"""Changes to Azurite's bundle: deleted bytes go, acknowledged writes stay, and many blobs are fast.

Azurite 3.35.0 has no options for these. It appends blobs and messages to shared files ("extents")
of 64 MB, which stay while one blob of theirs exists, and writes its tables every five seconds and
each by itself, so that a kill loses what it acknowledged since, or half of it. Its database (Loki)
compares a request with every document, and the time of that is what thousands of uploads took.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Adaptation:
    """A text that the bundle contains exactly once, and its replacement."""

    original: str
    replacement: str


ADAPTATIONS = (
    # A file of its own for every write: it is deleted with its blob or message.
    Adaptation(
        "exports2.DEFAULT_MAX_EXTENT_SIZE = 64 * 1024 * 1024;",
        "exports2.DEFAULT_MAX_EXTENT_SIZE = 1;",
    ),
    # Blobs' files are collected every minute. They are younger than ten minutes only for a write
    # that is under way: DEFAULT_EXTENT_GC_PROTECT_TIME_IN_MS is unchanged.
    Adaptation(
        "exports2.DEFAULT_GC_INTERVAL_MS = 10 * 60 * 1e3;",
        "exports2.DEFAULT_GC_INTERVAL_MS = 60 * 1e3;",
    ),
    # The age of a file was noted under another name than the collection asks for, so that a file
    # could go while the blob that it was written for was not in its table yet.
    Adaptation(
        "        if (!doc) {\n          coll.insert(extent);\n",
        "        if (!doc) {\n"
        "          extent.LastModifyInMS = extent.lastModifiedInMS;\n"
        "          coll.insert(extent);\n",
    ),
    # Tables are kept by `azurite/table_journal.cjs`.
    Adaptation(
        "          this.autosaveHandle = setInterval(function autosaveHandleInterval() {\n"
        "            if (self2.autosaveDirty() && !self2.ignoreAutosave) {\n"
        "              self2.saveDatabase(callback);\n"
        "            }\n"
        "          }, delay);",
        '          this.autosaveHandle = require("./table_journal.cjs").keep(self2);',
    ),
    # A search for several members compares all documents with the first member, unless that has an
    # index, as the account has, which all documents share. It begins with the index that leaves the
    # fewest, or with a member that has none where every index leaves more than half.
    Adaptation(
        "        Resultset.prototype.findAnd = function(expressionArray) {\n",
        "        Resultset.prototype.findAnd = function(expressionArray) {\n"
        "          var documents = this.collection, half = documents.data.length / 2;\n"
        "          var left = function(expression) {\n"
        "            var member = Object.keys(expression)[0], value = expression[member];\n"
        "            var indexed = documents.binaryIndices[member] && typeof value !== 'object';\n"
        "            if (!indexed) return half;\n"
        "            var range = documents.calculateRange('$eq', member, value);\n"
        "            return range[1] - range[0];\n"
        "          };\n"
        "          if (!this.filterInitialized) expressionArray = expressionArray\n"
        "            .map(function(one) { return [left(one), one]; })\n"
        "            .sort(function(a, b) { return a[0] - b[0]; })\n"
        "            .map(function(pair) { return pair[1]; });\n",
    ),
    # Every index was sorted again for a removal of none, which comes with each use of a queue,
    Adaptation(
        "        Collection.prototype.removeBatch = function(batch) {\n",
        "        Collection.prototype.removeBatch = function(batch) {\n"
        "          if (batch.length === 0) return;\n",
    ),
    Adaptation(
        "        Collection.prototype.removeBatchByPositions = function(positions) {\n",
        "        Collection.prototype.removeBatchByPositions = function(positions) {\n"
        "          if (positions.length === 0) return;\n",
    ),
    # and for removals and updates of a few, for which Loki can change the indices instead.
    Adaptation(
        "          var adaptiveOverride = this.adaptiveBinaryIndices &&"
        " Object.keys(this.binaryIndices).length > 0;",
        "          var adaptiveOverride = this.adaptiveBinaryIndices && positions.length > 32;",
    ),
    Adaptation(
        "            len = doc.length;\n"
        "            adaptiveBatchOverride = !this.cloneObjects && this.adaptiveBinaryIndices &&"
        " Object.keys(this.binaryIndices).length > 0;",
        "            len = doc.length;\n"
        "            adaptiveBatchOverride = !this.cloneObjects && this.adaptiveBinaryIndices &&"
        " len > 32;",
    ),
)


def adapted(bundle: str) -> str:
    """The bundle's text with every adaptation.

    Raises:
        ValueError: the bundle is not of the version that the adaptations were made for.
    """
    for adaptation in ADAPTATIONS:
        if bundle.count(adaptation.original) != 1:
            raise ValueError(f"Azurite has changed: {adaptation.original.strip()[:60]!r}")
        bundle = bundle.replace(adaptation.original, adaptation.replacement)
    return bundle
