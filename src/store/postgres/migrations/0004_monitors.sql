-- How far a monitor has come. Times are milliseconds since 1970, UTC.
CREATE TABLE monitor_look (
    monitor      text    COLLATE "C" NOT NULL PRIMARY KEY,
    begun        bigint  NOT NULL DEFAULT 0,  -- the number of the last look that was begun: the right to write
    ended        bigint  NOT NULL DEFAULT 0,  -- of the last one that saw everything; 0: none yet
    ended_at     bigint  NOT NULL DEFAULT 0,
    next_at      bigint  NOT NULL DEFAULT 0,
    failures     bigint  NOT NULL DEFAULT 0,
    last_at      bigint  NOT NULL DEFAULT 0,  -- of the last one that ended in any way, and what it left
    last_seen    bigint  NOT NULL DEFAULT 0,
    last_waiting bigint  NOT NULL DEFAULT 0,
    last_missing boolean NOT NULL DEFAULT false,
    problem      text    NOT NULL DEFAULT '',
    owner        text    NOT NULL DEFAULT '', -- who is looking, until when
    owned_until  bigint  NOT NULL DEFAULT 0
);

-- What a monitor knows of each file. Paths are bytes: names need not be UTF-8.
CREATE TABLE monitor_file (
    monitor         text    COLLATE "C" NOT NULL,
    path            bytea   NOT NULL,
    type            text    NOT NULL,
    size            bigint,
    modified        bigint,
    precision       text    NOT NULL,
    mode            bigint,
    told            bigint  NOT NULL,
    waiting         text,    -- a change that is not told yet
    unchanged_since bigint  NOT NULL,
    unchanged_looks bigint  NOT NULL,
    look            bigint  NOT NULL, -- the last one that saw it
    PRIMARY KEY (monitor, path)
);

CREATE INDEX monitor_file_waiting ON monitor_file (monitor, path) WHERE waiting IS NOT NULL;
CREATE INDEX monitor_file_came ON monitor_file (monitor, size, path) WHERE waiting = 'created';

-- What happened to files, in the order in which it was written.
CREATE TABLE monitor_event (
    sequence      bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    monitor       text    COLLATE "C" NOT NULL,
    id            text    COLLATE "C" NOT NULL UNIQUE,
    change        text    NOT NULL,
    path          bytea   NOT NULL,
    previous_path bytea   NOT NULL,
    type          text    NOT NULL,
    size          bigint,
    modified      bigint,
    precision     text    NOT NULL,
    mode          bigint,
    at            bigint  NOT NULL
);

CREATE INDEX monitor_event_of ON monitor_event (monitor, sequence);
CREATE INDEX monitor_event_by_time ON monitor_event (at);

-- Who takes them, and how far it has come.
CREATE TABLE monitor_consumer (
    name        text    COLLATE "C" NOT NULL PRIMARY KEY,
    monitor     text    COLLATE "C" NOT NULL,             -- '': the events of all
    position    bigint  NOT NULL,
    attempts    bigint  NOT NULL DEFAULT 0,
    not_before  bigint  NOT NULL DEFAULT 0,
    problem     text    NOT NULL DEFAULT '',
    owner       text    NOT NULL DEFAULT '',
    owned_until bigint  NOT NULL DEFAULT 0
);

CREATE INDEX monitor_consumer_of ON monitor_consumer (monitor);

-- What a consumer has given up. The event itself is kept as long as this is.
CREATE TABLE monitor_dead_letter (
    consumer text    COLLATE "C" NOT NULL,
    sequence bigint  NOT NULL,
    attempts bigint  NOT NULL,
    problem  text    NOT NULL,
    at       bigint  NOT NULL,
    replay   boolean NOT NULL DEFAULT false, -- it is to be tried again
    PRIMARY KEY (consumer, sequence)
);

CREATE INDEX monitor_dead_letter_of ON monitor_dead_letter (sequence);
