/* Whole rpm package names: name-[epoch:]version-release[.architecture], in the order of name, epoch, version,
 * release and architecture. */
#include "version/part.h"
#include "version/rpmvercmp.h"
#include "version/version.h"

struct nevra {
    struct str name, arch;
    struct rpm_evr evr;
};

static bool is_arch(struct str s)
{
    static const char *const arches[] = {"noarch", "src",     "nosrc",   "x86_64",  "aarch64",    "i386",
                                         "i486",   "i586",    "i686",    "ppc64le", "ppc64",      "ppc",
                                         "s390x",  "s390",    "armv7hl", "armv6hl", "armhfp",     "riscv64",
                                         "ia64",   "sparc64", "alpha",   "mips64",  "loongarch64"};
    for (size_t i = 0; i < sizeof arches / sizeof *arches; i++)
        if (str_is(s, arches[i]))
            return true;
    return false;
}

static int parse(struct str text, struct nevra *ret)
{
    struct nevra v = {0};
    struct str s = str_trim(text);
    ptrdiff_t dot = str_rfind(s, '.');
    if (dot >= 0 && is_arch(skip(s, (size_t)dot + 1))) {
        v.arch = skip(s, (size_t)dot + 1);
        s.n = (size_t)dot;
    }
    ptrdiff_t release = str_rfind(s, '-');
    if (release <= 0)
        return version_invalid("rpm-nevra", text, "not name-[epoch:]version-release[.architecture]");
    ptrdiff_t version = str_rfind(str_slice(s, 0, (size_t)release), '-');
    v.name = str_slice(s, 0, version < 0 ? 0 : (size_t)version);
    v.evr = rpm_evr_cut(skip(s, (size_t)(version + 1)));
    if (!v.evr.version.n || !v.evr.release.n)
        return version_invalid("rpm-nevra", text, "not name-[epoch:]version-release[.architecture]");
    *ret = v;
    return 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct nevra va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status < 0)
        return status;
    int order = sign(str_cmp(va.name, vb.name));
    if (!order)
        order = rpm_evr_compare(&va.evr, &vb.evr);
    *ret_order = order ? order : sign(str_cmp(va.arch, vb.arch));
    return 0;
}

const struct version_scheme version_rpm_nevra = {
    .name = "rpm-nevra",
    .compare = compare,
};
