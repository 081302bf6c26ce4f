-- The clinical record, as SQLite reads it; record/engine.py says which words change on PostgreSQL.
-- Times are whole microseconds since 1970-01-01 UTC. Hashes of words are 63-bit integers (record/keys.py).

-- One row, read and rewritten under the write lock: the end of the chain and the next free keys.
CREATE TABLE record_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    hash BLOB NOT NULL,
    resource_key INTEGER NOT NULL,
    version_key INTEGER NOT NULL
) STRICT;
INSERT INTO record_head VALUES (1, 0, 0, x'', 0, 0);

-- One act, one commit. `hash` covers this row, its versions' content and the previous hash.
CREATE TABLE record_commit (
    number INTEGER PRIMARY KEY,
    recorded INTEGER NOT NULL,
    author TEXT NOT NULL,
    device TEXT NOT NULL,
    on_behalf_of TEXT NOT NULL,
    act TEXT NOT NULL,
    reason TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX record_commit_author ON record_commit (author, number);
CREATE INDEX record_commit_recorded ON record_commit (recorded);

-- Where each resource stands now. The only table of the record whose rows change.
CREATE TABLE record_resource (
    key INTEGER PRIMARY KEY,
    self INTEGER NOT NULL,           -- hash of "Type/id"
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    version_key INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    patient INTEGER NOT NULL,        -- key of the Patient it belongs to; 0: none
    start INTEGER NOT NULL,          -- clinical time (primary date); -4611686018427387904: none
    stop INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_resource_self ON record_resource (self);
CREATE INDEX record_resource_time ON record_resource (type, start, key);
CREATE INDEX record_resource_recorded ON record_resource (type, recorded, key);
CREATE INDEX record_resource_patient ON record_resource (patient, type, start, key);

-- Every version ever, in the order of writing. Append only.
CREATE TABLE record_version (
    key INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    number INTEGER NOT NULL,         -- its commit
    recorded INTEGER NOT NULL,
    method TEXT NOT NULL,            -- POST, PUT or DELETE, as Bundle.entry.request says
    content BLOB NOT NULL            -- the resource as JSON; empty when deleted
) STRICT;
CREATE UNIQUE INDEX record_version_resource ON record_version (resource, version);
CREATE INDEX record_version_type ON record_version (type, key);
CREATE INDEX record_version_number ON record_version (number);

-- Search values that are compared whole: token, uri, reference, string, and their variants (record/rows.py).
-- Each row carries patient and clinical time, so one index answers "this code, this patient, newest first".
CREATE TABLE record_token (
    parameter INTEGER NOT NULL,
    value INTEGER NOT NULL,
    patient INTEGER NOT NULL,
    start INTEGER NOT NULL,
    resource INTEGER NOT NULL,
    system INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    PRIMARY KEY (parameter, value, patient, start, resource, system)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_token_resource ON record_token (resource);

-- Words behind hashed strings and uris, each once: for prefix, :contains and :below search and for sorting.
CREATE TABLE record_text (
    parameter INTEGER NOT NULL,
    value INTEGER NOT NULL,
    prefix TEXT NOT NULL,            -- the first 100 characters of `folded`
    folded TEXT NOT NULL,            -- without case and accents (terms/folding.py); a uri as it stands
    PRIMARY KEY (parameter, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_text_prefix ON record_text (parameter, prefix);

CREATE TABLE record_date (
    parameter INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    patient INTEGER NOT NULL,
    resource INTEGER NOT NULL,
    PRIMARY KEY (parameter, start, stop, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_date_stop ON record_date (parameter, stop);
CREATE INDEX record_date_resource ON record_date (resource, parameter);

-- Numbers and quantities.
CREATE TABLE record_quantity (
    parameter INTEGER NOT NULL,
    value REAL NOT NULL,
    resource INTEGER NOT NULL,
    system INTEGER NOT NULL,
    code INTEGER NOT NULL,
    unit INTEGER NOT NULL,
    patient INTEGER NOT NULL
) STRICT;
CREATE INDEX record_quantity_value ON record_quantity (parameter, value, resource);
CREATE INDEX record_quantity_resource ON record_quantity (resource, parameter);

-- References to resources that are not here, where the site allows that for imports. Emptied as they arrive.
CREATE TABLE record_dangling (
    resource INTEGER NOT NULL,
    path TEXT NOT NULL,
    reference TEXT NOT NULL,
    target INTEGER NOT NULL,
    PRIMARY KEY (resource, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_dangling_target ON record_dangling (target);

-- Who saw what. Filled from the spool of record/access_log.py.
CREATE TABLE record_access (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    person TEXT NOT NULL,
    interaction TEXT NOT NULL,
    target TEXT NOT NULL,
    query TEXT NOT NULL,
    purpose TEXT NOT NULL,
    origin TEXT NOT NULL
) STRICT;
CREATE INDEX record_access_person ON record_access (person, at);
CREATE INDEX record_access_at ON record_access (at);
CREATE INDEX record_access_target ON record_access (target, at);
CREATE TABLE record_access_patient (
    patient TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (patient, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_access_patient_number ON record_access_patient (number);
-- How far each spool file has been taken over.
CREATE TABLE record_spool (
    file TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL
) STRICT;

-- Which shape the derived tables were built with; a difference is rebuilt by `benchside migrate`.
CREATE TABLE record_fingerprint (
    name TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL
) STRICT;
