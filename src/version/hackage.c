/* Haskell package versions: numbers between dots; a version that goes on is the later one. Haskell Package
 * Versioning Policy; Data.Version. */
#include "version/part.h"
#include "version/version.h"

static int check(struct str version)
{
    struct str s = version;
    do {
        if (!take_digits(&s).n)
            return version_invalid("hackage", version, "not numbers between dots");
    } while (take_c(&s, '.'));
    return s.n ? version_invalid("hackage", version, "not numbers between dots") : 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    int status = check(a);
    if (status == 0)
        status = check(b);
    if (status < 0)
        return status;
    int order = 0;
    while (!order && a.n && b.n) {
        struct str pa = take_until(&a, '.'), pb = take_until(&b, '.');
        order = digits_compare(pa, pb);
    }
    *ret_order = order ? order : (a.n > 0) - (b.n > 0);
    return 0;
}

const struct version_scheme version_hackage = {
    .name = "hackage",
    .aliases = "haskell,Hackage,GHC",
    .compare = compare,
};
