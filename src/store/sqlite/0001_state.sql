-- The state of a server, as docs/state.md explains it. Times are seconds since 1970-01-01T00:00:00Z; enumerations are the
-- numbers of src/store/types.h; `account` is the account's twelve digits as a number and leads every key but those of the
-- reference tables (from package to unapplied, without holding), which are the same for everybody.

-- What concerns the whole server: 'generation' of the advisory database that every finding was judged by, ...
CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE account (id INTEGER PRIMARY KEY, created INTEGER NOT NULL);

-- A scan type of an account: when it was first enabled (which starts its trial), and its state.
CREATE TABLE account_scan (
    account INTEGER NOT NULL, scan_type INTEGER NOT NULL, status INTEGER NOT NULL, changed INTEGER NOT NULL,
    first_enabled INTEGER,
    PRIMARY KEY (account, scan_type)) WITHOUT ROWID;

-- Configuration of an account by name, in JSON: 'ec2', 'ecr', 'deep_inspection', 'functions', ...
CREATE TABLE setting (
    account INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, changed INTEGER NOT NULL,
    PRIMARY KEY (account, name)) WITHOUT ROWID;

CREATE TABLE account_user (
    account INTEGER NOT NULL, name TEXT NOT NULL, role INTEGER NOT NULL, created INTEGER NOT NULL,
    PRIMARY KEY (account, name)) WITHOUT ROWID;

-- Access keys: the secret is sealed under the master key. `resource` binds a collector's key to its host.
CREATE TABLE access_key (
    id TEXT PRIMARY KEY, account INTEGER NOT NULL, user_name TEXT NOT NULL, role INTEGER NOT NULL, secret BLOB NOT NULL,
    resource TEXT, created INTEGER NOT NULL, disabled INTEGER NOT NULL DEFAULT 0, expires INTEGER, parent TEXT) WITHOUT ROWID;
CREATE INDEX access_key_by_parent ON access_key (parent) WHERE parent IS NOT NULL;
CREATE INDEX access_key_by_user ON access_key (account, user_name);
CREATE INDEX access_key_by_expires ON access_key (expires) WHERE expires IS NOT NULL;

-- Enrolment tokens: a digest of the token, never the token.
CREATE TABLE enrol_token (
    digest BLOB PRIMARY KEY, account INTEGER NOT NULL, label TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER,
    uses_left INTEGER, tags TEXT, purpose INTEGER NOT NULL) WITHOUT ROWID;

-- Tags of Inspector's own objects (filters); tags of scanned resources are in resource_tag.
CREATE TABLE tag (
    account INTEGER NOT NULL, arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (account, arn, key)) WITHOUT ROWID;

