/* R package versions: numbers between dots or hyphens, which are the same. Writing R Extensions, "The
 * DESCRIPTION file"; ?package_version. A version that goes on is the later one: 0.1.0 < 0.1.0.0. */
#include "version/part.h"
#include "version/version.h"

static int check(struct str version)
{
    struct str s = str_trim(version);
    do {
        if (!take_digits(&s).n)
            return version_invalid("cran", version, "not numbers between dots and hyphens");
    } while (take_c(&s, '.') || take_c(&s, '-'));
    return s.n ? version_invalid("cran", version, "not numbers between dots and hyphens") : 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    int status = check(a);
    if (status == 0)
        status = check(b);
    if (status < 0)
        return status;
    a = str_trim(a);
    b = str_trim(b);
    int order = 0;
    while (!order && a.n && b.n) {
        struct str da = take_digits(&a), db = take_digits(&b);
        order = digits_compare(da, db);
        a = skip(a, a.n > 0);
        b = skip(b, b.n > 0);
    }
    *ret_order = order ? order : (a.n > 0) - (b.n > 0);
    return 0;
}

const struct version_scheme version_cran = {
    .name = "cran",
    .aliases = "r,CRAN,Bioconductor",
    .compare = compare,
};
