-- How far a monitor has come. Times are milliseconds since 1970, UTC.
CREATE TABLE monitor_look (
    monitor      TEXT    NOT NULL PRIMARY KEY,
    begun        INTEGER NOT NULL DEFAULT 0,  -- the number of the last look that was begun: the right to write
    ended        INTEGER NOT NULL DEFAULT 0,  -- of the last one that saw everything; 0: none yet
    ended_at     INTEGER NOT NULL DEFAULT 0,
    next_at      INTEGER NOT NULL DEFAULT 0,
    failures     INTEGER NOT NULL DEFAULT 0,
    last_at      INTEGER NOT NULL DEFAULT 0,  -- of the last one that ended in any way, and what it left
    last_seen    INTEGER NOT NULL DEFAULT 0,
    last_waiting INTEGER NOT NULL DEFAULT 0,
    last_missing INTEGER NOT NULL DEFAULT 0,
    problem      TEXT    NOT NULL DEFAULT '',
    owner        TEXT    NOT NULL DEFAULT '', -- who is looking, until when
    owned_until  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What a monitor knows of each file. Paths are bytes: names need not be UTF-8.
CREATE TABLE monitor_file (
    monitor         TEXT    NOT NULL,
    path            BLOB    NOT NULL,
    type            TEXT    NOT NULL,
    size            INTEGER,
    modified        INTEGER,
    precision       TEXT    NOT NULL,
    mode            INTEGER,
    told            INTEGER NOT NULL,
    waiting         TEXT,    -- a change that is not told yet
    unchanged_since INTEGER NOT NULL,
    unchanged_looks INTEGER NOT NULL,
    look            INTEGER NOT NULL, -- the last one that saw it
    PRIMARY KEY (monitor, path)
) STRICT, WITHOUT ROWID;

CREATE INDEX monitor_file_waiting ON monitor_file (monitor, path) WHERE waiting IS NOT NULL;
CREATE INDEX monitor_file_came ON monitor_file (monitor, size, path) WHERE waiting = 'created';

-- What happened to files, in the order in which it was written.
CREATE TABLE monitor_event (
    sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
    monitor       TEXT    NOT NULL,
    id            TEXT    NOT NULL UNIQUE,
    change        TEXT    NOT NULL,
    path          BLOB    NOT NULL,
    previous_path BLOB    NOT NULL,
    type          TEXT    NOT NULL,
    size          INTEGER,
    modified      INTEGER,
    precision     TEXT    NOT NULL,
    mode          INTEGER,
    at            INTEGER NOT NULL
) STRICT;

CREATE INDEX monitor_event_of ON monitor_event (monitor, sequence);
CREATE INDEX monitor_event_by_time ON monitor_event (at);

-- Who takes them, and how far it has come.
CREATE TABLE monitor_consumer (
    name        TEXT    NOT NULL PRIMARY KEY,
    monitor     TEXT    NOT NULL,             -- '': the events of all
    position    INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL DEFAULT 0,
    problem     TEXT    NOT NULL DEFAULT '',
    owner       TEXT    NOT NULL DEFAULT '',
    owned_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX monitor_consumer_of ON monitor_consumer (monitor);

-- What a consumer has given up. The event itself is kept as long as this is.
CREATE TABLE monitor_dead_letter (
    consumer TEXT    NOT NULL,
    sequence INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    problem  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    replay   INTEGER NOT NULL DEFAULT 0, -- it is to be tried again
    PRIMARY KEY (consumer, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX monitor_dead_letter_of ON monitor_dead_letter (sequence);
