-- Hotline's log, readable by any SQLite tool (3.37 or later) while the daemon writes: start with the views v_….
-- Times are UTC text of fixed width, YYYY-MM-DDTHH:MM:SS.mmmZ, so that they sort and compare as text.
-- JSON columns hold the values of monitor/model.py as written by monitor/store/codec.py.
-- Yes and no are 1 and 0.

CREATE TABLE migrations (                       -- one row a schema change; PRAGMA user_version is the newest number
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at TEXT NOT NULL
) STRICT;

CREATE TABLE meta (                             -- single facts: heartbeat, last backup, …
    key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id            INTEGER PRIMARY KEY,
    key           TEXT NOT NULL UNIQUE,         -- source:handle, as configured
    source        TEXT NOT NULL,
    handle        TEXT NOT NULL,
    country       TEXT,
    kind          TEXT NOT NULL,
    office        TEXT NOT NULL,
    holder        TEXT,                         -- null: the registry says who holds the office
    timezone      TEXT,                         -- null: the capital's
    every         REAL NOT NULL,                -- seconds between polls
    tier          INTEGER NOT NULL,
    pin           TEXT,                         -- the platform's own id; null until configured or first seen
    pinned_by     TEXT CHECK (pinned_by IN ('config', 'first_seen')),
    seen_id       TEXT,                         -- the id and handle that the platform showed last
    seen_handle   TEXT,
    display_name  TEXT,
    verified      INTEGER,                      -- null where the platform does not say
    domain_handle INTEGER NOT NULL DEFAULT 0,
    held          TEXT,                         -- why posts are held (identity changed); null: not held
    active        INTEGER NOT NULL DEFAULT 1,   -- 0: no longer configured
    polled_at     TEXT,                         -- first poll that went well: its baseline is stored; null: still to come
    added_at      TEXT NOT NULL,
    updated_at    TEXT NOT NULL
) STRICT;

