-- Events that are no file's change: what is told of flows and operations, to the same consumers.
ALTER TABLE monitor_event ADD COLUMN document TEXT NOT NULL DEFAULT ''; -- a CloudEvent; '' for a file's change
INSERT INTO monitor_event (monitor, id, change, path, previous_path, type, precision, at, document)
    SELECT flow, flow || '/' || key, '', X'', X'', 'other', 'second', taken_at, document FROM flow_notice
    WHERE document <> '' ORDER BY taken_at;
DROP INDEX flow_notice_due;

-- Events of runs and of monitors are numbered together, so that who follows both needs one number to go on from: a new event
-- of a monitor gets the next number of both, and the next one of a run goes on after that.
INSERT INTO sqlite_sequence (name, seq) SELECT 'run_event', 0 WHERE NOT EXISTS
    (SELECT 1 FROM sqlite_sequence WHERE name = 'run_event');
CREATE TRIGGER monitor_event_number AFTER INSERT ON monitor_event BEGIN
    UPDATE sqlite_sequence SET seq = NEW.sequence WHERE name = 'run_event' AND seq < NEW.sequence;
END;

-- What is old enough to be forgotten.
CREATE INDEX flow_version_by_change ON flow_version (changed_at) WHERE state = 'done' AND settled_to = '';
CREATE INDEX flow_notice_by_time ON flow_notice (taken_at);
CREATE INDEX flow_moment_by_time ON flow_moment (taken_at);
