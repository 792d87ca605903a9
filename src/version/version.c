#include "version/version.h"

#include "base/err.h"

const struct version_scheme *version_scheme_find(struct str name)
{
    for (const struct version_scheme *const *s = version_schemes; *s; s++) {
        if (str_is(name, (*s)->name))
            return *s;
        struct str aliases = str_from((*s)->aliases), alias;
        while (str_next(&aliases, ' ', &alias))
            if (str_eq(name, alias))
                return *s;
    }
    return NULL;
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

int version_satisfies(const struct version_scheme *scheme, struct str version, struct str range,
                      bool *ret_satisfied)
{
    if (!scheme->satisfies)
        return err_set(ERR_UNSUPPORTED, "%s versions have no range language", scheme->name);
    int status = check_length(scheme, version);
    return status < 0 ? status : scheme->satisfies(version, range, ret_satisfied);
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
