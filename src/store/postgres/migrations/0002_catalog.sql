-- What holds for the whole store, such as which key its secrets are encrypted with.
CREATE TABLE setting (
    name  text PRIMARY KEY,
    value text NOT NULL
);

-- Everything that is stored under a name. `definition` holds every field but the secrets; the columns beside it are
-- for finding. Texts are compared byte by byte (collation C), as every other part of the program does.
CREATE TABLE resource (
    id         text    COLLATE "C" PRIMARY KEY,
    kind       text    NOT NULL,
    project    text    COLLATE "C" NOT NULL,
    name       text    NOT NULL,
    name_key   text    COLLATE "C" NOT NULL, -- the name in lower case: unique without regard to case
    revision   bigint  NOT NULL CHECK (revision > 0),
    enabled    boolean NOT NULL,
    tags       text[]  NOT NULL,
    definition json    NOT NULL,             -- json, not jsonb: kept as it was written
    created_at bigint  NOT NULL,             -- milliseconds since 1970, UTC
    updated_at bigint  NOT NULL,
    created_by text    NOT NULL,
    updated_by text    NOT NULL,
    CONSTRAINT resource_name UNIQUE (kind, project, name_key)
);
CREATE INDEX resource_by_name ON resource (kind, name_key, id);
CREATE INDEX resource_by_creation ON resource (kind, created_at, id);
CREATE INDEX resource_by_update ON resource (kind, updated_at, id);

-- The secrets of a resource, encrypted with its id and the field as associated data.
CREATE TABLE resource_secret (
    resource text  COLLATE "C" NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
    field    text  COLLATE "C" NOT NULL,
    sealed   bytea NOT NULL,
    PRIMARY KEY (resource, field)
);

-- What a resource uses, by name: looked up in its project, then in `global`.
CREATE TABLE resource_reference (
    resource text COLLATE "C" NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
    kind     text NOT NULL,
    name     text NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    PRIMARY KEY (resource, kind, name_key)
);
CREATE INDEX resource_reference_to ON resource_reference (kind, name_key);

-- Everything that was done, newest last: each change of a resource with what it was afterwards (its revisions), and
-- other events. Outlives the resources. Secrets are named when they changed, never kept.
CREATE TABLE audit (
    sequence        bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              bigint  NOT NULL,
    by_whom         text    NOT NULL,
    via             text    NOT NULL,
    action          text    NOT NULL,
    kind            text    NOT NULL,             -- '': no resource
    project         text    COLLATE "C" NOT NULL,
    name            text    NOT NULL,
    resource        text    COLLATE "C" NOT NULL, -- its id; '': none
    revision        bigint  NOT NULL,             -- 0: none
    enabled         boolean NOT NULL,
    tags            text[]  NOT NULL,
    definition      json    NOT NULL,             -- of the resource after the change; else what there is to say
    changed_secrets json    NOT NULL              -- a list of field paths
);
CREATE UNIQUE INDEX audit_revision ON audit (resource, revision) WHERE resource <> '';
CREATE INDEX audit_by_time ON audit (at);

-- What is there from the start.
INSERT INTO resource (id, kind, project, name, name_key, revision, enabled, tags, definition, created_at, updated_at,
                      created_by, updated_by)
VALUES ('00000000-0000-7000-8000-000000000001', 'project', 'global', 'global', 'global', 1, true, '{}',
        '{"description":"What is here is seen in every project."}', 0, 0, 'fairlead', 'fairlead'),
       ('00000000-0000-7000-8000-000000000002', 'project', 'global', 'default', 'default', 1, true, '{}',
        '{"description":"The project of whoever names none."}', 0, 0, 'fairlead', 'fairlead'),
       ('00000000-0000-7000-8000-000000000003', 'environment', 'global', 'development', 'development', 1, true, '{}',
        '{}', 0, 0, 'fairlead', 'fairlead'),
       ('00000000-0000-7000-8000-000000000004', 'environment', 'global', 'test', 'test', 1, true, '{}', '{}', 0, 0,
        'fairlead', 'fairlead'),
       ('00000000-0000-7000-8000-000000000005', 'environment', 'global', 'production', 'production', 1, true, '{}',
        '{}', 0, 0, 'fairlead', 'fairlead');
