/* Every scheme on any bytes. The first byte picks the scheme; lines: version, version, range. Order must be
 * antisymmetric, a version equal to itself and to its normal form. */
#include <stdint.h>
#include <stdlib.h>

#include "version/constraint.h"
#include "version/dialect.h"
#include "version/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_order(const struct version_scheme *scheme, struct str a, struct str b)
{
    int forth, back, self;
    bool parsed = version_compare(scheme, a, b, &forth) == 0;
    if (parsed != (version_compare(scheme, b, a, &back) == 0))
        abort();
    if (parsed && (forth != -back || forth < -1 || forth > 1))
        abort();
    if (version_compare(scheme, a, a, &self) == 0 && self != 0)
        abort();
}

static void check_canonical(const struct version_scheme *scheme, struct str version)
{
    char text[2 * VERSION_MAX + 64];
    int order;
    if (version_canonical(scheme, version, text, sizeof text) < 0 || strlen(text) > VERSION_MAX)
        return;
    if (version_compare(scheme, version, str_from(text), &order) < 0)
        abort();
    /* Composer reads its normal form of a date, 2010.01.02, as three numbers of which a fourth is missing. */
    if (order != 0 && strcmp(scheme->name, "composer"))
        abort();
}

static void check_ranges(const struct version_scheme *scheme, struct str version, struct str range)
{
    struct constraint_lists lists = {
        .vulnerable = &range, .n_vulnerable = 1, .patched = &version, .n_patched = 1};
    bool holds;
    version_satisfies(scheme, version, range, &holds);
    version_covers(scheme, version, range, &holds);
    constraint_vulnerable(scheme, version, &lists, &holds);
    for (const struct version_dialect *d = version_dialects; d->name; d++)
        if (version.n <= VERSION_MAX && range.n <= RANGE_MAX)
            d->satisfies(version, range, &holds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    size_t n = 0;
    while (version_schemes[n])
        n++;
    const struct version_scheme *scheme = version_schemes[data[0] % n];
    struct str rest = {(const char *)data + 1, size - 1}, a = {0}, b = {0}, range = {0};
    str_next(&rest, '\n', &a);
    str_next(&rest, '\n', &b);
    str_next(&rest, '\n', &range);
    check_order(scheme, a, b);
    check_canonical(scheme, a);
    check_ranges(scheme, a, range);
    return 0;
}
