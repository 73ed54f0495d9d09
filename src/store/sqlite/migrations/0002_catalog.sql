-- Everything that is stored under a name: connections, and now projects, environments, variables and what follows.
-- `definition` holds every field but the secrets, as JSON; the columns beside it are for finding.
CREATE TABLE resource (
    id         TEXT    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL,
    project    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    name_key   TEXT    NOT NULL, -- the name in lower case: unique without regard to case
    revision   INTEGER NOT NULL CHECK (revision > 0),
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    tags       TEXT    NOT NULL CHECK (json_valid(tags)),
    definition TEXT    NOT NULL CHECK (json_valid(definition)),
    created_at INTEGER NOT NULL, -- milliseconds since 1970, UTC
    updated_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    updated_by TEXT    NOT NULL,
    UNIQUE (kind, project, name_key)
) STRICT;

CREATE INDEX resource_by_name ON resource (kind, name_key, id);
CREATE INDEX resource_by_creation ON resource (kind, created_at, id);
CREATE INDEX resource_by_update ON resource (kind, updated_at, id);

-- Its secrets, encrypted with its id and the field as associated data.
CREATE TABLE resource_secret (
    resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
    field    TEXT NOT NULL,
    sealed   BLOB NOT NULL,
    PRIMARY KEY (resource, field)
) STRICT, WITHOUT ROWID;

-- What it uses, by name.
CREATE TABLE resource_reference (
    resource TEXT NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    name_key TEXT NOT NULL,
    PRIMARY KEY (resource, kind, name_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX resource_reference_to ON resource_reference (kind, name_key);

-- Who did what, when. A change of a resource is its revision too, and outlives it. Secrets are named when they
-- changed, never kept.
CREATE TABLE audit (
    sequence        INTEGER PRIMARY KEY AUTOINCREMENT,
    at              INTEGER NOT NULL,
    by_whom         TEXT    NOT NULL,
    via             TEXT    NOT NULL,
    action          TEXT    NOT NULL,
    kind            TEXT    NOT NULL, -- empty: no resource
    project         TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    resource        TEXT    NOT NULL, -- its id; empty: none
    revision        INTEGER NOT NULL, -- 0: none
    enabled         INTEGER NOT NULL,
    tags            TEXT    NOT NULL,
    definition      TEXT    NOT NULL, -- of the resource after the change; else what there is to say, as JSON
    changed_secrets TEXT    NOT NULL  -- a list of field paths
) STRICT;

CREATE UNIQUE INDEX audit_revision ON audit (resource, revision) WHERE resource <> '';

INSERT INTO resource (id, kind, project, name, name_key, revision, enabled, tags, definition, created_at, updated_at,
                      created_by, updated_by)
SELECT id, 'connection', project, name, name_key, revision,
       coalesce(json_extract(definition, '$.enabled'), 1), coalesce(json_extract(definition, '$.tags'), '[]'),
       json_remove(definition, '$.name', '$.enabled', '$.tags'), created_at, updated_at, created_by, updated_by
FROM connection;

INSERT INTO resource_secret (resource, field, sealed) SELECT connection, field, sealed FROM connection_secret;

INSERT INTO audit (at, by_whom, via, action, kind, project, name, resource, revision, enabled, tags, definition,
                   changed_secrets)
SELECT changed_at, changed_by, 'cli', change, 'connection', project, name, connection, revision,
       coalesce(json_extract(definition, '$.enabled'), 1), coalesce(json_extract(definition, '$.tags'), '[]'),
       json_remove(definition, '$.name', '$.enabled', '$.tags'), changed_secrets
FROM connection_revision
ORDER BY changed_at, revision;

DROP TABLE connection_secret;
DROP TABLE connection_revision;
DROP TABLE connection;

-- What is there from the start.
INSERT INTO resource (id, kind, project, name, name_key, revision, enabled, tags, definition, created_at, updated_at,
                      created_by, updated_by)
VALUES ('00000000-0000-7000-8000-000000000001', 'project', 'global', 'global', 'global', 1, 1, '[]',
        '{"description":"What is here is seen in every project."}', 0, 0, 'fairlead', 'fairlead'),
       ('00000000-0000-7000-8000-000000000002', 'project', 'global', 'default', 'default', 1, 1, '[]',
        '{"description":"The project of whoever names none."}', 0, 0, 'fairlead', 'fairlead'),
       ('00000000-0000-7000-8000-000000000003', 'environment', 'global', 'development', 'development', 1, 1, '[]', '{}',
        0, 0, 'fairlead', 'fairlead'),
       ('00000000-0000-7000-8000-000000000004', 'environment', 'global', 'test', 'test', 1, 1, '[]', '{}', 0, 0,
        'fairlead', 'fairlead'),
       ('00000000-0000-7000-8000-000000000005', 'environment', 'global', 'production', 'production', 1, 1, '[]', '{}',
        0, 0, 'fairlead', 'fairlead');
