-- Events that are no file's change: what is told of flows and operations, to the same consumers.
ALTER TABLE monitor_event ADD COLUMN document text NOT NULL DEFAULT ''; -- a CloudEvent; '' for a file's change
INSERT INTO monitor_event (monitor, id, change, path, previous_path, type, "precision", at, document)
    SELECT flow, flow || '/' || key, '', '', '', 'other', 'second', taken_at, document FROM flow_notice
    WHERE document <> '' ORDER BY taken_at;
DROP INDEX flow_notice_due;

-- Events of runs and of monitors are numbered together, so that who follows both needs one number to go on from.
CREATE SEQUENCE event_number;
SELECT setval('event_number', greatest((SELECT coalesce(max(number), 0) FROM run_event),
                                       (SELECT coalesce(max(sequence), 0) FROM monitor_event),
                                       (SELECT coalesce(max(position), 0) FROM monitor_consumer)) + 1);
ALTER TABLE run_event ALTER COLUMN number DROP IDENTITY;
ALTER TABLE run_event ALTER COLUMN number SET DEFAULT nextval('event_number');
ALTER TABLE monitor_event ALTER COLUMN sequence DROP IDENTITY;
ALTER TABLE monitor_event ALTER COLUMN sequence SET DEFAULT nextval('event_number');

-- What is old enough to be forgotten.
CREATE INDEX flow_version_by_change ON flow_version (changed_at) WHERE state = 'done' AND settled_to = '';
CREATE INDEX flow_notice_by_time ON flow_notice (taken_at);
CREATE INDEX flow_moment_by_time ON flow_moment (taken_at);
