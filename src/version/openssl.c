/* OpenSSL versions: 1.1.1w, where letters are patch releases (z, za, zb, ...), and since 3.0 semantic
 * versions. OpenSSL, "Release Strategy" and "Versioning Scheme". */
#include "version/part.h"
#include "version/semver.h"
#include "version/version.h"

struct openssl {
    struct str numbers[3], letters, pre;
};

static int parse(struct str version, struct openssl *ret)
{
    struct str s = str_trim(version);
    struct openssl v = {0};
    for (int i = 0; i < 3; i++) {
        v.numbers[i] = take_digits(&s);
        if (!v.numbers[i].n)
            return version_invalid("openssl", version, "a number is missing");
        if (i == 2 || !take_c(&s, '.'))
            break;
    }
    v.letters = take_alphas(&s);
    if (take_c(&s, '+'))
        s.n = 0;
    bool pre = take_c(&s, '-');
    if (pre ? !s.n || !only_alnum_or(s, ".-") : s.n > 0)
        return version_invalid("openssl", version, "not in the form of OpenSSL's versions");
    /* "-fips" names a build, not an earlier version */
    v.pre = str_is(s, "fips") ? (struct str){0} : s;
    *ret = v;
    return 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct openssl va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status < 0)
        return status;
    int order = 0;
    for (int i = 0; !order && i < 3; i++)
        order = digits_compare(va.numbers[i], vb.numbers[i]);
    if (!order)
        order = (va.letters.n > vb.letters.n) - (va.letters.n < vb.letters.n);
    if (!order)
        order = icompare(va.letters, vb.letters);
    if (!order)
        order = va.pre.n && vb.pre.n ? natural_compare(va.pre, vb.pre) : (vb.pre.n > 0) - (va.pre.n > 0);
    *ret_order = order;
    return 0;
}

const struct version_scheme version_openssl = {
    .name = "openssl",
    .compare = compare,
};
