/* Criteria as SQL.
 *
 * Within a key, EQUALS and PREFIX entries are alternatives, and every NOT_EQUALS must hold beside them. What
 * has several values (tags, layers, packages, ...) equals when one of them does, and does not equal when none
 * does. What a finding does not have is equal to nothing, and so meets every NOT_EQUALS and no range.
 * A port range is met by findings whose range overlaps it. Stored times are whole seconds: bounds with
 * fractions are rounded inwards, which is exact.
 *
 * An entry of vulnerablePackages means one package that meets all that the entry says; an entry that says
 * NOT_EQUALS only means that no package has any of these values. */
#include <math.h>

#include "store/condition.h"

bool entry_positive(const struct entry *e)
{
    bool any = false;
    if (!e->parts)
        return e->comparison != IS_NOT_EQUAL;
    for (int i = 0; i < PACKAGE_PARTS; i++) {
        if (e->parts[i].stated && e->parts[i].comparison != IS_NOT_EQUAL)
            return true;
        any |= e->parts[i].stated;
    }
    return !any;
}

bool condition_positive(const struct condition *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (entry_positive(&c->at[i]))
            return true;
    return false;
}

bool condition_takes(const struct condition *c, struct str value, bool absent)
{
    bool met = !condition_positive(c);
    for (size_t i = 0; i < c->n; i++) {
        const struct entry *e = &c->at[i];
        if (e->comparison == IS_NOT_EQUAL && !absent && str_eq(value, e->value))
            return false;
        if (e->comparison == IS_EQUAL)
            met |= !absent && str_eq(value, e->value);
        else if (e->comparison == HAS_PREFIX)
            met |= !absent && str_starts(value, e->value);
    }
    return met;
}

uint64_t names_taken(const struct condition *c)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < c->key->names->n; i++)
        if (condition_takes(c, str_from(c->key->names->at[i]), false))
            bits |= UINT64_C(1) << i;
    return bits;
}

int condition_constant(const struct query_text *q, const struct condition *c)
{
    char digits[ACCOUNT_TEXT];
    switch (c->key->in) {
    case IN_NOTHING:
        return condition_takes(c, STR(""), true);
    case IN_ACCOUNT:
        return condition_takes(c, str_from(account_text(q->account, digits)), false);
    case IN_PROVIDER:
        return condition_takes(c, STR("AWS"), false);
    case IN_PARTITION:
        return condition_takes(c, str_from(q->place->partition), false);
    default:
        return -1;
    }
}

bool condition_needs_resource(const struct condition *c)
{
    return (c->key->column && c->key->column[0] == 'r') || c->key->resource_types;
}

/* All strings that begin so lie before the prefix with the last character of all. */
struct str prefix_end(struct query_text *q, struct str prefix)
{
    return arena_printf(q->arena, "%.*s\xf4\x8f\xbf\xbf", STR_ARG(prefix));
}

static void write_prefix(struct query_text *q, const char *sql, struct str prefix)
{
    query_add(q, "(%s >= ", sql);
    query_str(q, prefix);
    query_add(q, " AND %s < ", sql);
    query_str(q, prefix_end(q, prefix));
    query_add(q, ")");
}

void query_add_string(struct query_text *q, const char *sql, const struct entry *e)
{
    if (e->comparison == HAS_PREFIX) {
        write_prefix(q, sql, e->value);
        return;
    }
    query_add(q, "%s = ", sql);
    query_str(q, e->value);
}

static int64_t whole(double value)
{
    return value >= 9e18 ? INT64_MAX : value <= -9e18 ? INT64_MIN + 1 : (int64_t)value;
}

void query_add_bound(struct query_text *q, enum entry_type type, bool high, double value)
{
    if (type == ENTRY_DATE)
        query_int(q, whole(high ? floor(value) : ceil(value)));
    else
        query_real(q, value);
}

