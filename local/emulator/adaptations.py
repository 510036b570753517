"""Changes to Azurite's bundle, so that deleted bytes go and acknowledged writes stay.

Azurite 3.35.0 has no options for these. It appends blobs and messages to shared files ("extents")
of 64 MB, which stay while one blob of theirs exists, and writes its tables every five seconds and
each by itself, so that a kill loses what it acknowledged since, or half of it.
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
    # Tables are written 0.1 s after a change, or later where that took more than a tenth of the
    # time; as before after five seconds at most.
    Adaptation(
        "            if (self2.autosaveDirty() && !self2.ignoreAutosave) {\n"
        "              self2.saveDatabase(callback);\n"
        "            }\n"
        "          }, delay);",
        "            var started = Date.now();\n"
        "            if (started >= (self2.nextSave || 0) && self2.autosaveDirty()"
        " && !self2.ignoreAutosave) {\n"
        "              self2.saveDatabase(callback);\n"
        "              self2.nextSave = started + Math.min(10 * (Date.now() - started), 5e3);\n"
        "            }\n"
        "          }, 100);",
    ),
    # A table of blobs or messages replaces the former one only once the table of the files that it
    # names is written: a kill between the two left blobs that exist and cannot be read.
    Adaptation(
        "          this.autosaveHandle = setInterval(function autosaveHandleInterval() {\n",
        "          (Loki.saved = Loki.saved || {})[self2.filename] = self2;\n"
        "          this.autosaveHandle = setInterval(function autosaveHandleInterval() {\n",
    ),
    Adaptation(
        "              self2.fs.rename(tmpdbname, dbname, callback);\n",
        "              var rename = function(failed) {\n"
        "                if (failed) callback(failed);\n"
        "                else self2.fs.rename(tmpdbname, dbname, callback);\n"
        "              };\n"
        "              var name = dbname.replace(/__\\.json$/, '_extent__.json');\n"
        "              var files = (Loki.saved || {})[name];\n"
        "              if (files && (files.autosaveDirty() || files.throttledSavePending))\n"
        "                files.saveDatabase(rename);\n"
        "              else rename();\n",
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