CREATE TABLE cursors (                          -- a source's own bookmarks, written with the posts they stand behind
    source TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE posts (
    id            INTEGER PRIMARY KEY,          -- in order of arrival
    key           TEXT NOT NULL UNIQUE,         -- platform and native id; kept for ever
    account       INTEGER NOT NULL REFERENCES accounts (id),
    url           TEXT,
    created_at    TEXT,                         -- as the platform says
    seen_at       TEXT NOT NULL,
    author_id     TEXT,                         -- identity at the time; null where the platform does not say
    author_handle TEXT,
    author_name   TEXT,
    author_verified INTEGER,
    author_domain INTEGER NOT NULL DEFAULT 0,
    origin        TEXT NOT NULL CHECK (origin IN ('live', 'baseline', 'backfill')),
    held          TEXT,                         -- not matched while set: why
    deleted_at    TEXT,                         -- when the deletion was seen; null: not known to be deleted
    revision      INTEGER NOT NULL DEFAULT 1,   -- number of the newest
    newest        INTEGER NOT NULL,             -- revisions.id of the newest; no foreign key: each would wait for the other
    flagged       INTEGER                       -- of the newest finding; null: not yet triaged
) STRICT;
CREATE INDEX posts_by_account ON posts (account, seen_at);
CREATE INDEX posts_by_seen ON posts (seen_at);
CREATE INDEX posts_flagged ON posts (seen_at) WHERE flagged = 1;
CREATE INDEX posts_held ON posts (account) WHERE held IS NOT NULL;

CREATE TABLE revisions (
    id       INTEGER PRIMARY KEY,               -- in order of arrival: the order of triage
    post     INTEGER NOT NULL REFERENCES posts (id),
    number   INTEGER NOT NULL,                  -- 1 for the post's first
    version  TEXT NOT NULL,                     -- the source's name of it (CID, edit id, hash)
    deleted  INTEGER NOT NULL DEFAULT 0,        -- a tombstone: no parts
    lang     TEXT,                              -- as the platform says
    title    TEXT, text TEXT, quote TEXT, card TEXT, alt TEXT, parent TEXT, -- null: the post has no such part
    raw      TEXT,                              -- as received; null once tidied, or where the source keeps none
    seen_at  TEXT NOT NULL,
    tidied_at TEXT,                             -- when retention removed the parts; null: they are whole
    UNIQUE (post, version)
) STRICT;
CREATE INDEX revisions_by_seen ON revisions (seen_at);

CREATE TABLE untriaged (                        -- the queue of triage: written with the revision, deleted with its finding
    revision INTEGER PRIMARY KEY REFERENCES revisions (id),
    late     INTEGER NOT NULL,                  -- 1: of a baseline or backfill: what is live goes before it
    error    TEXT                               -- why it was set aside until the next start; null: waiting
) STRICT;
CREATE INDEX untriaged_order ON untriaged (late, revision) WHERE error IS NULL;

CREATE TABLE findings (
    id         INTEGER PRIMARY KEY,
    revision   INTEGER NOT NULL REFERENCES revisions (id),
    matcher    TEXT NOT NULL,                   -- version that made it
    flagged    INTEGER NOT NULL,
    near       INTEGER NOT NULL DEFAULT 0,      -- a near miss, for review
    confidence REAL NOT NULL,                   -- that the post announces a contact; set for every post
    reason     TEXT NOT NULL,
    form       TEXT NOT NULL,
    lang       TEXT,                            -- judged from the text
    contacts   TEXT NOT NULL,                   -- JSON: claims
    evidence   TEXT NOT NULL,                   -- JSON: spans of parts, in code points
    made_at    TEXT NOT NULL,
    current    INTEGER NOT NULL DEFAULT 1,      -- 0: superseded by a later matcher
    UNIQUE (revision, matcher)
) STRICT;
CREATE INDEX findings_flagged ON findings (made_at) WHERE flagged = 1;
CREATE INDEX findings_near ON findings (made_at) WHERE near = 1;

CREATE TABLE contacts (
    id          TEXT PRIMARY KEY,               -- short, speakable
    names       TEXT NOT NULL,                  -- the parties in words
    mode        TEXT NOT NULL,
    status      TEXT NOT NULL,
    confidence  REAL NOT NULL,
    when_start  TEXT, when_end TEXT, when_precision TEXT, -- null: the posts do not say when
    place       TEXT, place_country TEXT,
    topics      TEXT NOT NULL DEFAULT '',       -- in words
    sides       TEXT NOT NULL DEFAULT '',       -- countries that have spoken, in order
    opened_at   TEXT NOT NULL,                  -- first word seen
    updated_at  TEXT NOT NULL,
    took_place  TEXT NOT NULL,                  -- when_start, else opened_at
    span_start  TEXT NOT NULL,                  -- first and last instant that a further post may tell of
    span_end    TEXT NOT NULL,
    origin      TEXT NOT NULL CHECK (origin IN ('live', 'baseline', 'backfill', 'import')),
    readout     TEXT NOT NULL DEFAULT 'none',
    readout_due TEXT, readout_at TEXT,
    conflict    TEXT,                           -- in words, while it stands
    lapsed      INTEGER NOT NULL DEFAULT 0,
    retracted   INTEGER NOT NULL DEFAULT 0,
    merged_into TEXT REFERENCES contacts (id), -- null: stands for itself
    state       TEXT NOT NULL                   -- JSON: the whole contact, posts and parties included
) STRICT;
CREATE INDEX contacts_by_opened ON contacts (opened_at);
CREATE INDEX contacts_by_updated ON contacts (updated_at);
CREATE INDEX contacts_by_time ON contacts (took_place);
CREATE INDEX contacts_readout_due ON contacts (readout_due) WHERE readout = 'awaited';
CREATE INDEX contacts_upcoming ON contacts (when_end) WHERE status = 'upcoming' AND lapsed = 0;
CREATE INDEX contacts_merged ON contacts (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE contact_parties (                  -- for candidates, history and filters
    contact  TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    party    TEXT NOT NULL,                     -- leader, else country, else folded name: what pairs are counted by
    leader   TEXT, country TEXT, name TEXT, office TEXT,
    span_end TEXT NOT NULL,                     -- the contact's, so that one index finds what is recent
    PRIMARY KEY (contact, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX parties_by_country ON contact_parties (country, span_end);
CREATE INDEX parties_by_leader ON contact_parties (leader, span_end);
CREATE INDEX parties_by_party ON contact_parties (party, span_end);

CREATE TABLE contact_posts (
    contact  TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    number   INTEGER NOT NULL,                  -- its place in the contact
    post     INTEGER NOT NULL REFERENCES posts (id),
    claim    INTEGER NOT NULL,                  -- place of the claim in the finding's contacts
    revision INTEGER NOT NULL REFERENCES revisions (id), -- the one that said so
    relation TEXT NOT NULL,
    form     TEXT NOT NULL,
    side     TEXT,                              -- country of the account
    at       TEXT NOT NULL,                     -- the time the post speaks from
    PRIMARY KEY (contact, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_posts_by_post ON contact_posts (post, contact);

CREATE TABLE links (                            -- merges and splits by people, as facts about posts; survive a replay
    a    TEXT NOT NULL,                         -- post keys, a < b
    b    TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('must', 'must_not')),
    at   TEXT NOT NULL,
    PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_b ON links (b);

CREATE TABLE notices (
    id          INTEGER PRIMARY KEY,
    key         TEXT NOT NULL,
    kind        TEXT NOT NULL,
    text        TEXT NOT NULL,
    opened_at   TEXT NOT NULL,
    resolved_at TEXT                            -- null: still standing; one standing row a key
) STRICT;
CREATE UNIQUE INDEX notices_standing ON notices (key) WHERE resolved_at IS NULL;

CREATE TABLE alerts (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,                   -- AlertKind, or notice, test, digest
    contact    TEXT REFERENCES contacts (id),   -- null for notices, tests, digests
    notice     INTEGER REFERENCES notices (id),
    revision   INTEGER REFERENCES revisions (id), -- what caused it; null where time or a person did
    reason     TEXT NOT NULL,
    headline   TEXT NOT NULL,
    urgent     INTEGER NOT NULL,
    message    TEXT NOT NULL,                   -- JSON: the composed message
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_by_contact ON alerts (contact, id);
CREATE INDEX alerts_by_created ON alerts (created_at);
CREATE INDEX alerts_by_revision ON alerts (revision) WHERE revision IS NOT NULL;
CREATE INDEX alerts_by_notice ON alerts (notice) WHERE notice IS NOT NULL;

CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY,
    alert       INTEGER NOT NULL REFERENCES alerts (id),
    channel     TEXT NOT NULL,
    contact     TEXT,                           -- the alert's: deliveries of a contact keep their order in a channel
    urgent      INTEGER NOT NULL,               -- the alert's: urgent ones go first
    key         TEXT NOT NULL UNIQUE,           -- idempotency key, stable over retries
    state       TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'retry', 'unknown', 'dead', 'suppressed')),
    reason      TEXT,                           -- why suppressed, dead, waiting or unknown
    payload     TEXT,                           -- JSON, frozen at first claim; null before
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      TEXT NOT NULL,                  -- when it was first to go: being late counts from here
    trying_from TEXT NOT NULL,                  -- giving up counts from here: due_at, or the channel's resume or the start after it
    next_at     TEXT,                           -- not before; null: not by itself (finished, or an unknown that is held)
    run         TEXT,                           -- the daemon run that claimed it
    unknown_since TEXT,                         -- start of the first attempt that may have arrived; null: there is none
    possible_repeat INTEGER NOT NULL DEFAULT 0, -- sent again after an unknown, and marked so
    provider_id TEXT, provider_thread TEXT,     -- the receiver's names of the message
    told_by     INTEGER REFERENCES alerts (id), -- the digest that told a suppressed one
    created_at  TEXT NOT NULL,
    sent_at     TEXT,
    UNIQUE (alert, channel)
) STRICT;
CREATE INDEX deliveries_open ON deliveries (channel, urgent DESC, id) WHERE state IN ('queued', 'retry', 'unknown');
CREATE INDEX deliveries_by_channel ON deliveries (channel, created_at);
CREATE INDEX deliveries_sending ON deliveries (run) WHERE state = 'sending';
CREATE INDEX deliveries_by_contact ON deliveries (contact, channel, id);
CREATE INDEX deliveries_waiting ON deliveries (reason, id) WHERE state = 'suppressed' AND told_by IS NULL;

CREATE TABLE attempts (                         -- one row a try; its end is filled in, nothing else ever changes
    id         INTEGER PRIMARY KEY,
    delivery   INTEGER NOT NULL REFERENCES deliveries (id),
    number     INTEGER NOT NULL,                -- 1 for the first
    started_at TEXT NOT NULL,
    ended_at   TEXT,                            -- null: under way, or cut off
    result     TEXT NOT NULL,                   -- sending, sent, retry, rejected, dead, unknown, not_sent
    detail     TEXT NOT NULL DEFAULT '',
    UNIQUE (delivery, number)
) STRICT;

CREATE TABLE channels (
    name         TEXT PRIMARY KEY,
    kind         TEXT NOT NULL DEFAULT '',
    suspended_at TEXT, suspended_why TEXT,      -- null: working
    last_success TEXT, last_error TEXT, last_error_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE acts (                             -- what people did; the only table that others than the daemon write
    id     INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    target TEXT NOT NULL,                       -- contact id, post key, channel, act id …
    value  TEXT NOT NULL DEFAULT '{}',          -- JSON; a label's holds its verdict and its sampling weight
    who    TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT;
CREATE INDEX acts_by_kind ON acts (kind, target);
CREATE INDEX acts_by_target ON acts (target);

CREATE TABLE acts_applied (                     -- the daemon's answer
    act    INTEGER PRIMARY KEY REFERENCES acts (id),
    at     TEXT NOT NULL,
    result TEXT NOT NULL
) STRICT;

CREATE TABLE polls (                            -- rolled up by hour; written with health, never by an idle poll
    account INTEGER NOT NULL REFERENCES accounts (id),
    hour    TEXT NOT NULL,                      -- YYYY-MM-DDTHH
    outcome TEXT NOT NULL,
    count   INTEGER NOT NULL,
    posts   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, hour, outcome)
) STRICT, WITHOUT ROWID;
CREATE INDEX polls_by_hour ON polls (hour);

CREATE TABLE health (                           -- flushed from the daemon's memory once a minute
    account      INTEGER PRIMARY KEY REFERENCES accounts (id),
    last_poll    TEXT, last_success TEXT, last_post TEXT,
    usual_gap    REAL,                          -- seconds between posts, smoothed; null: too few
    failures     INTEGER NOT NULL DEFAULT 0,    -- in a row
    outcome      TEXT, detail TEXT              -- of the last poll
) STRICT;

CREATE TABLE daily (                            -- kept with every post and finding: figures per day need no scan
    day     TEXT NOT NULL,                      -- YYYY-MM-DD of seen_at, UTC
    account INTEGER NOT NULL REFERENCES accounts (id),
    posts   INTEGER NOT NULL DEFAULT 0,
    flagged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_by_account ON daily (account, day);

-- Full text of each post's newest revision, rowid = posts.id, over a folded column (see monitor/store/search.py): words
-- apart by spaces, scripts without spaces split into characters. Written by the store and queried by the same fold.
CREATE VIRTUAL TABLE posts_search USING fts5 (folded, tokenize = 'ascii', columnsize = 0);

-- Views: for people, for `hotline log`, for the review desk.

CREATE VIEW v_accounts AS
SELECT a.key AS account, a.source, a.handle, a.country, a.kind, a.office, a.holder, a.tier, a.every, a.active, a.pin, a.pinned_by,
    a.seen_handle, a.display_name, a.verified, a.domain_handle, a.held, h.outcome, h.detail, h.failures, h.last_poll, h.last_success,
    COALESCE(h.last_post, (SELECT MAX(p.seen_at) FROM posts p WHERE p.account = a.id)) AS last_post, h.usual_gap, a.added_at
FROM accounts a LEFT JOIN health h ON h.account = a.id;

CREATE VIEW v_posts AS
SELECT p.id, p.key AS post, a.key AS account, a.country, a.kind, p.created_at, p.seen_at,
    ROUND((julianday(p.seen_at) - julianday(p.created_at)) * 86400, 1) AS seen_after, p.url, r.lang AS said_lang, f.lang,
    p.flagged, f.near, f.confidence, f.reason, f.form, f.matcher, r.title, r.text, r.quote, r.card, r.alt, r.parent,
    p.revision, p.deleted_at, p.origin, p.held, p.author_id, p.author_handle
FROM posts p JOIN accounts a ON a.id = p.account LEFT JOIN revisions r ON r.id = p.newest
    LEFT JOIN findings f ON f.revision = p.newest AND f.current = 1;

CREATE VIEW v_contacts AS
SELECT c.id AS contact, c.opened_at, c.names, c.mode, c.status, c.confidence, c.when_start, c.when_end, c.when_precision, c.place,
    c.place_country, c.topics, c.sides, c.readout, c.readout_due, c.readout_at, c.conflict, c.lapsed, c.retracted, c.merged_into,
    c.updated_at, c.took_place, c.origin,
    (SELECT COUNT(DISTINCT cp.post) FROM contact_posts cp WHERE cp.contact = c.id) AS posts,
    (SELECT COUNT(*) FROM alerts al WHERE al.contact = c.id) AS alerts,
    (SELECT MIN(d.sent_at) FROM deliveries d WHERE d.contact = c.id AND d.state = 'sent') AS first_sent_at
FROM contacts c;

CREATE VIEW v_contact_posts AS
SELECT cp.contact, cp.number, p.key AS post, a.key AS account, cp.side, cp.relation, cp.form, cp.at, p.seen_at, p.url, r.text,
    p.deleted_at
FROM contact_posts cp JOIN posts p ON p.id = cp.post JOIN accounts a ON a.id = p.account JOIN revisions r ON r.id = cp.revision;

CREATE VIEW v_pairs AS                          -- one row a pair and contact; who talked to whom
SELECT x.party AS a, y.party AS b, COALESCE(x.name, x.country) AS a_name, COALESCE(y.name, y.country) AS b_name, c.id AS contact,
    c.took_place, c.mode, c.status, c.readout
FROM contact_parties x JOIN contact_parties y ON y.contact = x.contact AND x.party < y.party JOIN contacts c ON c.id = x.contact
WHERE c.merged_into IS NULL AND c.retracted = 0;

CREATE VIEW v_alerts AS
SELECT al.id AS alert, al.created_at, al.kind, al.contact, c.names, al.headline, al.urgent, al.reason, p.key AS post, a.key AS account,
    (SELECT COUNT(*) FROM deliveries d WHERE d.alert = al.id) AS deliveries,
    (SELECT COUNT(*) FROM deliveries d WHERE d.alert = al.id AND d.state = 'sent') AS sent,
    (SELECT GROUP_CONCAT(d.channel || ' ' || d.state, ', ') FROM deliveries d WHERE d.alert = al.id) AS outcome
FROM alerts al LEFT JOIN contacts c ON c.id = al.contact LEFT JOIN revisions r ON r.id = al.revision LEFT JOIN posts p ON p.id = r.post
    LEFT JOIN accounts a ON a.id = p.account;

CREATE VIEW v_deliveries AS
SELECT d.id AS delivery, d.alert, al.kind, d.contact, d.channel, d.state, d.reason, d.attempts, d.created_at, d.due_at, d.next_at,
    d.sent_at, ROUND((julianday(d.sent_at) - julianday(d.created_at)) * 86400, 3) AS sent_after, d.possible_repeat, d.provider_id,
    d.told_by, al.headline
FROM deliveries d JOIN alerts al ON al.id = d.alert;

CREATE VIEW v_attempts AS
SELECT t.id AS attempt, t.started_at, t.ended_at, ROUND((julianday(t.ended_at) - julianday(t.started_at)) * 86400, 3) AS took,
    d.channel, t.delivery, t.number, t.result, t.detail, d.alert, al.kind, d.contact, al.headline
FROM attempts t JOIN deliveries d ON d.id = t.delivery JOIN alerts al ON al.id = d.alert;

CREATE VIEW v_channels AS
SELECT n.name AS channel, ch.kind, ch.suspended_at, ch.suspended_why, ch.last_success, ch.last_error, ch.last_error_at,
    (SELECT COUNT(*) FROM deliveries d INDEXED BY deliveries_open
        WHERE d.channel = n.name AND d.state IN ('queued', 'retry', 'unknown')) AS waiting,
    (SELECT MIN(d.due_at) FROM deliveries d INDEXED BY deliveries_open
        WHERE d.channel = n.name AND d.state IN ('queued', 'retry', 'unknown')) AS oldest
FROM (SELECT name FROM channels UNION SELECT channel FROM deliveries WHERE state IN ('queued', 'retry', 'unknown')) n
    LEFT JOIN channels ch ON ch.name = n.name;

CREATE VIEW v_acts AS
SELECT x.id AS act, x.at, x.who, x.kind, x.target, x.value, y.at AS applied_at, y.result
FROM acts x LEFT JOIN acts_applied y ON y.act = x.id;

CREATE VIEW v_daily AS
SELECT d.day, a.key AS account, a.country, d.posts, d.flagged FROM daily d JOIN accounts a ON a.id = d.account;

CREATE VIEW v_notices AS
SELECT id AS notice, opened_at, resolved_at, kind, key, text FROM notices;
