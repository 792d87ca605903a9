/* Whether one affected entry holds one version (OSV schema, "Evaluation").
 *
 * The answer has three values. A bound or a version that does not parse makes an interval undecided; the
 * entry as a whole is affected when any interval holds the version for certain, else unknown when any is
 * undecided.
 */
#include "base/buf.h"
#include "match/match.h"

/* OSV's event "0", and an absent bound, stand before every version. */
static bool is_beginning(struct str bound)
{
    return !bound.n || str_is(bound, "0");
}

enum answer { NO, YES, UNDECIDED };

static enum answer in_range(const struct version_scheme *scheme, struct str version,
                            const struct advisory_range *r)
{
    int order;
    if (!is_beginning(r->introduced)) {
        if (version_compare(scheme, version, r->introduced, &order) < 0)
            return UNDECIDED;
        if (order < 0 || (order == 0 && r->after))
            return NO;
    }
    if (r->fixed.n) {
        if (version_compare(scheme, version, r->fixed, &order) < 0)
            return UNDECIDED;
        return order < 0 ? YES : NO;
    }
    if (r->last_affected.n) {
        if (version_compare(scheme, version, r->last_affected, &order) < 0)
            return UNDECIDED;
        return order <= 0 ? YES : NO;
    }
    return version_valid(scheme, version) ? YES : UNDECIDED;
}

static struct str describe(struct arena *a, const struct advisory_range *r)
{
    struct str end = r->fixed.n ? r->fixed : r->last_affected;
    const char *sign = r->fixed.n ? "< " : r->last_affected.n ? "<= " : "";
    if (is_beginning(r->introduced))
        return end.n ? arena_printf(a, "%s%.*s", sign, STR_ARG(end)) : STR("every version");
    const char *from = r->after ? ">" : ">=";
    if (!end.n)
        return arena_printf(a, "%s %.*s", from, STR_ARG(r->introduced));
    return arena_printf(a, "%s %.*s, %s%.*s", from, STR_ARG(r->introduced), sign, STR_ARG(end));
}

/* Red Hat style modules: builds of a module carry ".module" in their release and are fixed by the module's
 * advisories alone; other builds are never touched by them. */
static bool is_modular(struct str version)
{
    return str_find_str(version, STR(".module")) >= 0;
}

static bool same_stream(const struct package *p, struct str module)
{
    /* The label is NAME:STREAM:VERSION:CONTEXT, the advisory names NAME:STREAM, or several of them. */
    struct str stream;
    while (str_next(&module, ' ', &stream))
        if (stream.n && str_starts(p->modularity, stream) && p->modularity.n > stream.n &&
            p->modularity.p[stream.n] == ':')
            return true;
    return false;
}

/* Why the entry cannot be about this build of the package at all; NULL when it can. */
static const char *other_build(const struct match_key *key, const struct package *p,
                               const struct advisory_affected *affected)
{
    if (affected->arch.n && p->arch.n && !str_eq(affected->arch, p->arch) && !str_is(p->arch, "noarch"))
        return "published for another architecture";
    if (!str_is(p->type, "rpm"))
        return NULL;
    bool modular_package = p->modularity.n || is_modular(key->version);
    bool modular_fix = false;
    for (size_t i = 0; i < affected->n_ranges; i++)
        modular_fix = modular_fix || is_modular(affected->ranges[i].fixed);
    if (affected->n_ranges && affected->ranges[0].fixed.n && modular_fix != modular_package)
        return modular_fix ? "published for a module, the package is not from one"
                           : "published for the package outside of modules";
    if (modular_package && affected->module.n && p->modularity.n && !same_stream(p, affected->module))
        return "published for another stream of the module";
    return NULL;
}

static struct evaluation listed(struct arena *a, const struct match_key *key,
                                const struct advisory_affected *affected)
{
    for (size_t i = 0; i < affected->n_versions; i++) {
        int order;
        struct str version = affected->versions[i];
        if (str_eq(version, key->version) ||
            (version_compare(key->scheme, key->version, version, &order) == 0 && order == 0))
            return (struct evaluation){.affected = true,
                                       .fix = affected->fix,
                                       .reason = arena_printf(a, "%.*s is listed", STR_ARG(version))};
    }
    return (struct evaluation){.fix = affected->fix};
}

static struct str all_ranges(struct arena *a, const struct advisory_affected *affected)
{
    struct buf text = buf_new(4096);
    for (size_t i = 0; i < affected->n_ranges && buf_status(&text) == 0; i++)
        buf_printf(&text, "%s%.*s", i ? " or " : "not ", STR_ARG(describe(a, &affected->ranges[i])));
    if (affected->n_versions)
        buf_printf(&text, "%snone of %zu listed versions", text.n ? ", " : "", affected->n_versions);
    struct str copy = arena_str(a, buf_str(&text));
    buf_free(&text);
    return copy;
}

/* A scheme that the entry states itself counts for the bounds (SEMVER ranges of ecosystems with another
 * order). */
static const struct version_scheme *scheme_of(const struct match_key *key,
                                              const struct advisory_affected *affected)
{
    const struct version_scheme *own = affected->scheme.n ? version_scheme_find(affected->scheme) : NULL;
    return own ? own : key->scheme;
}

struct evaluation match_evaluate(struct arena *a, const struct match_key *key, const struct package *p,
                                 const struct advisory_affected *affected, bool explain)
{
    if (affected->fix == FIX_NOT_AFFECTED)
        return (struct evaluation){.fix = FIX_NOT_AFFECTED,
                                   .reason = STR("the publisher states it is not affected")};
    const char *other = other_build(key, p, affected);
    if (other)
        return (struct evaluation){.fix = affected->fix, .reason = str_from(other)};

    const struct version_scheme *scheme = scheme_of(key, affected);
    struct evaluation found = {.fix = affected->fix};
    for (size_t i = 0; i < affected->n_ranges; i++) {
        const struct advisory_range *r = &affected->ranges[i];
        enum answer answer = in_range(scheme, key->version, r);
        if (answer == YES)
            return (struct evaluation){.affected = true,
                                       .fix = r->fixed.n ? FIX_FIXED : affected->fix,
                                       .fixed = r->fixed,
                                       .reason = describe(a, r)};
        if (answer == UNDECIDED) {
            found.unknown = true;
            found.reason = arena_printf(a, "'%.*s' cannot be compared with '%.*s' as %s",
                                        STR_ARG(key->version), STR_ARG(describe(a, r)), scheme->name);
        }
    }
    struct evaluation by_list = listed(a, key, affected);
    if (by_list.affected)
        return by_list;
    if (!affected->n_ranges && !affected->n_versions) {
        found.unknown = true;
        found.reason = STR("the advisory names no versions");
    }
    if (!found.unknown && explain)
        found.reason = all_ranges(a, affected);
    return found;
}
