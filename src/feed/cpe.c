#include "feed/cpe.h"

#include <stdlib.h>

enum { CPE_MATCHES_MAX = 20000, CPE_PARTS = 13 };

void cpe_matches_free(struct cpe_matches *m)
{
    vec_free(&m->list);
}

/* Splits at colons that no backslash escapes (NISTIR 7695, 6.2). */
static size_t split(struct str name, struct str parts[CPE_PARTS])
{
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= name.n; i++) {
        if (i < name.n && name.p[i] == '\\') {
            i++;
        } else if (i >= name.n || name.p[i] == ':') {
            if (n == CPE_PARTS)
                return 0;
            parts[n++] = str_slice(name, from, i > name.n ? name.n : i);
            from = i + 1;
        }
    }
    return n;
}

static struct str unescape(struct arena *a, struct str s)
{
    if (str_find(s, '\\') < 0)
        return s;
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n)
            i++;
        to[n++] = s.p[i];
    }
    return (struct str){to, n};
}

/* "*" any, "-" not applicable */
static bool is_given(struct str s)
{
    return s.n && !str_is(s, "*") && !str_is(s, "-");
}

bool cpe_parse(struct arena *a, struct str name, struct cpe_match *ret_match)
{
    struct str parts[CPE_PARTS];
    if (!str_starts(name, STR("cpe:2.3:")) || split(name, parts) != CPE_PARTS)
        return false;
    struct str vendor = unescape(a, parts[3]), product = unescape(a, parts[4]);
    struct str version = unescape(a, parts[5]), update = unescape(a, parts[6]),
               target = unescape(a, parts[10]);
    if (!vendor.n || !product.n)
        return false;
    struct cpe_match m = {.product = arena_printf(a, "%.*s:%.*s", STR_ARG(vendor), STR_ARG(product))};
    if (is_given(version))
        m.version =
            is_given(update) ? arena_printf(a, "%.*s:%.*s", STR_ARG(version), STR_ARG(update)) : version;
    if (is_given(target))
        m.target = target;
    *ret_match = m;
    return true;
}

static void read_match(struct arena *a, json_val *match, struct cpe_matches *m)
{
    struct cpe_match c;
    if (!json_get_bool(match, "vulnerable") || m->list.n >= CPE_MATCHES_MAX ||
        !cpe_parse(a, json_get_str(match, "criteria"), &c))
        return;
    struct str after = json_get_str(match, "versionStartExcluding");
    c.range = (struct advisory_range){
        .introduced = after.n ? after : json_get_str(match, "versionStartIncluding"),
        .after = after.n > 0,
        .fixed = json_get_str(match, "versionEndExcluding"),
    };
    if (!c.range.fixed.n)
        c.range.last_affected = json_get_str(match, "versionEndIncluding");
    if (c.range.introduced.n || c.range.fixed.n || c.range.last_affected.n)
        c.version = STR("");
    vec_add(&m->list, c);
}

static void read_nodes(struct arena *a, json_val *nodes, struct cpe_matches *m, int depth)
{
    for (json_each(node, nodes)) {
        for (json_each(match, json_get(node, "cpeMatch")))
            read_match(a, match, m);
        if (depth) /* the older form nests */
            read_nodes(a, json_get(node, "children"), m, depth - 1);
    }
}

void cpe_read_configurations(struct arena *a, json_val *configurations, struct cpe_matches *m)
{
    for (json_each(configuration, configurations))
        read_nodes(a, json_get(configuration, "nodes"), m, 4);
}

static int by_product(const void *a, const void *b)
{
    const struct cpe_match *x = a, *y = b;
    int order = str_cmp(x->product, y->product);
    return order ? order : str_cmp(x->target, y->target);
}

static bool same_range(const struct advisory_range *a, const struct advisory_range *b)
{
    return str_eq(a->introduced, b->introduced) && str_eq(a->fixed, b->fixed) &&
           str_eq(a->last_affected, b->last_affected) && a->after == b->after;
}

static void add_product(struct feed_batch *b, const struct cpe_match *first, size_t n)
{
    struct advisory_affected *a = affected_begin(b, STR("cpe"), first->product);
    if (first->target.n)
        a->purl_type_qualifier =
            batch_str(b, arena_printf(b->scratch, "target_sw=%.*s", STR_ARG(first->target)));
    for (const struct cpe_match *m = first; m < first + n; m++) {
        bool known = false;
        if (m->version.n) {
            for (size_t i = 0; i < b->versions.n && !known; i++)
                known = str_eq(b->versions.at[i], m->version);
            if (!known)
                affected_version(b, m->version);
            continue;
        }
        for (size_t i = 0; i < b->ranges.n && !known; i++)
            known = same_range(&b->ranges.at[i], &m->range);
        if (!known)
            affected_range(b, m->range);
    }
    affected_end(b);
}

void cpe_add(struct feed_batch *b, struct cpe_matches *m)
{
    if (b->options.no_cpe || !m->list.n)
        return;
    qsort(m->list.at, m->list.n, sizeof *m->list.at, by_product);
    for (size_t i = 0, n; i < m->list.n; i += n) {
        for (n = 1; i + n < m->list.n && !by_product(&m->list.at[i], &m->list.at[i + n]); n++)
            ;
        add_product(b, &m->list.at[i], n);
    }
}
