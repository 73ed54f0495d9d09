-- What is to be told of flows: to webhooks and by mail.
ALTER TABLE flow_notice ADD COLUMN document TEXT NOT NULL DEFAULT ''; -- a CloudEvent, or '' where there is nothing to tell
ALTER TABLE flow_notice ADD COLUMN due_at INTEGER;                     -- of the next attempt; NULL: it was told, or given up
ALTER TABLE flow_notice ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flow_notice ADD COLUMN problem TEXT NOT NULL DEFAULT '';
CREATE INDEX flow_notice_due ON flow_notice (due_at) WHERE due_at IS NOT NULL;
