-- Version 2: what the watch remembers between evaluations, its incidents, and the notices that are to be delivered.

-- What the watch of a tenant knows. One writer at a time: who saves a version that is not the next one has lost.
CREATE TABLE watches (
    tenant TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    body BYTEA NOT NULL
);

-- Incidents, open and closed. `closed` is NULL while it is open.
CREATE TABLE incidents (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    opened BIGINT NOT NULL,
    closed BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX incidents_by_time ON incidents (tenant, opened, id);

-- Notices. `state` is pending or dead: a delivered one is gone. Of one incident and target only the one with the lowest
-- sequence may be sent. `leased` is until when a sender works on it.
CREATE TABLE notices (
    tenant TEXT COLLATE "C" NOT NULL,
    incident TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT NOT NULL,
    leased BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    error TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, incident, target, sequence)
);
CREATE INDEX notices_by_due ON notices (state, due);
