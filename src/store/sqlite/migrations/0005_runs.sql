-- A run whose files lie on one machine can be executed there only; '' stands for any.
ALTER TABLE run ADD COLUMN node TEXT NOT NULL DEFAULT '';

-- How many run for a project, so that none keeps the others waiting; and what was done over a connection.
CREATE INDEX run_busy ON run (project, connection) WHERE state = 'running';
CREATE INDEX run_by_connection ON run (project, connection, id);
