-- Runs are taken in turn, may be paused, and their files are found by name, connection and time.
ALTER TABLE run ADD COLUMN paused INTEGER NOT NULL DEFAULT 0; -- while queued: it waits until somebody resumes it; while running: it is to stop

-- What each file was, to be found by. Connections in lower case.
ALTER TABLE run_file ADD COLUMN project           TEXT NOT NULL DEFAULT '';
ALTER TABLE run_file ADD COLUMN connection        TEXT NOT NULL DEFAULT '';
ALTER TABLE run_file ADD COLUMN target_connection TEXT NOT NULL DEFAULT ''; -- where it is another one
ALTER TABLE run_file ADD COLUMN name              TEXT NOT NULL DEFAULT '';
ALTER TABLE run_file ADD COLUMN target_name       TEXT NOT NULL DEFAULT ''; -- where it is another one
ALTER TABLE run_file ADD COLUMN history           TEXT NOT NULL DEFAULT '[]'; -- its attempts

UPDATE run_file SET
    project = (SELECT project FROM run WHERE id = run_file.run),
    connection = (SELECT lower(connection) FROM run WHERE id = run_file.run),
    target_connection = CASE WHEN substr(target, 1, 1) <> '/' AND instr(target, ':/') > 0
                        THEN lower(substr(target, 1, instr(target, ':/') - 1)) ELSE '' END,
    name = replace(source, rtrim(source, replace(source, '/', '')), ''),
    target_name = replace(target, rtrim(target, replace(target, '/', '')), '');
UPDATE run_file SET name = target_name WHERE name = '';
UPDATE run_file SET target_name = '' WHERE target_name = name;
UPDATE run_file SET target_connection = '' WHERE target_connection = connection;
UPDATE run_file SET name = substr(name, 1, 300), target_name = substr(target_name, 1, 300) WHERE length(name) > 300 OR length(target_name) > 300;

CREATE INDEX run_file_by_time ON run_file (project, finished_at, run, number, name, target_name);
CREATE INDEX run_file_by_connection ON run_file (project, connection, finished_at, run, number, name, target_name);
CREATE INDEX run_file_by_target ON run_file (project, target_connection, finished_at, run, number, name, target_name)
    WHERE target_connection <> '';
CREATE INDEX run_file_by_name ON run_file (project, name, finished_at);
CREATE INDEX run_file_by_target_name ON run_file (project, target_name, finished_at) WHERE target_name <> '';

-- The queue, in lanes: one for each project and connection (and node and kind, which not every daemon can take).
DROP INDEX run_waiting;
CREATE INDEX run_queue ON run (priority, project, connection, node, kind, due_at, id) WHERE state = 'queued' AND paused = FALSE;

-- When a project, and a connection of it, had their last turn. The whole project stands under '*'.
CREATE TABLE run_turn (
    project    TEXT    NOT NULL,
    connection TEXT    NOT NULL,
    taken_at   INTEGER NOT NULL,
    PRIMARY KEY (project, connection)
) STRICT, WITHOUT ROWID;

-- Lists by what people ask for.
DROP INDEX run_by_connection;
CREATE INDEX run_by_connection ON run (project, connection COLLATE NOCASE, id);
DROP INDEX run_by_subject;
CREATE INDEX run_by_subject ON run (project, subject COLLATE NOCASE, id);
CREATE INDEX run_failed ON run (project, id) WHERE state = 'failed';
CREATE INDEX run_partial ON run (project, id) WHERE state = 'partial';
CREATE INDEX run_cancelled ON run (project, id) WHERE state = 'cancelled';
CREATE INDEX run_paused ON run (project, id) WHERE state = 'queued' AND paused = TRUE;