void query_add_range(struct query_text *q, enum entry_type type, const char *sql, const struct range *r)
{
    query_add(q, "(%s IS NOT NULL", sql);
    if (r->has_from) {
        query_add(q, " AND %s >= ", sql);
        query_add_bound(q, type, false, r->from);
    }
    if (r->has_to) {
        query_add(q, " AND %s <= ", sql);
        query_add_bound(q, type, true, r->to);
    }
    query_add(q, ")");
}

/* The positive entries, or the negative ones as if they were positive, as alternatives; false and nothing
 * written when there are none. */
static bool write_any(struct query_text *q, const char *before, enum entry_type type, const char *sql,
                      const struct entry *at, size_t n, bool positive)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (entry_positive(&at[i]) != positive)
            continue;
        query_add(q, "%s", any ? " OR " : before);
        any = true;
        if (type == ENTRY_STRING)
            query_add_string(q, sql, &at[i]);
        else
            query_add_range(q, type, sql, &at[i].range);
    }
    if (any)
        query_add(q, ")");
    return any;
}

void entries_write(struct query_text *q, enum entry_type type, const char *sql, const struct entry *at,
                   size_t n)
{
    write_any(q, " AND (", type, sql, at, n, true);
    char before[512];
    snprintf(before, sizeof before, " AND (%s IS NULL OR NOT (", sql);
    if (write_any(q, before, type, sql, at, n, false))
        query_add(q, ")");
}

static void write_exists(struct query_text *q, const char *from, enum entry_type type, const char *sql,
                         const struct entry *at, size_t n)
{
    const char *const format[] = {" AND NOT EXISTS (SELECT 1 FROM %s AND (",
                                  " AND EXISTS (SELECT 1 FROM %s AND ("};
    char before[512];
    for (int positive = 0; positive < 2; positive++) {
        snprintf(before, sizeof before, format[positive], from);
        if (write_any(q, before, type, sql, at, n, positive))
            query_add(q, ")");
    }
}

void entries_write_tags(struct query_text *q, const struct entry *at, size_t n)
{
    query_add(q, " AND (");
    for (size_t i = 0; i < n; i++) {
        query_add(q, "%sEXISTS (SELECT 1 FROM resource_tag t WHERE t.account = ?1 AND t.resource = %s",
                  i ? " OR " : "", q->resource);
        query_add(q, " AND t.key = ");
        query_str(q, at[i].key);
        if (at[i].has_value) {
            query_add(q, " AND t.value = ");
            query_str(q, at[i].value);
        }
        query_add(q, ")");
    }
    query_add(q, ")");
}

const char *const package_part_sql[PACKAGE_PARTS] = {
    [PART_NAME] = "p.title",
    [PART_VERSION] = "coalesce(nullif(p.upstream, ''), p.version)",
    [PART_RELEASE] = "nullif(p.release, '')",
    [PART_ARCHITECTURE] =
        ("CASE p.arch WHEN '' THEN NULL WHEN 'amd64' THEN 'X86_64' WHEN 'aarch64' THEN 'ARM64' "
         "ELSE upper(p.arch) END"), /* in parentheses: clang takes it for a missing comma */
    [PART_LAYER] = "CASE WHEN substr(h.layer, 1, 7) = 'sha256:' AND length(h.layer) = 71 THEN h.layer END",
    [PART_LAMBDA_LAYER] = "CASE WHEN substr(h.layer, 1, 4) = 'arn:' THEN h.layer END",
    [PART_PATH] = "CASE WHEN h.manager <> 1 THEN nullif(h.path, '') END",
    [PART_EPOCH] = "p.epoch",
};

