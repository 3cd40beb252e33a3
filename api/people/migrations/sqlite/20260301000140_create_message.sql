-- What was said to whom. Title and text are sealed: they may speak of care.
CREATE TABLE message (
    id BLOB PRIMARY KEY,
    resident BLOB NOT NULL REFERENCES resident (id),
    template TEXT NOT NULL,
    category TEXT NOT NULL,
    content BLOB NOT NULL,
    link TEXT NOT NULL,
    dedup TEXT NOT NULL,
    created_at TEXT NOT NULL,
    read_at TEXT,
    UNIQUE (resident, dedup)
) STRICT;
CREATE INDEX message_by_resident ON message (resident, created_at);
CREATE INDEX message_unread ON message (resident) WHERE read_at IS NULL;

-- By which outside channel, and with what result.
CREATE TABLE message_delivery (
    id BLOB PRIMARY KEY,
    message BLOB NOT NULL REFERENCES message (id),
    channel TEXT NOT NULL CHECK (channel IN ('wechat', 'sms')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'skipped')),
    detail TEXT NOT NULL,
    tries INTEGER NOT NULL,
    changed_at TEXT NOT NULL,
    UNIQUE (message, channel)
) STRICT;
CREATE INDEX message_delivery_failed ON message_delivery (changed_at) WHERE state = 'failed';

-- Channels a resident switched off for a category.
CREATE TABLE message_refusal (
    resident BLOB NOT NULL REFERENCES resident (id),
    category TEXT NOT NULL,
    channel TEXT NOT NULL,
    PRIMARY KEY (resident, category, channel)
) STRICT;
