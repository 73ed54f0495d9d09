-- One execution of an operation, a flow or an ad-hoc transfer. Times are milliseconds since 1970, UTC.
CREATE TABLE run (
    id text COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7: in the order of their making
    project text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('operation', 'flow', 'transfer')),
    subject text NOT NULL,
    action text NOT NULL,
    connection text NOT NULL,
    environment text NOT NULL,
    "trigger" text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'partial', 'cancelled')),
    priority bigint NOT NULL,
    attempt bigint NOT NULL,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL, -- not before
    started_at bigint,
    finished_at bigint,
    bytes bigint NOT NULL,
    files bigint NOT NULL,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    skipped bigint NOT NULL,
    error text NOT NULL, -- an error document, or ''
    created_by text NOT NULL,
    retry_of text NOT NULL,
    cancel_requested boolean NOT NULL,
    request json NOT NULL,
    lease_owner text NOT NULL, -- '' while nobody works on it
    lease_until bigint NOT NULL,
    fence bigint NOT NULL  -- one more for each owner: what an earlier one writes is refused
);

CREATE INDEX run_by_project ON run (project, id);
CREATE INDEX run_by_subject ON run (project, kind, subject, id);
CREATE INDEX run_waiting ON run (priority DESC, due_at, id) WHERE state = 'queued';
CREATE INDEX run_working ON run (lease_until) WHERE state = 'running';
CREATE INDEX run_ended ON run (finished_at) WHERE finished_at IS NOT NULL;

-- The files of a run.
CREATE TABLE run_file (
    run text COLLATE "C" NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    source text NOT NULL,
    target text NOT NULL,
    outcome text NOT NULL,
    bytes bigint NOT NULL,
    resumed bigint NOT NULL,
    proof text NOT NULL,
    checksum text NOT NULL,
    attempts bigint NOT NULL,
    error text NOT NULL,
    started_at bigint,
    finished_at bigint,
    properties json NOT NULL,
    warnings json NOT NULL, -- a list of sentences
    PRIMARY KEY (run, number)
);

-- What happened, numbered for those who follow it.
CREATE TABLE run_event (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text COLLATE "C" NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    project text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    type text NOT NULL,
    data json NOT NULL
);

CREATE INDEX run_event_by_run ON run_event (run, number);

-- Answers to requests that carried an Idempotency-Key, to be given again when the same request comes again.
CREATE TABLE idempotency (
    token text NOT NULL, -- whose request it was
    key text NOT NULL,
    request text NOT NULL, -- a digest of method, path and body
    status bigint NOT NULL, -- 0 while the first request is still being answered
    headers json NOT NULL,
    body bytea NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (token, key)
);

CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);