/* "(a AND b)" of a positive entry; "(a OR b)" of what a negative one does not want. */
static void write_package(struct query_text *q, const struct entry *e, bool positive)
{
    bool any = false;
    query_add(q, "(");
    for (int i = 0; i < PACKAGE_PARTS; i++) {
        const struct entry *part = &e->parts[i];
        if (!part->stated)
            continue;
        query_add(q, "%s", !any ? "" : positive ? " AND " : " OR ");
        any = true;
        if (i == PART_EPOCH) {
            query_add_range(q, ENTRY_NUMBER, package_part_sql[i], &part->range);
        } else if (part->comparison == IS_NOT_EQUAL && positive) {
            query_add(q, "(%s IS NULL OR %s <> ", package_part_sql[i], package_part_sql[i]);
            query_str(q, part->value);
            query_add(q, ")");
        } else {
            query_add_string(q, package_part_sql[i], part);
        }
    }
    query_add(q, "%s)", any ? "" : "1 = 1");
}

static void write_packages(struct query_text *q, const struct condition *c)
{
    for (int positive = 0; positive < 2; positive++) {
        bool any = false;
        for (size_t i = 0; i < c->n; i++) {
            if (entry_positive(&c->at[i]) != positive)
                continue;
            query_add(q, "%s",
                      any        ? " OR "
                      : positive ? " AND EXISTS (SELECT 1 FROM finding_package h CROSS JOIN package p WHERE "
                                   "h.account = ?1 AND h.finding = f.id AND p.id = h.package AND ("
                                 : " AND NOT EXISTS (SELECT 1 FROM finding_package h CROSS JOIN package p "
                                   "WHERE h.account = ?1 AND h.finding = f.id AND p.id = h.package AND (");
            any = true;
            write_package(q, &c->at[i], positive);
        }
        if (any)
            query_add(q, "))");
    }
}

static void write_names(struct query_text *q, const struct condition *c)
{
    uint64_t bits = names_taken(c);
    query_add(q, " AND (");
    if (!condition_positive(c))
        query_add(q, "%s IS NULL OR ", c->key->column);
    if (!bits) {
        query_add(q, "1 = 0)");
        return;
    }
    query_add(q, "%s IN", c->key->column);
    for (unsigned i = 0, n = 0; i < c->key->names->n; i++)
        if (bits >> i & 1)
            query_add(q, "%s%u", n++ ? ", " : " (", i);
    query_add(q, "))");
}

void query_add_ports(struct query_text *q, const struct range *r)
{
    query_add(q, "(f.port_begin IS NOT NULL");
    if (r->has_to)
        query_add(q, " AND f.port_begin <= "), query_int(q, (int64_t)r->to);
    if (r->has_from)
        query_add(q, " AND f.port_end >= "), query_int(q, (int64_t)r->from);
    query_add(q, ")");
}

static void write_ports(struct query_text *q, const struct condition *c)
{
    for (size_t i = 0; i < c->n; i++) {
        query_add(q, i ? " OR " : " AND (");
        query_add_ports(q, &c->at[i].range);
    }
    query_add(q, ")");
}

/* Keys whose ARNs begin with `arn`: from ret_low to ret_high, which are equal for a whole ARN. */
bool arn_keys(const struct query_text *q, struct str arn, struct str *ret_low, struct str *ret_high)
{
    static const unsigned char zero[FINDING_KEY];
    struct str base = finding_arn(q->arena, q->place, q->account, zero), filled[2];
    base.n -= 2 * sizeof zero;
    if (!str_starts(arn, base) && !str_starts(base, arn))
        return false;
    struct str hex = arn.n > base.n ? str_slice(arn, base.n, arn.n) : STR("");
    if (hex.n > 2 * sizeof zero)
        return false;
    for (int i = 0; i < 2; i++) {
        struct str rest =
            str_slice(i ? STR("ffffffffffffffffffffffffffffffff") : STR("00000000000000000000000000000000"),
                      hex.n, 2 * sizeof zero);
        unsigned char *key = arena_alloc(q->arena, FINDING_KEY);
        struct str whole_arn =
            arena_printf(q->arena, "%.*s%.*s%.*s", STR_ARG(base), STR_ARG(hex), STR_ARG(rest));
        if (!finding_arn_parse(q->place, q->account, whole_arn, key))
            return false;
        filled[i] = (struct str){(const char *)key, FINDING_KEY};
    }
    *ret_low = filled[0];
    *ret_high = filled[1];
    return true;
}

