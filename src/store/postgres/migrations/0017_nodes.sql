-- The daemons that execute runs of this store, by their last sign of life.
CREATE TABLE node (
    process text COLLATE "C" NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    version text NOT NULL,
    since bigint NOT NULL,
    seen bigint NOT NULL
);
