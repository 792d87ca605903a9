#include "version/version.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/map.h"
#include "version/constraint.h"
#include "version/part.h"

int version_invalid(const char *scheme, struct str version, const char *why)
{
    struct str shown = {version.p, version.n > 200 ? 200 : version.n};
    return err_set(ERR_INVALID, "%s version '%.*s': %s", scheme, STR_ARG(shown), why);
}

int version_put(const struct buf *text, char *ret_text, size_t size)
{
    if (buf_status(text) < 0 || text->n >= size)
        return err_set(ERR_LIMIT, "normal form of a version longer than %zu bytes", size);
    if (text->n)
        memcpy(ret_text, text->p, text->n);
    ret_text[text->n] = '\0';
    return 0;
}

/* Asked for each package and each entry that may be about it, so by hash. */
static struct map schemes;

static void index_schemes(void)
{
    for (const struct version_scheme *const *s = version_schemes; *s; s++) {
        struct str aliases = str_from((*s)->aliases), alias;
        map_set(&schemes, str_from((*s)->name), (void *)(uintptr_t)*s);
        while (str_next(&aliases, ',', &alias))
            map_set(&schemes, alias, (void *)(uintptr_t)*s);
    }
}

const struct version_scheme *version_scheme_find(struct str name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, index_schemes);
    return map_get(&schemes, name);
}

static int check_length(const struct version_scheme *scheme, struct str version)
{
    if (version.n > VERSION_MAX)
        return err_set(ERR_LIMIT, "%s version longer than %d bytes: '%.40s...'", scheme->name, VERSION_MAX,
                       version.p);
    return 0;
}

int version_compare(const struct version_scheme *scheme, struct str a, struct str b, int *ret_order)
{
    int status = check_length(scheme, a);
    if (status == 0)
        status = check_length(scheme, b);
    return status < 0 ? status : scheme->compare(a, b, ret_order);
}

static int in_range(const struct version_scheme *scheme, int (*language)(struct str, struct str, bool *),
                    struct str version, struct str range, bool *ret_in)
{
    int status = check_length(scheme, version);
    if (status < 0)
        return status;
    if (range.n > RANGE_MAX)
        return err_set(ERR_LIMIT, "%s range longer than %d bytes", scheme->name, RANGE_MAX);
    if (constraint_is_vers(range))
        return constraint_vers(version, range, ret_in);
    return language ? language(version, range, ret_in) : constraint_list(scheme, version, range, ret_in);
}

int version_satisfies(const struct version_scheme *scheme, struct str version, struct str range,
                      bool *ret_satisfied)
{
    return in_range(scheme, scheme->satisfies, version, range, ret_satisfied);
}

int version_covers(const struct version_scheme *scheme, struct str version, struct str range,
                   bool *ret_covered)
{
    return in_range(scheme, scheme->covers ? scheme->covers : scheme->satisfies, version, range, ret_covered);
}

int version_canonical(const struct version_scheme *scheme, struct str version, char *ret_text, size_t size)
{
    if (!scheme->canonical)
        return err_set(ERR_UNSUPPORTED, "%s versions have no normal form", scheme->name);
    int status = check_length(scheme, version);
    return status < 0 ? status : scheme->canonical(version, ret_text, size);
}

bool version_valid(const struct version_scheme *scheme, struct str version)
{
    int order;
    return version_compare(scheme, version, version, &order) == 0;
}
