-- One execution of an operation, a flow or an ad-hoc transfer. Times are milliseconds since 1970, UTC.
CREATE TABLE run (
    id               TEXT    NOT NULL PRIMARY KEY, -- UUIDv7: in the order of their making
    project          TEXT    NOT NULL,
    kind             TEXT    NOT NULL CHECK (kind IN ('operation', 'flow', 'transfer')),
    subject          TEXT    NOT NULL,
    action           TEXT    NOT NULL,
    connection       TEXT    NOT NULL,
    environment      TEXT    NOT NULL,
    "trigger"        TEXT    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'partial', 'cancelled')),
    priority         INTEGER NOT NULL,
    attempt          INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    due_at           INTEGER NOT NULL, -- not before
    started_at       INTEGER,
    finished_at      INTEGER,
    bytes            INTEGER NOT NULL,
    files            INTEGER NOT NULL,
    succeeded        INTEGER NOT NULL,
    failed           INTEGER NOT NULL,
    skipped          INTEGER NOT NULL,
    error            TEXT    NOT NULL, -- an error document, or ''
    created_by       TEXT    NOT NULL,
    retry_of         TEXT    NOT NULL,
    cancel_requested INTEGER NOT NULL,
    request          TEXT    NOT NULL CHECK (json_valid(request)),
    lease_owner      TEXT    NOT NULL, -- '' while nobody works on it
    lease_until      INTEGER NOT NULL,
    fence            INTEGER NOT NULL  -- one more for each owner: what an earlier one writes is refused
) STRICT;

CREATE INDEX run_by_project ON run (project, id);
CREATE INDEX run_by_subject ON run (project, kind, subject, id);
CREATE INDEX run_waiting ON run (priority DESC, due_at, id) WHERE state = 'queued';
CREATE INDEX run_working ON run (lease_until) WHERE state = 'running';
CREATE INDEX run_ended ON run (finished_at) WHERE finished_at IS NOT NULL;

-- The files of a run.
CREATE TABLE run_file (
    run         TEXT    NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    outcome     TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    resumed     INTEGER NOT NULL,
    proof       TEXT    NOT NULL,
    checksum    TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    error       TEXT    NOT NULL,
    started_at  INTEGER,
    finished_at INTEGER,
    properties  TEXT    NOT NULL CHECK (json_valid(properties)),
    warnings    TEXT    NOT NULL CHECK (json_valid(warnings)), -- a list of sentences
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- What happened, numbered for those who follow it.
CREATE TABLE run_event (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    run     TEXT    NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    project TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    type    TEXT    NOT NULL,
    data    TEXT    NOT NULL CHECK (json_valid(data))
) STRICT;

CREATE INDEX run_event_by_run ON run_event (run, number);

-- Answers to requests that carried an Idempotency-Key, to be given again when the same request comes again.
CREATE TABLE idempotency (
    token      TEXT    NOT NULL, -- whose request it was
    key        TEXT    NOT NULL,
    request    TEXT    NOT NULL, -- a digest of method, path and body
    status     INTEGER NOT NULL, -- 0 while the first request is still being answered
    headers    TEXT    NOT NULL CHECK (json_valid(headers)),
    body       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (token, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);
