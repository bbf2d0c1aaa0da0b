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

-- Notices. `state` is pending, done or dead. Those of one incident and target make a queue in the order of `sequence`. A pending
-- one that is `delivered` (0 or 1) is sent again because its target forgets. `first_at` is the first try, 0 before it.
CREATE TABLE notices (
    tenant TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    incident TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    created BIGINT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    hops BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    error TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX notices_by_due ON notices (state, due);
CREATE INDEX notices_by_queue ON notices (tenant, incident, target, state, sequence);

-- Who works on a queue: the number of the lease grows with each one, `until` is when it ends.
CREATE TABLE notice_leases (
    tenant TEXT COLLATE "C" NOT NULL,
    incident TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    lease BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (tenant, incident, target)
);

-- Targets that asked not to be told any more.
CREATE TABLE targets_off (
    tenant TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (tenant, target)
);
