/* Debian versions: [epoch:]upstream[-revision]. Debian Policy 5.6.12, deb-version(7). */
#include "version/part.h"
#include "version/version.h"

struct deb {
    struct str epoch, upstream, revision;
};

static int parse(struct str version, struct deb *ret)
{
    struct str s = str_trim(version);
    ptrdiff_t colon = -1, hyphen = -1;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        /* the underscore is no part of the policy, but of versions in use outside of Debian's archive */
        if (is_alnum(c) || c == '.' || c == '+' || c == '~' || c == '_')
            continue;
        if (c == '-')
            hyphen = (ptrdiff_t)i;
        else if (c != ':')
            return version_invalid("deb", version, "a character that Debian versions do not have");
        else if (colon < 0)
            colon = (ptrdiff_t)i;
    }
    struct deb v = {.upstream = s};
    if (colon >= 0) {
        v.epoch = str_slice(s, 0, (size_t)colon);
        if (!all_digits(v.epoch))
            return version_invalid("deb", version, "the epoch is not a number");
        v.upstream = skip(s, (size_t)colon + 1);
    }
    if (hyphen > colon) {
        v.upstream.n = (size_t)(s.p + hyphen - v.upstream.p);
        v.revision = skip(s, (size_t)hyphen + 1);
        if (!v.revision.n)
            return version_invalid("deb", version, "the revision is empty");
    } else if (hyphen >= 0) {
        return version_invalid("deb", version, "the epoch is not a number");
    }
    if (!v.upstream.n)
        return version_invalid("deb", version, "the upstream version is empty");
    *ret = v;
    return 0;
}

/* A tilde sorts before the end, the end (and digits) before letters, letters before everything else. */
static inline int weight(struct str s)
{
    if (!s.n || is_digit(s.p[0]))
        return 0;
    return s.p[0] == '~' ? -1 : is_alpha(s.p[0]) ? s.p[0] : s.p[0] + 256;
}

/* Alternating runs of non-digits by weight and digits by value. */
static int compare_part(struct str a, struct str b)
{
    while (a.n || b.n) {
        int wa, wb;
        while ((wa = weight(a)) | (wb = weight(b))) {
            if (wa != wb)
                return wa < wb ? -1 : 1;
            a = skip(a, 1);
            b = skip(b, 1);
        }
        struct str da = take_digits(&a), db = take_digits(&b);
        int order = digits_compare(da, db);
        if (order)
            return order;
    }
    return 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct deb va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status < 0)
        return status;
    int order = digits_compare(va.epoch, vb.epoch);
    if (!order)
        order = compare_part(va.upstream, vb.upstream);
    if (!order)
        order = compare_part(va.revision, vb.revision);
    *ret_order = order;
    return 0;
}

const struct version_scheme version_deb = {
    .name = "deb",
    .aliases = "dpkg,debian,ubuntu,Debian,Ubuntu,Echo,Pardus",
    .compare = compare,
};
