-- What was said with servers during a run that was to be traced, in the order of the numbers. Secrets are masked.
CREATE TABLE run_trace (
    run    TEXT    NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    text   TEXT    NOT NULL,
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- Runs by what their files are called.
CREATE INDEX run_file_names ON run_file (run, name, target_name);

-- What failed: few, among many.
CREATE INDEX run_file_failed ON run_file (project, finished_at, run, number, connection, target_connection, name, target_name)
    WHERE error <> '';
