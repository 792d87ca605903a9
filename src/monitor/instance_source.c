/* Sources of Debian packages, for inventories that do not tell them. The advisory database knows those of
 * releases whose index it was made with (feed/packages.c) or whose advisories name binaries (feed/osv.c).
 * What it does not know, inventories of other hosts, images and disks may tell; but a host may lie, and so
 * what they tell is only taken where nothing would be found without it: it adds findings and hides none. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "match/match.h"
#include "monitor/instance.h"
#include "store/package.h"

enum { NAMED = 5 }; /* of those whose source is not known */

struct search {
    struct sql *db;
    const struct db *advisories;
    account_id account;
    struct inventory *inventory;
    struct arena *scratch;
    struct str ecosystem;
};

/* `name` with `to` in place of the first `from`; itself without one. */
static struct str instead(struct arena *a, struct str name, struct str from, struct str to)
{
    ptrdiff_t at = str_find_str(name, from);
    if (at < 0)
        return name;
    return arena_printf(a, "%.*s%.*s%.*s", (int)at, name.p, STR_ARG(to),
                        STR_ARG(str_slice(name, (size_t)at + from.n, name.n)));
}

/* Ubuntu's signed kernels are not listed with their source's binaries, the same without its signature are.
 * Debian's index is read for amd64; kernels and boot loaders of arm64 have the same names but for that word,
 * and so have their sources where they are signed. */
static bool told_by_database(const struct search *s, const struct package *p, struct str *ret_source,
                             struct str *ret_version)
{
    static const struct str image = STR("linux-image-"), amd64 = STR("amd64"), arm64 = STR("arm64");
    struct str name = p->name, source;
    if (db_source(s->advisories, s->scratch, s->ecosystem, name, p->version, ret_source, ret_version))
        return true;
    name = instead(s->scratch, p->name, arm64, amd64);
    if (name.p != p->name.p &&
        db_source(s->advisories, s->scratch, s->ecosystem, name, p->version, &source, ret_version)) {
        *ret_source = instead(s->scratch, source, amd64, arm64);
        return true;
    }
    if (!str_starts(p->name, image))
        return false;
    name = instead(s->scratch, p->name, image, STR("linux-image-unsigned-"));
    return db_source(s->advisories, s->scratch, s->ecosystem, name, p->version, ret_source, ret_version);
}

/* A newer kernel for an older Debian, "linux-image-6.12.9+deb12-amd64", comes with its security updates: its
 * source is "linux-6.12", where advisories speak of such a one. */
static bool is_backport(const struct search *s, const struct package *p, struct str *ret_source,
                        struct str *ret_version)
{
    struct str name = source_binary(s->scratch, p->name);
    ptrdiff_t end = str_find(name, '#');
    if (end < 0 || !str_is(s->inventory->os.family, "debian"))
        return false;
    name.n = (size_t)end;
    ptrdiff_t begin = str_rfind(name, '-');
    struct str source =
        arena_printf(s->scratch, "linux-%.*s", STR_ARG(str_slice(name, (size_t)begin + 1, name.n)));
    if (!db_package(s->advisories, s->ecosystem, source).n)
        return false;
    *ret_source = source;
    *ret_version = p->version;
    return true;
}

/* They have to agree: on the source, else it is not known; on its version, else that is not told. What was
 * learned once is among them, so that one which has this version is no better than others. */
static bool told_by_others(const struct search *s, const struct package *p, struct str *ret_source,
                           struct str *ret_version)
{
    struct package_source *others;
    struct str version, told = {NULL, 0};
    bool agreed = true;
    size_t n = 0;
    if (!db_package(s->advisories, s->ecosystem, p->name).n)
        n = package_sources(s->db, s->scratch, s->account, s->ecosystem, p, &others);
    for (size_t i = 0; i < n; i++) {
        const struct package_source *one = &others[i];
        if (!str_eq(one->source, others[0].source))
            return false;
        const struct advisory_source rule =
            source_rule(s->scratch, p->name, one->version, one->source, one->source_version);
        if (!source_version(s->scratch, &rule, p->version, &version))
            continue;
        agreed &= !told.n || str_eq(told, version);
        told = version;
    }
    if (!n)
        return false;
    *ret_source = others[0].source;
    *ret_version = agreed ? told : (struct str){NULL, 0};
    return true;
}

/* As dpkg's status has it: nothing where it is the package itself. */
static void set_source(const struct search *s, struct package *p, struct str source, struct str version)
{
    struct arena *a = s->inventory->arena;
    if (!version.n)
        version = VERSION_NOT_TOLD;
    if (!str_eq(version, p->version))
        p->source_version = arena_str(a, version);
    if (!str_eq(source, p->name) || p->source_version.n)
        p->source = arena_str(a, source);
}

static bool find(const struct search *s, struct package *p)
{
    struct str source, version;
    struct match_key keys[MATCH_KEYS];
    struct search here = *s;
    arena_reset(s->scratch);
    if (!match_keys(s->scratch, s->inventory, p, keys, MATCH_KEYS))
        return false;
    here.ecosystem = keys[0].ecosystem;
    if (!told_by_database(&here, p, &source, &version) && !is_backport(&here, p, &source, &version) &&
        !told_by_others(&here, p, &source, &version))
        return false;
    set_source(s, p, source, version);
    return true;
}

void instance_sources(struct sql *db, const struct db *advisories, account_id account, struct inventory *inv)
{
    _cleanup_(arena_cleanup) struct arena *scratch = arena_new(0);
    _cleanup_(buf_free) struct buf names = buf_new(4096);
    const struct search s = {db, advisories, account, inv, scratch, {NULL, 0}};
    size_t n = 0, unknown = 0;
    vec_each(p, &inv->packages)
    {
        if (!str_is(p->type, "deb") || p->source.n)
            continue;
        n++;
        if (!find(&s, p) && unknown++ < NAMED)
            buf_printf(&names, "%s%.*s", unknown > 1 ? ", " : "", STR_ARG(p->name));
    }
    if (!unknown)
        return;
    struct str list = buf_str(&names);
    inventory_problem(
        inv, STR("AWS:Application"),
        err_set(ERR_UNSUPPORTED,
                "Systems Manager does not tell the source of a package, and of %zu of %zu it is "
                "not known: %.*s%s are looked up by their own names, and what advisories call "
                "otherwise is missed",
                unknown, n, STR_ARG(list), unknown > NAMED ? ", ..." : ""));
}
