"""The SQL of the embedded document store."""

from __future__ import annotations

TABLE_PREFIX = "documents_"

SEQUENCE = """
CREATE TABLE IF NOT EXISTS sequence (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    value INTEGER NOT NULL
) STRICT
"""
SEQUENCE_START = "INSERT OR IGNORE INTO sequence (one, value) VALUES (1, 0)"
LAST_CHANGE = "SELECT value FROM sequence"
NEXT_CHANGE = "UPDATE sequence SET value = value + 1 RETURNING value"

# The body is the last column, so that scans of the others do not read its overflow pages.
_TABLE = """
CREATE TABLE IF NOT EXISTS "{table}" (
    partition TEXT NOT NULL,
    id TEXT NOT NULL,
    expires REAL,
    change INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (partition, id)
) STRICT, WITHOUT ROWID
"""
_CHANGE_INDEX = """
CREATE INDEX IF NOT EXISTS "{table}_by_change" ON "{table}" (partition, change, expires)
"""
_EXPIRY_INDEX = """
CREATE INDEX IF NOT EXISTS "{table}_by_expiry" ON "{table}" (expires) WHERE expires IS NOT NULL
"""

_LIVE = "(expires IS NULL OR expires > :now)"
_GET = f"""
SELECT id, body, change FROM "{{table}}"
WHERE partition = :partition AND id = :id AND {_LIVE}
"""  # noqa: S608 - only the table varies, and its name is checked
_PAGE = f"""
SELECT id, body, change FROM "{{table}}"
WHERE partition = :partition AND id > :after AND id >= :prefix
AND (:end IS NULL OR id < :end) AND {_LIVE}
ORDER BY id LIMIT :limit
"""  # noqa: S608 - as above
_COUNT = f"""
SELECT count(*) FROM "{{table}}"
WHERE partition = :partition AND id >= :prefix AND (:end IS NULL OR id < :end) AND {_LIVE}
"""  # noqa: S608 - as above
_COUNT_ALL = f"""
SELECT count(*) FROM "{{table}}" INDEXED BY "{{table}}_by_change"
WHERE partition = :partition AND {_LIVE}
"""  # noqa: S608 - as above
_CHANGES = f"""
SELECT id, body, change FROM "{{table}}"
WHERE partition = :partition AND change > :mark AND {_LIVE}
ORDER BY change LIMIT :limit
"""  # noqa: S608 - as above
_NEXT_PARTITION = 'SELECT min(partition) FROM "{table}" WHERE partition > :after'
_CREATE = """
INSERT INTO "{table}" (partition, id, expires, change, body)
VALUES (:partition, :id, :expires, :change, :body)
ON CONFLICT (partition, id) DO UPDATE
SET expires = excluded.expires, change = excluded.change, body = excluded.body
WHERE "{table}".expires <= :now
"""
_REPLACE = """
UPDATE "{table}" SET expires = :expires, change = :change, body = :body
WHERE partition = :partition AND id = :id
"""
_DELETE = 'DELETE FROM "{table}" WHERE partition = :partition AND id = :id'
_SWEEP = """
DELETE FROM "{table}" WHERE (partition, id) IN (
    SELECT partition, id FROM "{table}" WHERE expires <= :now LIMIT :limit
)
"""
TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB ?"


class Statements:
    """The statements of one container's table.

    Args:
        table: the table's name; inserted into the SQL, so the caller must have validated it.
    """

    def __init__(self, table: str) -> None:
        self.schema = tuple(
            text.format(table=table) for text in (_TABLE, _CHANGE_INDEX, _EXPIRY_INDEX)
        )
        self.get = _GET.format(table=table)
        self.page = _PAGE.format(table=table)
        self.count = _COUNT.format(table=table)
        self.count_all = _COUNT_ALL.format(table=table)
        self.changes = _CHANGES.format(table=table)
        self.next_partition = _NEXT_PARTITION.format(table=table)
        self.create = _CREATE.format(table=table)
        self.replace = _REPLACE.format(table=table)
        self.delete = _DELETE.format(table=table)
        self.sweep = _SWEEP.format(table=table)