-- Saved filters and suppression rules; `criteria` exactly as it was sent.
CREATE TABLE filter (
    account INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, action INTEGER NOT NULL, description TEXT, reason TEXT,
    criteria TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    PRIMARY KEY (account, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX filter_by_name ON filter (account, name);

-- Where resources come from without AWS: registries and folders or buckets of functions. `secret` is sealed.
CREATE TABLE origin (
    account INTEGER NOT NULL, id TEXT NOT NULL, kind INTEGER NOT NULL, url TEXT NOT NULL, options TEXT NOT NULL,
    secret BLOB, state TEXT, created INTEGER NOT NULL, checked INTEGER,
    PRIMARY KEY (account, id)) WITHOUT ROWID;
-- What is wrong with a part of an AWS account: a service in a region, or ('sqs') a queue that cannot be listened to, `place`
-- being its URL.
CREATE TABLE origin_problem (
    account INTEGER NOT NULL, origin TEXT NOT NULL, service TEXT NOT NULL, place TEXT NOT NULL, error TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (account, origin, service, place)) WITHOUT ROWID;

-- A machine, image, repository or function. Attributes that findings and coverage are filtered by are columns; `details` is
-- the ResourceDetails member in Inspector's JSON and `tags` its tags object, both as they are sent. `report` is the digest
-- of what a host's collector sent last.
CREATE TABLE resource (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, type INTEGER NOT NULL, resource_id TEXT NOT NULL, key BLOB NOT NULL,
    region TEXT NOT NULL, state INTEGER NOT NULL, first_seen INTEGER NOT NULL, gone INTEGER,
    origin TEXT, inventory INTEGER, report TEXT, tags TEXT, details TEXT, platform TEXT,
    name TEXT, ami TEXT, vpc TEXT, subnet TEXT, architecture TEXT,
    registry TEXT, hash TEXT, pushed INTEGER, pulled INTEGER, last_in_use INTEGER, in_use_count INTEGER,
    runtime TEXT, modified INTEGER, role TEXT,
    critical INTEGER NOT NULL DEFAULT 0, high INTEGER NOT NULL DEFAULT 0, medium INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0, exploitable INTEGER NOT NULL DEFAULT 0, fixable INTEGER NOT NULL DEFAULT 0,
    network INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX resource_by_resource_id ON resource (account, resource_id);
CREATE INDEX resource_by_key ON resource (account, key);
CREATE INDEX resource_by_inventory ON resource (account, inventory);
CREATE INDEX resource_by_name ON resource (account, type, name);
-- Filters of findings, each by what the resource has.
CREATE INDEX resource_by_ami ON resource (account, ami) WHERE ami IS NOT NULL;
CREATE INDEX resource_by_vpc ON resource (account, vpc) WHERE vpc IS NOT NULL;
CREATE INDEX resource_by_hash ON resource (account, hash) WHERE hash IS NOT NULL;
CREATE INDEX resource_by_region ON resource (account, region);
CREATE INDEX resource_by_subnet ON resource (account, subnet) WHERE subnet IS NOT NULL;
CREATE INDEX resource_by_architecture ON resource (account, architecture) WHERE architecture IS NOT NULL;
CREATE INDEX resource_by_runtime ON resource (account, runtime) WHERE runtime IS NOT NULL;
CREATE INDEX resource_by_role ON resource (account, role) WHERE role IS NOT NULL;
CREATE INDEX resource_by_modified ON resource (account, modified) WHERE modified IS NOT NULL;
CREATE INDEX resource_by_last_in_use ON resource (account, last_in_use) WHERE last_in_use IS NOT NULL;
CREATE INDEX resource_by_in_use_count ON resource (account, in_use_count) WHERE in_use_count IS NOT NULL;
-- Aggregations, each by what it is sorted by.
CREATE INDEX resource_by_critical ON resource (account, type, critical, id);
CREATE INDEX resource_by_high ON resource (account, type, high, id);
CREATE INDEX resource_by_total ON resource (account, type, total, id);
CREATE INDEX resource_by_network ON resource (account, type, network, id);
CREATE INDEX resource_by_origin ON resource (account, origin, id) WHERE origin IS NOT NULL;

-- When a resource was last heard of, and when its collector spoke last: apart, since this is written all the time and a
-- resource's row seldom.
CREATE TABLE resource_heard (resource INTEGER PRIMARY KEY, account INTEGER NOT NULL, at INTEGER NOT NULL, reported INTEGER);

CREATE TABLE resource_tag (
    account INTEGER NOT NULL, resource INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (account, key, value, resource)) WITHOUT ROWID;
CREATE INDEX resource_tag_by_resource ON resource_tag (account, resource);

-- What a resource has several of: image tags, function layers, subnets (enum resource_value).
CREATE TABLE resource_value (
    account INTEGER NOT NULL, resource INTEGER NOT NULL, kind INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (account, kind, value, resource)) WITHOUT ROWID;
CREATE INDEX resource_value_by_resource ON resource_value (account, resource, kind);

-- Where images run: units of a workload (of ECS: tasks of a task definition in a task group) that have the image `resource`;
-- 0: it ran there. `region` is the cluster's.
CREATE TABLE image_use (
    account INTEGER NOT NULL, resource INTEGER NOT NULL, cluster TEXT NOT NULL, definition TEXT NOT NULL,
    task_group TEXT NOT NULL, region TEXT NOT NULL, running INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (account, resource, cluster, definition, task_group)) WITHOUT ROWID;
CREATE INDEX image_use_by_place ON image_use (account, region, cluster, definition);

-- Whether and how a resource is scanned; one row a resource and scan type.
CREATE TABLE coverage (
    account INTEGER NOT NULL, resource INTEGER NOT NULL, scan_type INTEGER NOT NULL, status INTEGER NOT NULL,
    reason INTEGER NOT NULL, mode INTEGER NOT NULL, last_scanned INTEGER, error TEXT, resource_type INTEGER NOT NULL,
    PRIMARY KEY (account, resource, scan_type)) WITHOUT ROWID;
-- Lists and counts of one type of resources.
CREATE INDEX coverage_by_resource_type ON coverage (account, resource_type, resource, scan_type, status, reason);
CREATE INDEX coverage_by_reason ON coverage (account, reason, resource);

-- An instance whose disks could not be read: it is let be until `due`, as long as `mark`, what it consists of, stays the same.
CREATE TABLE instance_wait (
    account INTEGER NOT NULL, resource INTEGER NOT NULL, reason INTEGER NOT NULL, mark TEXT NOT NULL, seconds INTEGER NOT NULL,
    due INTEGER NOT NULL, PRIMARY KEY (account, resource)) WITHOUT ROWID;

-- What is in a resource, by content: `content` is made by store/inventory.c. Two resources with the same packages share it.
CREATE TABLE inventory (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, digest BLOB NOT NULL, packages INTEGER NOT NULL,
    content BLOB NOT NULL);
CREATE UNIQUE INDEX inventory_by_digest ON inventory (account, digest);

-- What is in a layer or zip, by the digest of the artefact: read once, ever.
CREATE TABLE artefact (
    account INTEGER NOT NULL, digest TEXT NOT NULL, reader INTEGER NOT NULL, content BLOB NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (account, digest)) WITHOUT ROWID;
CREATE INDEX artefact_by_used ON artefact (used);

-- Distinct packages as they are judged, shared by all inventories.
CREATE TABLE package (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, type TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    version TEXT NOT NULL, arch TEXT NOT NULL, source TEXT NOT NULL, source_version TEXT NOT NULL,
    modularity TEXT NOT NULL, vendor TEXT NOT NULL, unresolved INTEGER NOT NULL,
    os_family TEXT NOT NULL, os_version TEXT NOT NULL, os_codename TEXT NOT NULL, os_like TEXT NOT NULL,
    epoch INTEGER, upstream TEXT NOT NULL, release TEXT,
    title TEXT NOT NULL GENERATED ALWAYS AS (
        CASE WHEN namespace = '' OR type IN ('deb', 'rpm', 'apk', 'alpm') THEN name
             WHEN type = 'maven' THEN namespace || ':' || name ELSE namespace || '/' || name END) STORED);
-- `title` is the name as findings show it: with the group or scope of a language's package.
CREATE INDEX package_by_title ON package (title, id);

-- Under which names advisories may speak of a package.
CREATE TABLE package_name (
    ecosystem TEXT NOT NULL, name TEXT NOT NULL, package INTEGER NOT NULL,
    PRIMARY KEY (ecosystem, name, package)) WITHOUT ROWID;
CREATE INDEX package_name_by_package ON package_name (package);

-- Which inventories hold a package, also one that is listed only.
CREATE TABLE holding (
    account INTEGER NOT NULL, package INTEGER NOT NULL, inventory INTEGER NOT NULL,
    PRIMARY KEY (account, package, inventory)) WITHOUT ROWID;

-- What is said of a vulnerability in one setting (distribution, ecosystem), by content but for `epss`, which moves daily.
-- `details` is PackageVulnerabilityDetails without vulnerablePackages; `score` and `vector` are of the base score.
CREATE TABLE vulnerability (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, vulnerability_id TEXT NOT NULL, source TEXT NOT NULL,
    severity INTEGER NOT NULL, score REAL, vector TEXT, score_source TEXT, vendor_severity TEXT,
    exploit INTEGER NOT NULL, last_exploited INTEGER, epss REAL, description TEXT NOT NULL, details TEXT NOT NULL);
CREATE INDEX vulnerability_by_id ON vulnerability (vulnerability_id, id);

CREATE TABLE vulnerability_related (
    vulnerability INTEGER NOT NULL, related TEXT NOT NULL, PRIMARY KEY (related, vulnerability)) WITHOUT ROWID;
CREATE INDEX vulnerability_related_by_vulnerability ON vulnerability_related (vulnerability);

-- The matches of a distinct package, judged once for everybody who holds it.
CREATE TABLE package_match (
    package INTEGER NOT NULL, vulnerability INTEGER NOT NULL, unknown INTEGER NOT NULL, fixed TEXT, reason TEXT NOT NULL,
    PRIMARY KEY (package, vulnerability)) WITHOUT ROWID;
CREATE INDEX package_match_by_vulnerability ON package_match (vulnerability, package);

-- Matches that came, went or changed and have not reached the findings yet.
CREATE TABLE unapplied (
    package INTEGER NOT NULL, vulnerability_id TEXT NOT NULL, PRIMARY KEY (package, vulnerability_id)) WITHOUT ROWID;

-- One vulnerability on one resource, or one open port range. `key` is the end of its ARN: the same each time it recurs. It
-- begins with its resource's `key`, and is looked up by that: an index of its own would have a random page for each finding.
CREATE TABLE finding (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, key BLOB NOT NULL, resource INTEGER NOT NULL,
    vulnerability INTEGER, type INTEGER NOT NULL, status INTEGER NOT NULL, severity INTEGER NOT NULL,
    first_observed INTEGER NOT NULL, last_observed INTEGER NOT NULL, updated INTEGER NOT NULL, closed INTEGER,
    gone INTEGER NOT NULL DEFAULT 0, title TEXT NOT NULL, score REAL, fix INTEGER, exploit INTEGER, epss REAL,
    vulnerability_id TEXT, source TEXT, vendor_severity TEXT,
    resource_type INTEGER NOT NULL, pushed INTEGER, repository TEXT, registry TEXT,
    protocol INTEGER, component_type TEXT, port_begin INTEGER, port_end INTEGER,
    score_details TEXT, network TEXT, suppressed_by TEXT,
    facet INTEGER NOT NULL);
-- `facet` packs everything that takes few values, and which of the sortable columns have one: findings fall into some
-- hundreds of facets, and a list is merged from those that its filter allows (store/facet.h). The writer packs it: SQLite
-- takes no index with a generated column for covering.
CREATE INDEX finding_by_resource ON finding (account, resource, vulnerability_id); -- writers; filters by resources
CREATE INDEX finding_by_vulnerability ON finding (account, vulnerability); -- EPSS; filters by other names
-- One a sort, which is also one a filter; what the facet says needs none. What stands behind the id lets a walk pass over
-- findings without reading rows.
CREATE INDEX finding_by_facet ON finding (account, facet, id, resource);
CREATE INDEX finding_by_facet_first_observed ON finding
    (account, facet, first_observed, id, resource, last_observed, updated);
CREATE INDEX finding_by_facet_last_observed ON finding
    (account, facet, last_observed, id, resource, first_observed, updated);
CREATE INDEX finding_by_facet_updated ON finding (account, facet, updated, id); -- a filter alone
CREATE INDEX finding_by_facet_vulnerability_id ON finding (account, facet, vulnerability_id, id, resource)
    WHERE vulnerability_id IS NOT NULL;
CREATE INDEX finding_by_facet_title ON finding (account, facet, title, id, vulnerability_id)
    WHERE vulnerability_id IS NULL; -- other titles begin with it
CREATE INDEX finding_by_facet_source ON finding (account, facet, source, id, resource)
    WHERE ((facet >> 14) & 31) = 1; -- unusual ones: the facet says the others
CREATE INDEX finding_by_facet_vendor_severity ON finding (account, facet, vendor_severity, id, resource)
    WHERE ((facet >> 19) & 31) = 1;
CREATE INDEX finding_by_facet_score ON finding (account, facet, score, id, resource) WHERE score IS NOT NULL;
CREATE INDEX finding_by_facet_epss ON finding (account, facet, epss, id, resource) WHERE epss IS NOT NULL;
CREATE INDEX finding_by_facet_pushed ON finding (account, facet, pushed, id, resource) WHERE pushed IS NOT NULL;
CREATE INDEX finding_by_facet_repository ON finding (account, facet, repository, id, resource)
    WHERE repository IS NOT NULL;
CREATE INDEX finding_by_facet_registry ON finding (account, facet, registry, id, resource) WHERE registry IS NOT NULL;
CREATE INDEX finding_by_facet_component_type ON finding (account, facet, component_type, id, resource)
    WHERE component_type IS NOT NULL;
CREATE INDEX finding_by_port ON finding (account, port_begin, port_end, id) WHERE port_begin IS NOT NULL;
-- Rules that go, and findings that are removed at last.
CREATE INDEX finding_by_suppressed_by ON finding (account, suppressed_by, id) WHERE suppressed_by IS NOT NULL;
CREATE INDEX finding_by_closed ON finding (gone, closed, id) WHERE closed IS NOT NULL;

-- The affected packages of a finding; path, layer and manager as the resource's inventory has them. `fixed` is the
-- version that ends it, as the package was judged.
CREATE TABLE finding_package (
    account INTEGER NOT NULL, finding INTEGER NOT NULL, package INTEGER NOT NULL, path TEXT NOT NULL,
    layer TEXT NOT NULL, manager INTEGER NOT NULL, fixed TEXT,
    PRIMARY KEY (account, finding, package, path, layer)) WITHOUT ROWID;
CREATE INDEX finding_package_by_package ON finding_package (account, package, finding);
CREATE INDEX finding_package_by_layer ON finding_package (account, layer, finding) WHERE layer <> '';
CREATE INDEX finding_package_by_path ON finding_package (account, path, manager, finding) WHERE manager <> 1; -- PM_OS

-- Steps of the open network path of a network finding.
CREATE TABLE finding_step (
    account INTEGER NOT NULL, finding INTEGER NOT NULL, step INTEGER NOT NULL, component_id TEXT NOT NULL,
    component_type TEXT NOT NULL,
    PRIMARY KEY (account, finding, step)) WITHOUT ROWID;
CREATE INDEX finding_step_by_component ON finding_step (account, component_id, finding);
CREATE INDEX finding_step_by_component_type ON finding_step (account, component_type, finding);

-- What describe calls say of a region's network. `digest` is of the documents by which all of it was replaced last; `applied`:
-- what is open on its instances follows from the documents. `neighbours`: of which other networks' documents, " ACCOUNT/REGION" each.
CREATE TABLE network (
    account INTEGER NOT NULL, region TEXT NOT NULL, digest BLOB NOT NULL, applied INTEGER NOT NULL,
    neighbours TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account, region)) WITHOUT ROWID;

-- The documents, packed; a later one goes before an earlier one. `subject`: digest of what one is about that came alone.
CREATE TABLE network_document (
    account INTEGER NOT NULL, region TEXT NOT NULL, number INTEGER NOT NULL, subject BLOB, content BLOB NOT NULL,
    PRIMARY KEY (account, region, number)) WITHOUT ROWID;
CREATE UNIQUE INDEX network_document_by_subject ON network_document (account, region, subject) WHERE subject IS NOT NULL;

-- The open paths of an instance, packed, whether there is a resource of it or not.
CREATE TABLE network_instance (
    account INTEGER NOT NULL, instance TEXT NOT NULL, region TEXT NOT NULL, paths BLOB NOT NULL,
    PRIMARY KEY (account, instance)) WITHOUT ROWID;
CREATE INDEX network_instance_by_region ON network_instance (account, region, instance);

-- What became of a finding after it was made, the newest 100 steps. `kind` is that of the event; `detail` says in JSON what
-- changed, from what to what.
CREATE TABLE finding_history (
    account INTEGER NOT NULL, finding INTEGER NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, kind INTEGER NOT NULL,
    detail TEXT,
    PRIMARY KEY (account, finding, step)) WITHOUT ROWID;

-- ACTIVE findings by what aggregations group them by (enum dimension), kept with every change of a finding.
-- Instances, images and functions keep theirs in their own row of `resource`.
CREATE TABLE counter (
    account INTEGER NOT NULL, dimension INTEGER NOT NULL, key TEXT NOT NULL, key2 TEXT NOT NULL DEFAULT '',
    resource_type INTEGER NOT NULL, finding_type INTEGER NOT NULL,
    critical INTEGER NOT NULL, high INTEGER NOT NULL, medium INTEGER NOT NULL, total INTEGER NOT NULL,
    exploitable INTEGER NOT NULL, fixable INTEGER NOT NULL, network INTEGER NOT NULL,
    PRIMARY KEY (account, dimension, key, key2, resource_type, finding_type)) WITHOUT ROWID;
CREATE INDEX counter_by_critical ON counter (account, dimension, critical);
CREATE INDEX counter_by_high ON counter (account, dimension, high);
CREATE INDEX counter_by_total ON counter (account, dimension, total);

-- How many findings were made or made anew, and how many closed, on a day (of UTC).
CREATE TABLE finding_day (
    account INTEGER NOT NULL, day INTEGER NOT NULL, opened INTEGER NOT NULL, closed INTEGER NOT NULL,
    PRIMARY KEY (account, day)) WITHOUT ROWID;

-- What happened, in order, for those who listen; written with the change itself. Consumers render the present state.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, kind INTEGER NOT NULL, subject INTEGER NOT NULL,
    at INTEGER NOT NULL, detail TEXT);
CREATE INDEX event_by_account ON event (account, seq);

-- Work to be done: taken with a lease, tried again later, set aside after too many failures.
CREATE TABLE job (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, kind INTEGER NOT NULL, subject TEXT NOT NULL, payload TEXT,
    state INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, lease INTEGER, owner TEXT,
    created INTEGER NOT NULL, error TEXT);
CREATE UNIQUE INDEX job_by_subject ON job (account, kind, subject) WHERE state = 0;
CREATE UNIQUE INDEX job_poison ON job (account, kind, subject) WHERE state = 2;
CREATE INDEX job_by_due ON job (state, kind, due, id);
CREATE INDEX job_by_account ON job (state, kind, account, due, id); -- who takes turns

CREATE TABLE report (
    account INTEGER NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, format INTEGER NOT NULL, criteria TEXT NOT NULL,
    destination TEXT NOT NULL, status INTEGER NOT NULL, error INTEGER, message TEXT, created INTEGER NOT NULL, finished INTEGER,
    PRIMARY KEY (account, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX report_by_number ON report (account, number);

-- Usage: what was counted on a day, and since when how many resources are being counted.
CREATE TABLE usage_day (
    account INTEGER NOT NULL, type INTEGER NOT NULL, day INTEGER NOT NULL, total REAL NOT NULL,
    PRIMARY KEY (account, type, day)) WITHOUT ROWID;
CREATE TABLE usage_meter (
    account INTEGER NOT NULL, type INTEGER NOT NULL, active INTEGER NOT NULL, since INTEGER NOT NULL,
    PRIMARY KEY (account, type)) WITHOUT ROWID;
