-- The key's columns come first: SQLite 3.40 takes a table WITHOUT ROWID for damaged (PRAGMA integrity_check: "NULL value in
-- resource_reference.name") when a column that is not of the key stands before one that is.
CREATE TABLE resource_reference_ordered (
    resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL,
    name_key TEXT NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (resource, kind, name_key)
) STRICT, WITHOUT ROWID;

INSERT INTO resource_reference_ordered (resource, kind, name_key, name)
SELECT resource, kind, name_key, name FROM resource_reference;

DROP TABLE resource_reference;
ALTER TABLE resource_reference_ordered RENAME TO resource_reference;
CREATE INDEX resource_reference_to ON resource_reference (kind, name_key);
