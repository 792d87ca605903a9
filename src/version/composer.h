/* Composer's normal form, which its order and its ranges work on. */
#ifndef ASSAY_VERSION_COMPOSER_H
#define ASSAY_VERSION_COMPOSER_H

#include "version/version.h"

/* Longer than any normal form of a version of VERSION_MAX bytes. */
enum { COMPOSER_MAX = VERSION_MAX + 64 };

struct composer {
    size_t n;
    char text[COMPOSER_MAX]; /* "1.0.0.0-beta2", "dev-main"; not NUL-terminated */
};

static inline struct str composer_str(const struct composer *v)
{
    return (struct str){v->text, v->n};
}

/* ERR_INVALID: Composer would refuse it. */
int composer_normalise(struct str version, struct composer *ret);
/* The order of PHP's version_compare(), for any text. */
int composer_order(struct str a, struct str b);
int composer_satisfies(struct str version, struct str range, bool *ret_satisfied);

#endif
