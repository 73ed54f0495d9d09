-- What flows have done. Times are milliseconds since 1970, UTC.

-- A flow is worked on by one run at a time.
CREATE TABLE flow_state (
    flow    TEXT   NOT NULL PRIMARY KEY, -- the flow's id
    holder  TEXT   NOT NULL,             -- the run that has it, or had it last; '' for none
    counter INTEGER NOT NULL              -- of the last version that was seen
) STRICT, WITHOUT ROWID;

-- Each version of each source file, and which target has it.
CREATE TABLE flow_version (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    flow       TEXT    NOT NULL,
    path       TEXT   NOT NULL, -- any bytes
    size       INTEGER,
    modified   INTEGER,
    precision  TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    seen_at    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'open', 'delivered', 'done', 'quarantined', 'given_up')),
    reason     TEXT    NOT NULL,
    counter    INTEGER NOT NULL,
    settled_to TEXT   NOT NULL, -- where the source was moved, or is about to be; '' for nowhere
    failures   INTEGER NOT NULL,
    error      TEXT    NOT NULL, -- an error document, or ''
    run        TEXT    NOT NULL,
    deliveries TEXT    NOT NULL CHECK (json_valid(deliveries)) -- one for each target
) STRICT;

CREATE INDEX flow_version_by_path ON flow_version (flow, path, number);
CREATE INDEX flow_version_by_place ON flow_version (flow, settled_to) WHERE settled_to <> '';
CREATE INDEX flow_version_by_state ON flow_version (flow, state, number);
CREATE INDEX flow_version_by_hash ON flow_version (flow, hash) WHERE hash <> '';

-- The moments of schedules for which a run was queued, or which were passed over: each once, on whichever node.
CREATE TABLE flow_moment (
    flow     TEXT    NOT NULL,
    moment   INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (flow, moment)
) STRICT, WITHOUT ROWID;

-- What was told about a flow: each thing once.
CREATE TABLE flow_notice (
    flow     TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (flow, key)
) STRICT, WITHOUT ROWID;
