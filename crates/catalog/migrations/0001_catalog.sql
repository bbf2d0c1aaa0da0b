-- Version 1 of the catalog. The text is PostgreSQL's; for SQLite the collation, which is its default, is left out.
-- Times are microseconds since the epoch; digests and hashes are SHA-256 in 64 lower-case hexadecimal digits.

-- The last entry of each tenant's ledger. Its row is the lock that serialises the tenant's changes.
-- `at` never decreases, also when a clock does: it orders the outbox.
CREATE TABLE ledger_heads (
    tenant TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    hash TEXT NOT NULL
);

-- Who changed what: one chain of hashes per tenant, numbered from 1 without gaps.
CREATE TABLE ledger (
    tenant TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    digest TEXT NOT NULL,
    detail TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, seq)
);

-- Which revision of a resource is current. A deleted resource keeps its row.
CREATE TABLE resources (
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, name)
);

-- Every content that a resource ever had. `seq` is the ledger entry written with it. A deletion has no body and the
-- digest ''.
CREATE TABLE revisions (
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    digest TEXT NOT NULL,
    body TEXT,
    PRIMARY KEY (tenant, kind, name, revision),
    FOREIGN KEY (tenant, kind, name) REFERENCES resources (tenant, kind, name)
);

-- Changes that nobody was told of yet: each names its ledger entry.
CREATE TABLE outbox (
    tenant TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, seq)
);
CREATE INDEX outbox_by_time ON outbox (at, tenant, seq);

-- Small values of other parts, changed by compare-and-set. Not in the ledger.
CREATE TABLE state (
    tenant TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (tenant, key)
);

-- Finds an API key by its id and remembers when it was used. Its content is a resource of kind ApiKey.
CREATE TABLE api_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant TEXT COLLATE "C" NOT NULL,
    last_used BIGINT
);