static void write_arn(struct query_text *q, const struct entry *e)
{
    struct str low, high;
    bool any = arn_keys(q, e->value, &low, &high);
    if (!any || (e->comparison != HAS_PREFIX && !str_eq(low, high))) {
        query_add(q, e->comparison == IS_NOT_EQUAL ? "1 = 1" : "1 = 0");
        return;
    }
    query_add(q, e->comparison == IS_NOT_EQUAL ? "(f.key < " : "(f.key >= ");
    query_blob(q, low);
    query_add(q, e->comparison == IS_NOT_EQUAL ? " OR f.key > " : " AND f.key <= ");
    query_blob(q, high);
    query_add(q, ")");
}

static void write_arns(struct query_text *q, const struct condition *c)
{
    for (int positive = 0; positive < 2; positive++) {
        bool any = false;
        for (size_t i = 0; i < c->n; i++) {
            if (entry_positive(&c->at[i]) != positive)
                continue;
            query_add(q, "%s", !any ? " AND (" : positive ? " OR " : " AND ");
            any = true;
            write_arn(q, &c->at[i]);
        }
        if (any)
            query_add(q, ")");
    }
}

/* "0, 2" of the bits 0 and 2. */
const char *types_text(struct query_text *q, unsigned types)
{
    struct str text = {NULL, 0};
    for (int i = 0; types >> i; i++)
        if (types >> i & 1)
            text = arena_printf(q->arena, "%.*s%s%d", STR_ARG(text), text.n ? ", " : "", i);
    return text.p;
}

/* The column as an expression that no index is looked up for: which way a list goes is decided by
 * finding_query.c. */
static const char *checked(struct query_text *q, const struct criteria_key *key)
{
    if (key->resource_types)
        return arena_printf(q->arena, "CASE WHEN r.type IN (%s) THEN %s END",
                            types_text(q, key->resource_types), key->column)
            .p;
    return arena_printf(q->arena, "coalesce(%s, NULL)", key->column).p;
}

void condition_write(struct query_text *q, const struct condition *c)
{
    const struct criteria_key *key = c->key;
    char from[256];
    int constant = condition_constant(q, c);
    if (constant >= 0) {
        query_add(q, constant ? "" : " AND 1 = 0");
        return;
    }
    switch (key->in) {
    case IN_NAMES:
        write_names(q, c);
        return;
    case IN_ARN:
        write_arns(q, c);
        return;
    case IN_PORTS:
        write_ports(q, c);
        return;
    case IN_PACKAGES:
        write_packages(q, c);
        return;
    case IN_TAGS:
        if (key->resource_types)
            query_add(q, " AND r.type IN (%s)", types_text(q, key->resource_types));
        entries_write_tags(q, c->at, c->n);
        return;
    case IN_VALUES:
        snprintf(
            from, sizeof from,
            "resource_value v WHERE v.account = ?1 AND v.resource = %s AND v.kind = %d AND r.type IN (%s)",
            q->resource, key->value_kind, types_text(q, key->resource_types));
        write_exists(q, from, key->type, "v.value", c->at, c->n);
        return;
    case IN_RELATED:
        write_exists(q, "vulnerability_related w WHERE w.vulnerability = f.vulnerability", key->type,
                     "w.related", c->at, c->n);
        return;
    case IN_STEPS:
        snprintf(from, sizeof from, "s.%s", key->column);
        write_exists(q, "finding_step s WHERE s.account = ?1 AND s.finding = f.id", key->type, from, c->at,
                     c->n);
        return;
    default:
        entries_write(q, key->type, checked(q, key), c->at, c->n);
    }
}
