/* rpm versions: [epoch:]version[-release]. A missing epoch is 0; a missing release sorts before any. */
#include "version/part.h"
#include "version/rpmvercmp.h"
#include "version/version.h"

static int parse(struct str version, struct rpm_evr *ret)
{
    struct str s = str_trim(version);
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
            return version_invalid("rpm", version, "a blank or control character");
    struct rpm_evr v = rpm_evr_cut(s);
    if (!v.version.n)
        return version_invalid("rpm", version, "the version is empty");
    *ret = v;
    return 0;
}

static int compare(struct str a, struct str b, int *ret_order)
{
    struct rpm_evr va, vb;
    int status = parse(a, &va);
    if (status == 0)
        status = parse(b, &vb);
    if (status == 0)
        *ret_order = rpm_evr_compare(&va, &vb);
    return status;
}

const struct version_scheme version_rpm = {
    .name = "rpm",
    .aliases =
        "redhat,AlmaLinux,Amazon Linux,Azure Linux,CentOS,Fedora,Mageia,openEuler,openSUSE,Oracle Linux,"
        "Photon OS,Red Hat,Rocky Linux,SUSE",
    .compare = compare,
};
