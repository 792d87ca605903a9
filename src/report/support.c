/* Sources: the publishers' life cycle pages (wiki.debian.org/LTS, ubuntu.com/about/release-cycle,
 * alpinelinux.org/releases, aws.amazon.com/amazon-linux, access.redhat.com/support/policy/updates/errata,
 * rockylinux.org, almalinux.org, docs.fedoraproject.org, en.opensuse.org/Lifetime). Debian counts its free
 * long-term support; Ubuntu's paid one is not counted. */
#include "report/support.h"

#include "base/time.h"

static const struct {
    const char *family, *version, *last_day;
} ends[] = {
    {"debian", "7", "2018-05-31"},
    {"debian", "8", "2020-06-30"},
    {"debian", "9", "2022-06-30"},
    {"debian", "10", "2024-06-30"},
    {"debian", "11", "2026-08-31"},
    {"debian", "12", "2028-06-30"},
    {"debian", "13", "2030-06-30"},
    {"ubuntu", "14.04", "2019-04-25"},
    {"ubuntu", "16.04", "2021-04-30"},
    {"ubuntu", "18.04", "2023-05-31"},
    {"ubuntu", "20.04", "2025-05-31"},
    {"ubuntu", "22.04", "2027-04-30"},
    {"ubuntu", "24.04", "2029-04-30"},
    {"ubuntu", "23.04", "2024-01-25"},
    {"ubuntu", "23.10", "2024-07-11"},
    {"ubuntu", "24.10", "2025-07-10"},
    {"alpine", "3.8", "2020-05-01"},
    {"alpine", "3.9", "2020-11-01"},
    {"alpine", "3.10", "2021-05-01"},
    {"alpine", "3.11", "2021-11-01"},
    {"alpine", "3.12", "2022-05-01"},
    {"alpine", "3.13", "2022-11-01"},
    {"alpine", "3.14", "2023-05-01"},
    {"alpine", "3.15", "2023-11-01"},
    {"alpine", "3.16", "2024-05-23"},
    {"alpine", "3.17", "2024-11-22"},
    {"alpine", "3.18", "2025-05-09"},
    {"alpine", "3.19", "2025-11-01"},
    {"alpine", "3.20", "2026-04-01"},
    {"alpine", "3.21", "2026-11-01"},
    {"alpine", "3.22", "2027-05-01"},
    {"amzn", "2018", "2023-12-31"},
    {"amzn", "2", "2026-06-30"},
    {"centos", "6", "2020-11-30"},
    {"centos", "7", "2024-06-30"},
    {"rhel", "6", "2020-11-30"},
    {"rhel", "7", "2024-06-30"},
    {"rhel", "8", "2029-05-31"},
    {"rhel", "9", "2032-05-31"},
    {"rocky", "8", "2029-05-31"},
    {"rocky", "9", "2032-05-31"},
    {"almalinux", "8", "2029-03-01"},
    {"almalinux", "9", "2032-05-31"},
    {"ol", "7", "2024-12-31"},
    {"fedora", "38", "2024-05-21"},
    {"fedora", "39", "2024-11-26"},
    {"fedora", "40", "2025-05-13"},
    {"opensuse-leap", "15.4", "2023-12-07"},
    {"opensuse-leap", "15.5", "2024-12-31"},
};

/* 3.19 stands for 3.19.1, but 3.1 does not stand for 3.19. */
static bool is_release(struct str version, struct str release)
{
    return str_starts(version, release) && (version.n == release.n || version.p[release.n] == '.');
}

int64_t support_end(const struct os *os)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_is(os->family, ends[i].family) && is_release(os->version, str_from(ends[i].version)))
            return time_parse_or_none(str_from(ends[i].last_day));
    return TIME_NONE;
}
