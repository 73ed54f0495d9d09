-- What flows have done. Times are milliseconds since 1970, UTC.

-- A flow is worked on by one run at a time.
CREATE TABLE flow_state (
    flow    TEXT   NOT NULL PRIMARY KEY, -- the flow's id
    holder  TEXT   NOT NULL,             -- the run that has it, or had it last; '' for none
    counter bigint NOT NULL              -- of the last version that was seen
);

-- Each version of each source file, and which target has it.
CREATE TABLE flow_version (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    flow       TEXT    NOT NULL,
    path       bytea   NOT NULL, -- any bytes
    size       bigint,
    modified   bigint,
    precision  TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    seen_at    bigint NOT NULL,
    changed_at bigint NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'open', 'delivered', 'done', 'quarantined', 'given_up')),
    reason     TEXT    NOT NULL,
    counter    bigint NOT NULL,
    settled_to bytea   NOT NULL, -- where the source was moved, or is about to be; '' for nowhere
    failures   bigint NOT NULL,
    error      TEXT    NOT NULL, -- an error document, or ''
    run        TEXT    NOT NULL,
    deliveries json    NOT NULL -- one for each target
);

CREATE INDEX flow_version_by_path ON flow_version (flow, path, number);
CREATE INDEX flow_version_by_place ON flow_version (flow, settled_to) WHERE settled_to <> '';
CREATE INDEX flow_version_by_state ON flow_version (flow, state, number);
CREATE INDEX flow_version_by_hash ON flow_version (flow, hash) WHERE hash <> '';

-- The moments of schedules for which a run was queued, or which were passed over: each once, on whichever node.
CREATE TABLE flow_moment (
    flow     TEXT    NOT NULL,
    moment   bigint NOT NULL,
    taken_at bigint NOT NULL,
    PRIMARY KEY (flow, moment)
);

-- What was told about a flow: each thing once.
CREATE TABLE flow_notice (
    flow     TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    taken_at bigint NOT NULL,
    PRIMARY KEY (flow, key)
);
