/* Until when releases are supported. The dates, by publisher:
 *
 * - Debian, Ubuntu: the package distro-info-data (wiki.debian.org/LTS, ubuntu.com/about/release-cycle)
 * - Alpine: alpinelinux.org/releases
 * - Amazon Linux: the FAQs of AL1 and AL2; AL2023's release cadence (end of maintenance)
 * - Red Hat: access.redhat.com/support/policy/updates/errata (end of maintenance; end of ELS)
 * - CentOS: centos.org/centos-linux-eol, centos.org/cl-vs-cs
 * - AlmaLinux: wiki.almalinux.org/release-notes
 * - Rocky Linux: wiki.rockylinux.org/rocky/version
 * - Oracle: Lifetime Support Policy, Oracle Linux (premier; extended)
 * - SUSE: suse.com/lifecycle (general; LTSS); openSUSE: en.opensuse.org/Lifetime
 * - Photon: vmware.github.io/photon
 */
#include "ecosystem/os_eol.h"

#include "base/time.h"

#define CENTOS_STREAM "centos stream"

static const struct {
    const char *family, *name, *url;
    bool extended_is_public; /* what is fixed beyond the end for everybody is in the same advisories */
} publishers[] = {
    {"almalinux", "AlmaLinux", "https://wiki.almalinux.org/release-notes/", false},
    {"alpine", "Alpine Linux", "https://alpinelinux.org/releases/", false},
    {"amzn", "Amazon Linux", "https://aws.amazon.com/amazon-linux-2/faqs/", false},
    {"centos", "CentOS Linux", "https://www.centos.org/centos-linux-eol/", false},
    {CENTOS_STREAM, "CentOS Stream", "https://www.centos.org/cl-vs-cs/", false},
    {"debian", "Debian", "https://wiki.debian.org/LTS", true},
    {"ol", "Oracle Linux", "https://www.oracle.com/a/ocom/docs/elsp-lifetime-069338.pdf", false},
    {"opensuse-leap", "openSUSE Leap", "https://en.opensuse.org/Lifetime", false},
    {"photon", "Photon OS", "https://vmware.github.io/photon/", false},
    {"rhel", "Red Hat Enterprise Linux", "https://access.redhat.com/support/policy/updates/errata", false},
    {"rocky", "Rocky Linux", "https://wiki.rockylinux.org/rocky/version/", false},
    {"sles", "SUSE Linux Enterprise Server", "https://www.suse.com/lifecycle", false},
    {"ubuntu", "Ubuntu", "https://ubuntu.com/about/release-cycle", true},
};

