-- The daemons that execute runs of this store, by their last sign of life.
CREATE TABLE node (
    process TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    since INTEGER NOT NULL,
    seen INTEGER NOT NULL
) STRICT;
