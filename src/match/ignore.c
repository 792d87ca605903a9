/* Rules of people to ignore findings: TOML, one [[ignore]] table a rule. All that a rule states must fit. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/toml.h"
#include "match/match.h"

enum { RULES_BYTES = 4 << 20 };

struct rule {
    struct str id, package, path, reason; /* id and package: shell-like patterns; path: as str_glob() */
    int64_t expires; /* first second at which the rule no longer counts; TIME_NONE: never */
};

static bool fits(struct str pattern, struct str value)
{
    return !pattern.n || str_glob(pattern, value);
}

static bool fits_id(const struct rule *r, const struct finding *f)
{
    if (fits(r->id, f->id))
        return true;
    for (size_t i = 0; i < f->n_aliases; i++)
        if (fits(r->id, f->aliases[i]))
            return true;
    return false;
}

static int read_rule(const struct toml *table, const char *file, size_t number, struct rule *ret_rule)
{
    struct rule r = {.expires = TIME_NONE};
    toml_each(member, table)
    {
        /* A member that was passed over would widen the rule. */
        struct str text = member->text;
        if (member->type != TOML_STRING && member->type != TOML_TIME)
            return err_set(ERR_INVALID, "%s: rule %zu: '%.*s' is no text", file, number,
                           STR_ARG(member->key));
        if (!text.n)
            return err_set(ERR_INVALID, "%s: rule %zu: '%.*s' is empty", file, number, STR_ARG(member->key));
        if (str_is(member->key, "id"))
            r.id = text;
        else if (str_is(member->key, "package"))
            r.package = text;
        else if (str_is(member->key, "path"))
            r.path = text;
        else if (str_is(member->key, "reason"))
            r.reason = text;
        else if (!str_is(member->key, "expires"))
            return err_set(ERR_INVALID,
                           "%s: rule %zu: no such member '%.*s' (id, package, path, expires, reason)", file,
                           number, STR_ARG(member->key));
        else if (time_parse(text, &r.expires) < 0)
            return err_context(ERR_INVALID, "%s: rule %zu: expires", file, number);
    }
    if (!r.id.n && !r.package.n && !r.path.n)
        return err_set(ERR_INVALID, "%s: rule %zu names no id, package or path: it would ignore everything",
                       file, number);
    if (!r.reason.n)
        return err_set(ERR_INVALID, "%s: rule %zu gives no reason", file, number);
    *ret_rule = r;
    return 0;
}

/* A table with another name would be a rule that does nothing, and nobody the wiser. */
static int check_root(const struct toml *root, const char *file)
{
    toml_each(member, root)
    {
        if (!str_is(member->key, "ignore"))
            return err_set(ERR_INVALID, "%s: '%.*s' is not known: each rule begins with [[ignore]]", file,
                           STR_ARG(member->key));
        if (member->type != TOML_ARRAY || (member->first && member->first->type != TOML_TABLE))
            return err_set(ERR_INVALID, "%s: each rule begins with [[ignore]]", file);
    }
    return 0;
}

/* "lodash", "@babel/traverse", "org.apache.commons:commons-text", or the source package that reports name. */
static bool fits_package(struct arena *a, const struct rule *r, const struct package *p)
{
    if (fits(r->package, p->name) || (p->source.n && fits(r->package, p->source)))
        return true;
    if (!p->namespace.n)
        return false;
    char separator = str_is(p->type, "maven") ? ':' : '/';
    return fits(r->package,
                arena_printf(a, "%.*s%c%.*s", STR_ARG(p->namespace), separator, STR_ARG(p->name)));
}

static void apply(struct arena *a, struct findings *f, const struct inventory *inv, const struct rule *r)
{
    vec_each(finding, &f->findings)
    {
        const struct package *p = &inv->packages.at[finding->package];
        if (!finding->ignored.n && fits_id(r, finding) && fits(r->path, p->path) && fits_package(a, r, p))
            finding->ignored = arena_str(f->arena, r->reason);
    }
}

int match_ignore(struct findings *f, const struct inventory *inv, const char *path, int64_t now,
                 size_t *ret_expired)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str text;
    const struct toml *root;
    int status = file_read(a, path, RULES_BYTES, &text);
    if (status < 0)
        return status;
    status = toml_parse(a, text, &root);
    if (status < 0)
        return err_context(status, "%s", path);
    status = check_root(root, path);
    if (status < 0)
        return status;
    size_t number = 0, expired = 0;
    toml_each(t, toml_get(root, "ignore"))
    {
        struct rule r = {0};
        status = read_rule(t, path, ++number, &r);
        if (status < 0)
            return status;
        if (r.expires != TIME_NONE && r.expires <= now)
            expired++;
        else
            apply(a, f, inv, &r);
    }
    if (ret_expired)
        *ret_expired = expired;
    return 0;
}