/* A version stands for itself and for what follows it after a dot: "8" for "8.10". */
static const struct {
    const char *family, *version, *ends, *extended;
} rows[] = {
    {"almalinux", "8", "2029-03-01", NULL},
    {"almalinux", "9", "2032-05-31", NULL},
    {"almalinux", "10", "2035-05-31", NULL},
    {"alpine", "3.0", "2016-05-01", NULL},
    {"alpine", "3.1", "2016-11-01", NULL},
    {"alpine", "3.2", "2017-05-01", NULL},
    {"alpine", "3.3", "2017-11-01", NULL},
    {"alpine", "3.4", "2018-05-01", NULL},
    {"alpine", "3.5", "2018-11-01", NULL},
    {"alpine", "3.6", "2019-05-01", NULL},
    {"alpine", "3.7", "2019-11-01", NULL},
    {"alpine", "3.8", "2020-05-01", NULL},
    {"alpine", "3.9", "2020-11-01", NULL},
    {"alpine", "3.10", "2021-05-01", NULL},
    {"alpine", "3.11", "2021-11-01", NULL},
    {"alpine", "3.12", "2022-05-01", NULL},
    {"alpine", "3.13", "2022-11-01", NULL},
    {"alpine", "3.14", "2023-05-01", NULL},
    {"alpine", "3.15", "2023-11-01", NULL},
    {"alpine", "3.16", "2024-05-23", NULL},
    {"alpine", "3.17", "2024-11-22", NULL},
    {"alpine", "3.18", "2025-05-09", NULL},
    {"alpine", "3.19", "2025-11-01", NULL},
    {"alpine", "3.20", "2026-04-01", NULL},
    {"alpine", "3.21", "2026-11-01", NULL},
    {"alpine", "3.22", "2027-05-01", NULL},
    {"amzn", "2016", "2023-12-31", NULL},
    {"amzn", "2017", "2023-12-31", NULL},
    {"amzn", "2018", "2023-12-31", NULL},
    {"amzn", "2", "2026-06-30", NULL},
    {"amzn", "2023", "2029-06-30", NULL},
    {"centos", "5", "2017-03-31", NULL},
    {"centos", "6", "2020-11-30", NULL},
    {"centos", "7", "2024-06-30", NULL},
    {"centos", "8", "2021-12-31", NULL},
    {"centos stream", "8", "2024-05-31", NULL},
    {"centos stream", "9", "2027-05-31", NULL},
    {"debian", "6", "2014-05-31", "2016-02-29"},
    {"debian", "7", "2016-04-25", "2018-05-31"},
    {"debian", "8", "2018-06-17", "2020-06-30"},
    {"debian", "9", "2020-07-18", "2022-06-30"},
    {"debian", "10", "2022-09-10", "2024-06-30"},
    {"debian", "11", "2024-08-14", "2026-08-31"},
    {"debian", "12", "2026-07-11", "2028-06-30"},
    {"debian", "13", "2028-08-09", "2030-06-30"},
    {"ol", "5", "2017-06-30", "2020-11-30"},
    {"ol", "6", "2021-03-31", "2024-12-31"},
    {"ol", "7", "2024-12-31", "2028-06-30"},
    {"ol", "8", "2029-07-31", "2032-07-31"},
    {"ol", "9", "2032-06-30", "2035-06-30"},
    {"opensuse-leap", "42.3", "2019-06-30", NULL},
    {"opensuse-leap", "15.0", "2019-12-03", NULL},
    {"opensuse-leap", "15.1", "2021-02-02", NULL},
    {"opensuse-leap", "15.2", "2022-01-04", NULL},
    {"opensuse-leap", "15.3", "2022-12-31", NULL},
    {"opensuse-leap", "15.4", "2023-12-07", NULL},
    {"opensuse-leap", "15.5", "2024-12-31", NULL},
    {"photon", "1.0", "2022-02-28", NULL},
    {"photon", "2.0", "2022-12-31", NULL},
    {"photon", "3.0", "2024-03-01", NULL},
    {"rhel", "5", "2017-03-31", "2020-11-30"},
    {"rhel", "6", "2020-11-30", "2024-06-30"},
    {"rhel", "7", "2024-06-30", "2028-06-30"},
    {"rhel", "8", "2029-05-31", "2032-05-31"},
    {"rhel", "9", "2032-05-31", "2035-05-31"},
    {"rhel", "10", "2035-05-31", "2038-05-31"},
    {"rocky", "8", "2029-05-31", NULL},
    {"rocky", "9", "2032-05-31", NULL},
    {"rocky", "10", "2035-05-31", NULL},
    {"sles", "12.3", "2019-06-30", "2022-06-30"},
    {"sles", "12.4", "2020-06-30", "2023-06-30"},
    {"sles", "12.5", "2024-10-31", "2027-10-31"},
    {"sles", "15.1", "2021-01-31", "2024-01-31"},
    {"sles", "15.2", "2021-12-31", "2024-12-31"},
    {"sles", "15.3", "2022-12-31", "2025-12-31"},
    {"sles", "15.4", "2023-12-31", "2026-12-31"},
    {"sles", "15.5", "2024-12-31", "2027-12-31"},
    {"sles", "15.6", "2025-12-31", "2028-12-31"},
    {"ubuntu", "12.04", "2017-04-28", "2019-04-26"},
    {"ubuntu", "14.04", "2019-04-25", "2026-04-28"},
    {"ubuntu", "16.04", "2021-04-30", "2028-04-25"},
    {"ubuntu", "18.04", "2023-05-31", "2030-04-30"},
    {"ubuntu", "20.04", "2025-05-29", "2032-04-27"},
    {"ubuntu", "22.04", "2027-06-01", "2034-04-25"},
    {"ubuntu", "24.04", "2029-05-31", "2036-04-29"},
    {"ubuntu", "26.04", "2031-05-29", "2038-04-27"},
};

static bool version_fits(struct str version, const char *row)
{
    struct str prefix = str_from(row);
    return str_starts(version, prefix) && (version.n == prefix.n || version.p[prefix.n] == '.');
}

static int64_t end_of_day(const char *date)
{
    return time_parse_or_none(str_from(date)) + 24 * 60 * 60 - 1;
}

static bool is_stream(const struct os *os)
{
    return str_find_str(os->name, STR("Stream")) >= 0;
}

static void describe(size_t row, struct os_support *ret_support)
{
    const char *extended = rows[row].extended ? rows[row].extended : rows[row].ends;
    size_t i = 0;
    while (strcmp(publishers[i].family, rows[row].family) != 0)
        i++;
    *ret_support = (struct os_support){
        .ends = end_of_day(rows[row].ends),
        .extended = end_of_day(extended),
        .fixes = end_of_day(publishers[i].extended_is_public ? extended : rows[row].ends),
        .name = publishers[i].name,
        .version = rows[row].version,
        .url = publishers[i].url,
    };
}

bool os_support_at(size_t i, struct os *ret_os, struct os_support *ret_support)
{
    if (i >= sizeof rows / sizeof *rows)
        return false;
    *ret_os = (struct os){.family = str_from(rows[i].family), .version = str_from(rows[i].version)};
    if (str_is(ret_os->family, CENTOS_STREAM))
        ret_os->family = STR("centos");
    describe(i, ret_support);
    return true;
}

bool os_support_find(const struct os *os, struct os_support *ret_support)
{
    struct str family = os->family;
    if (str_is(family, "centos") && is_stream(os))
        family = STR(CENTOS_STREAM); /* os-release gives both the same ID and version */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_is(family, rows[i].family) && version_fits(os->version, rows[i].version)) {
            describe(i, ret_support);
            return true;
        }
    return false;
}
