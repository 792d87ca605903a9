/* Alpine's security database and those made like it (Wolfi, Chainguard): https://secdb.alpinelinux.org/
 *
 * By origin package and version: the ids that this version fixes. Version "0" says that the package never was
 * affected. Record ids are "ALPINE:CVE-..." and hold all branches; OSV's ALPINE-CVE-... stand beside them. */
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "feed/feed.h"

struct statement {
    struct str id, package, version;
};
struct statements {
    VEC(struct statement) list;
};

static int by_id(const void *a, const void *b)
{
    const struct statement *x = a, *y = b;
    int order = str_cmp(x->id, y->id);
    if (!order)
        order = str_cmp(x->package, y->package);
    return order ? order : str_cmp(x->version, y->version);
}

/* Entries are one id each or several with blanks between them, some with words in parentheses after them. */
static void add_ids(struct statements *all, struct str text, struct str package, struct str version)
{
    struct str id;
    while (str_next(&text, ' ', &id)) {
        if (id.n && id.p[0] == '(')
            return;
        ptrdiff_t dash = str_find(id, '-');
        if (dash > 0 && is_upper(id.p[0]) && !str_ends(id, STR("-XXXX")))
            vec_add(&all->list, (struct statement){id, package, version});
    }
}

static void add_record(struct feed_batch *b, struct str prefix, struct str ecosystem,
                       const struct statement *first, size_t n)
{
    record_begin(b, arena_printf(b->scratch, "%.*s:%.*s", STR_ARG(prefix), STR_ARG(first->id)));
    record_upstream(b, first->id);
    for (size_t i = 0; i < n; i++) {
        const struct statement *s = &first[i];
        bool begins = !i || !str_eq(s->package, s[-1].package);
        bool ends = i + 1 == n || !str_eq(s->package, s[1].package);
        if (begins)
            affected_begin(b, ecosystem, s->package)->fix = FIX_NOT_AFFECTED;
        if (!str_is(s->version, "0")) {
            /* When a fix was mended later, both versions are there; together they reach to the later one. */
            b->entry.fix = FIX_FIXED;
            affected_range(b, (struct advisory_range){.introduced = STR("0"), .fixed = s->version});
        }
        if (ends)
            affected_end(b);
    }
    record_end(b);
}

static int secdb_read(struct feed_batch *b, const struct feed_file *file, struct str content)
{
    json_val *root;
    int r = json_parse(b->scratch, content, &root);
    if (r < 0)
        return r;
    json_val *packages = json_get(root, "packages");
    if (!yyjson_is_arr(packages))
        return err_set(ERR_INVALID, "secdb: no array 'packages'");
    struct str path = str_from(file->path), prefix = STR("ALPINE"), ecosystem;
    if (str_starts(path, STR("wolfi/"))) {
        prefix = STR("WOLFI"), ecosystem = STR("Wolfi");
    } else if (str_starts(path, STR("chainguard/"))) {
        prefix = STR("CHAINGUARD"), ecosystem = STR("Chainguard");
    } else {
        struct str head, branch;
        str_cut(path, '/', &head, &branch);
        ecosystem = arena_printf(b->scratch, "Alpine:%.*s", STR_ARG(str_dirname(branch)));
    }
    struct statements all = {0};
    for (json_each(item, packages)) {
        json_val *package = json_get(item, "pkg");
        for (json_each_member(version, ids, json_get(package, "secfixes")))
            for (json_each(id, ids))
                add_ids(&all, json_str(id), json_get_str(package, "name"), json_str(version));
    }
    if (all.list.n)
        qsort(all.list.at, all.list.n, sizeof *all.list.at, by_id);
    for (size_t i = 0, n; i < all.list.n; i += n) {
        for (n = 1; i + n < all.list.n && str_eq(all.list.at[i + n].id, all.list.at[i].id); n++)
            ;
        add_record(b, prefix, ecosystem, &all.list.at[i], n);
    }
    vec_free(&all.list);
    return 0;
}

#define BRANCH(branch, repository)                                                                           \
    {                                                                                                        \
        .name = "alpine/" branch "/" repository, .path = "alpine/" branch "/" repository ".json",            \
        .url = "https://secdb.alpinelinux.org/" branch "/" repository ".json", .optional = true              \
    }

static const struct feed_file files[] = {
    BRANCH("v3.2", "main"),
    BRANCH("v3.3", "main"),
    BRANCH("v3.3", "community"),
    BRANCH("v3.4", "main"),
    BRANCH("v3.4", "community"),
    BRANCH("v3.5", "main"),
    BRANCH("v3.5", "community"),
    BRANCH("v3.6", "main"),
    BRANCH("v3.6", "community"),
    BRANCH("v3.7", "main"),
    BRANCH("v3.7", "community"),
    BRANCH("v3.8", "main"),
    BRANCH("v3.8", "community"),
    BRANCH("v3.9", "main"),
    BRANCH("v3.9", "community"),
    BRANCH("v3.10", "main"),
    BRANCH("v3.10", "community"),
    BRANCH("v3.11", "main"),
    BRANCH("v3.11", "community"),
    BRANCH("v3.12", "main"),
    BRANCH("v3.12", "community"),
    BRANCH("v3.13", "main"),
    BRANCH("v3.13", "community"),
    BRANCH("v3.14", "main"),
    BRANCH("v3.14", "community"),
    BRANCH("v3.15", "main"),
    BRANCH("v3.15", "community"),
    BRANCH("v3.16", "main"),
    BRANCH("v3.16", "community"),
    BRANCH("v3.17", "main"),
    BRANCH("v3.17", "community"),
    BRANCH("v3.18", "main"),
    BRANCH("v3.18", "community"),
    BRANCH("v3.19", "main"),
    BRANCH("v3.19", "community"),
    BRANCH("v3.20", "main"),
    BRANCH("v3.20", "community"),
    BRANCH("v3.21", "main"),
    BRANCH("v3.21", "community"),
    BRANCH("v3.22", "main"),
    BRANCH("v3.22", "community"),
    BRANCH("v3.23", "main"),
    BRANCH("v3.23", "community"),
    BRANCH("v3.24", "main"),
    BRANCH("v3.24", "community"),
    BRANCH("v3.25", "main"),
    BRANCH("v3.25", "community"),
    BRANCH("edge", "main"),
    BRANCH("edge", "community"),
    {.name = "chainguard",
     .path = "chainguard/security.json",
     .url = "https://packages.cgr.dev/chainguard/security.json",
     .licence = "none stated",
     .optional = true},
    {.name = "wolfi",
     .path = "wolfi/security.json",
     .url = "https://packages.wolfi.dev/os/security.json",
     .licence = "none stated",
     .optional = true},
    {0},
};

const struct feed feed_secdb = {
    .name = "secdb",
    .help = "Alpine, Wolfi and Chainguard: fixed versions of origin packages, not affected",
    .licence = "none stated (aports)",
    .url = "https://secdb.alpinelinux.org/",
    .files = files,
    .join = true,
    .read = secdb_read,
};
