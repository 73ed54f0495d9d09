-- What holds for the whole database, such as which key its secrets are encrypted with.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- A connection. `definition` holds every field but the secrets, as JSON; the columns beside it are for finding.
CREATE TABLE connection (
    id         TEXT    NOT NULL PRIMARY KEY,
    project    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    name_key   TEXT    NOT NULL, -- the name in lower case: unique without regard to case
    revision   INTEGER NOT NULL CHECK (revision > 0),
    definition TEXT    NOT NULL CHECK (json_valid(definition)),
    created_at INTEGER NOT NULL, -- milliseconds since 1970, UTC
    updated_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    updated_by TEXT    NOT NULL,
    UNIQUE (project, name_key)
) STRICT;

-- A connection's secrets, encrypted with the connection's id and the field as associated data.
CREATE TABLE connection_secret (
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    field      TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (connection, field)
) STRICT, WITHOUT ROWID;

-- Every change of a connection; outlives it. Secrets are named when they changed, never kept.
CREATE TABLE connection_revision (
    connection      TEXT    NOT NULL,
    revision        INTEGER NOT NULL,
    change          TEXT    NOT NULL CHECK (change IN ('create', 'update', 'rename', 'enable', 'disable', 'delete')),
    project         TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    definition      TEXT    NOT NULL CHECK (json_valid(definition)),
    changed_secrets TEXT    NOT NULL CHECK (json_valid(changed_secrets)), -- a list of field paths
    changed_at      INTEGER NOT NULL,
    changed_by      TEXT    NOT NULL,
    PRIMARY KEY (connection, revision)
) STRICT, WITHOUT ROWID;
