/* A finding with its vulnerability, resource and packages, as they are stored. */
#include "base/cleanup.h"
#include "base/err.h"
#include "report/remediation.h"
#include "store/finding_query.h"
#include "store/rows.h"

static const char facts[] =
    "SELECT f.id, f.account, f.key, f.type, f.status, f.severity, f.first_observed, f.last_observed, "
    "f.updated, "
    "f.closed, f.title, f.score_details, f.network, f.suppressed_by, f.score, f.epss, f.fix, f.exploit, "
    "f.vulnerability_id, f.source, f.vendor_severity, f.port_begin, f.port_end, f.protocol, "
    "v.last_exploited, v.description, v.details, v.vector, "
    "r.region, r.id, r.type, r.resource_id, r.state, r.details, r.tags, r.platform, r.name, r.ami, r.vpc, "
    "r.subnet, "
    "r.architecture, r.registry, r.hash, r.runtime, r.role, r.pushed, r.pulled, r.last_in_use, "
    "r.in_use_count, r.modified "
    "FROM finding f LEFT JOIN vulnerability v ON v.id = f.vulnerability "
    "LEFT JOIN resource r ON r.id = f.resource WHERE f.id = ?1";

/* Columns of the row one after another. */
struct columns {
    struct statement *s;
    struct arena *a;
    int at;
};

static struct str text(struct columns *c)
{
    return arena_str(c->a, sql_str(c->s, c->at++));
}

static int64_t number(struct columns *c)
{
    return sql_int(c->s, c->at++);
}

/* -1 for NULL. */
static int64_t number_or_none(struct columns *c)
{
    bool none = sql_is_null(c->s, c->at);
    int64_t value = number(c);
    return none ? -1 : value;
}

static double real_or_none(struct columns *c)
{
    bool none = sql_is_null(c->s, c->at);
    double value = sql_double(c->s, c->at++);
    return none ? -1 : value;
}

static int64_t date(struct columns *c)
{
    return sql_time(c->s, c->at++);
}

static void read_finding(struct columns *c, struct finding_row *f)
{
    f->id = number(c);
    f->account = number(c);
    struct str key = sql_str(c->s, c->at++);
    memcpy(f->key, key.p, key.n < sizeof f->key ? key.n : sizeof f->key);
    f->type = (enum finding_type)number(c);
    f->status = (enum finding_status)number(c);
    f->severity = (enum grade)number(c);
    f->first_observed = date(c);
    f->last_observed = date(c);
    f->updated = date(c);
    f->closed = date(c);
    f->title = text(c);
    f->score_details = text(c);
    f->network = text(c);
    f->suppressed_by = text(c);
    f->score = real_or_none(c);
    f->epss = real_or_none(c);
    f->fix = (int)number_or_none(c);
    f->exploit = (int)number_or_none(c);
    f->vulnerability_id = text(c);
    f->source = text(c);
    f->vendor_severity = text(c);
    f->port_begin = (int)number_or_none(c);
    f->port_end = (int)number_or_none(c);
    f->protocol = (int)number_or_none(c);
    f->last_exploited = date(c);
    f->description = text(c);
    f->details = text(c);
    f->vector = text(c);
}

static void read_resource(struct columns *c, struct resource *r)
{
    r->id = number(c);
    r->type = (enum resource_type)number(c);
    r->resource_id = text(c);
    r->state = (enum resource_state)number(c);
    r->details = text(c);
    r->tags = text(c);
    r->platform = text(c);
    r->name = text(c);
    r->ami = text(c);
    r->vpc = text(c);
    r->subnet = text(c);
    r->architecture = text(c);
    r->registry = text(c);
    r->hash = text(c);
    r->runtime = text(c);
    r->role = text(c);
    r->pushed = date(c);
    r->pulled = date(c);
    r->last_in_use = date(c);
    r->in_use_count = number_or_none(c);
    r->modified = date(c);
}

static const char packages[] =
    "SELECT p.title, coalesce(nullif(p.upstream, ''), p.version), p.release, p.arch, h.path, h.layer, "
    "p.epoch, h.manager, p.type, p.namespace, p.name, p.version, p.os_family, p.os_version, h.fixed "
    "FROM finding_package h JOIN package p ON p.id = h.package "
    "WHERE h.account = ?1 AND h.finding = ?2 ORDER BY p.title, p.version, h.path, h.layer";

/* "0:1.2-3": what has epochs is shown with one. */
static struct str with_epoch(struct arena *a, struct str type, struct str version)
{
    if (!version.n || str_find(version, ':') >= 0 || (!str_is(type, "deb") && !str_is(type, "rpm")))
        return version;
    return arena_printf(a, "0:%.*s", STR_ARG(version));
}

static struct finding_package_row read_package(struct columns *c)
{
    struct finding_package_row p = {.name = text(c), .version = text(c), .release = text(c), .arch = text(c)};
    struct inventory inv = {.arena = c->a};
    struct package as_found = {.layer = NO_LAYER};
    p.path = text(c);
    p.layer = text(c);
    p.epoch = number_or_none(c);
    p.manager = (enum package_manager)number(c);
    as_found.type = text(c);
    as_found.namespace = text(c);
    as_found.name = text(c);
    as_found.version = text(c);
    as_found.arch = p.arch;
    as_found.path = p.path;
    as_found.manager = p.manager;
    inv.os.family = text(c);
    inv.os.version = text(c);
    struct str fixed = text(c);
    p.fixed = with_epoch(c->a, as_found.type, fixed);
    if (fixed.n)
        p.remediation = remediation_command(c->a, &inv, &as_found, fixed);
    return p;
}

static void read_packages(struct sql *db, struct arena *a, struct finding_row *f)
{
    VEC(struct finding_package_row) rows = {0};
    struct columns c = {sql_prepare(db, packages), a, 0};
    sql_bind_int(c.s, 1, f->account);
    sql_bind_int(c.s, 2, f->id);
    for (; sql_next(c.s); c.at = 0)
        vec_add(&rows, read_package(&c));
    f->n_packages = rows_finish(a, &rows, &f->packages);
}

int finding_get(struct sql *db, struct arena *a, int64_t finding, struct finding_row *ret_row)
{
    struct finding_row f = {.id = 0};
    struct columns c = {sql_prepare(db, facts), a, 0};
    sql_bind_int(c.s, 1, finding);
    if (!sql_next(c.s))
        return sql_status(db) < 0 ? sql_status(db) : err_set(ERR_MISSING, "finding %lld", (long long)finding);
    read_finding(&c, &f);
    f.region = text(&c);
    read_resource(&c, &f.resource);
    f.resource.account = f.account;
    sql_reset(c.s);
    if (f.type == FINDING_PACKAGE_VULNERABILITY)
        read_packages(db, a, &f);
    if (sql_status(db) < 0)
        return sql_status(db);
    *ret_row = f;
    return 0;
}
