/* The operating system: os-release(5), and what distributions wrote before it.
 *
 * Each file makes a claim with a rank; inventory_claim_os() takes the strongest, so the order of the walk
 * does not count. os-release is strongest, then the distribution's own file, then the one that derived
 * distributions also carry: CentOS, Oracle and the others all have a redhat-release, Ubuntu a debian_version.
 */
#include "base/err.h"
#include "ecosystem/ecosystem.h"

enum { OS_FILE_MAX = 64 * 1024 };

/* Takes the quotes off a value as a shell would: os-release(5) allows single quotes, double quotes, and the
 * escapes of double quotes. */
static struct str unquote(struct arena *a, struct str value)
{
    value = str_trim(value);
    if (!value.n || (value.p[0] != '"' && value.p[0] != '\''))
        return value;
    char quote = value.p[0];
    char *out = arena_alloc(a, value.n);
    size_t n = 0;
    for (size_t i = 1; i < value.n && value.p[i] != quote; i++) {
        if (value.p[i] == '\\' && quote == '"' && i + 1 < value.n)
            i++;
        out[n++] = value.p[i];
    }
    return (struct str){out, n};
}

struct assignment {
    const char *name;
    struct str *value;
};

/* Reads NAME=value lines; of repeated names the last counts, as in a shell. */
static void read_assignments(struct arena *a, struct str content, const struct assignment *wanted)
{
    struct str line, name, value;
    while (str_next(&content, '\n', &line)) {
        line = str_trim(line);
        if (!line.n || line.p[0] == '#' || !str_cut(line, '=', &name, &value))
            continue;
        for (const struct assignment *w = wanted; w->name; w++)
            if (str_is(name, w->name))
                *w->value = unquote(a, value);
    }
}

static bool read_os_release(struct arena *a, struct str content, struct os *os)
{
    struct str name = {NULL, 0};
    read_assignments(a, content,
                     (const struct assignment[]){{"ID", &os->family},
                                                 {"VERSION_ID", &os->version},
                                                 {"VERSION_CODENAME", &os->codename},
                                                 {"PRETTY_NAME", &os->name},
                                                 {"NAME", &name},
                                                 {"ID_LIKE", &os->like},
                                                 {NULL, NULL}});
    if (!os->name.n)
        os->name = name;
    os->family = arena_lower(a, os->family);
    return true;
}

static bool read_lsb_release(struct arena *a, struct str content, struct os *os)
{
    read_assignments(a, content,
                     (const struct assignment[]){{"DISTRIB_ID", &os->family},
                                                 {"DISTRIB_RELEASE", &os->version},
                                                 {"DISTRIB_CODENAME", &os->codename},
                                                 {"DISTRIB_DESCRIPTION", &os->name},
                                                 {NULL, NULL}});
    os->family = arena_lower(a, os->family);
    return os->family.n > 0;
}

/* "9.8" of a release; "trixie/sid" before it has a number. */
static bool read_debian_version(struct arena *a, struct str content, struct os *os)
{
    struct str text = str_trim(content), codename, rest;
    if (!text.n || str_find(text, '\n') >= 0 || str_find(text, ' ') >= 0)
        return false;
    os->family = STR("debian");
    if (is_digit(text.p[0]))
        os->version = text;
    else
        os->codename = str_cut(text, '/', &codename, &rest) ? codename : text;
    os->name = arena_printf(a, "Debian GNU/Linux %.*s", STR_ARG(text));
    return true;
}

static bool read_alpine_release(struct arena *a, struct str content, struct os *os)
{
    struct str text = str_trim(content);
    if (!text.n || !is_digit(text.p[0]) || str_find(text, '\n') >= 0)
        return false;
    os->family = STR("alpine");
    os->version = text;
    os->name = arena_printf(a, "Alpine Linux v%.*s", STR_ARG(text));
    return true;
}

static bool read_arch_release(struct arena *a, struct str content, struct os *os)
{
    (void)a, (void)content; /* an empty file: its presence says it */
    os->family = STR("arch");
    os->name = STR("Arch Linux");
    return true;
}

/* How the one-line release files begin, and the os-release ID of the same distribution; longer beginnings
 * first. */
static const struct {
    struct str begins, family;
} names[] = {
    {STR("Red Hat Enterprise Linux"), STR("rhel")},
    {STR("Red Hat Linux"), STR("redhat")}, /* 1995 to 2003, not the Enterprise Linux of the same numbers */
    {STR("CentOS"), STR("centos")},
    {STR("Fedora"), STR("fedora")},
    {STR("Oracle Linux"), STR("ol")},
    {STR("Enterprise Linux Enterprise Linux"), STR("ol")}, /* Oracle's, until 5.x */
    {STR("AlmaLinux"), STR("almalinux")},
    {STR("Rocky Linux"), STR("rocky")},
    {STR("Amazon Linux"), STR("amzn")},
    {STR("Scientific Linux"), STR("scientific")},
    {STR("CloudLinux"), STR("cloudlinux")},
    {STR("Virtuozzo"), STR("virtuozzo")},
    {STR("VMware Photon"), STR("photon")},
    {STR("CBL-Mariner"), STR("mariner")},
    {STR("Microsoft Azure Linux"), STR("azurelinux")},
    {STR("SUSE Linux Enterprise Desktop"), STR("sled")},
    {STR("SUSE Linux Enterprise"), STR("sles")},
    {STR("openSUSE"), STR("opensuse")},
    {STR("openEuler"), STR("openeuler")},
    {STR("Mageia"), STR("mageia")},
    {STR("Gentoo"), STR("gentoo")},
    {STR("Slackware"), STR("slackware")},
};

/* The first word that begins with a digit, or with 'v' and a digit. */
static struct str first_number(struct str line)
{
    struct str word;
    while (str_next(&line, ' ', &word)) {
        if (word.n > 1 && word.p[0] == 'v')
            word = str_slice(word, 1, word.n);
        if (word.n && is_digit(word.p[0]))
            return word;
    }
    return (struct str){NULL, 0};
}

/* "CentOS Linux release 7.9.2009 (Core)", "VMware Photon OS 4.0", "Slackware 14.2". */
static bool read_release_line(struct arena *a, struct str content, struct os *os)
{
    (void)a;
    struct str line = {NULL, 0};
    str_next(&content, '\n', &line);
    line = str_trim(line);
    for (size_t i = 0; i < sizeof names / sizeof *names && !os->family.n; i++)
        if (str_starts(line, names[i].begins))
            os->family = names[i].family;
    os->name = line;
    ptrdiff_t release = str_find_str(line, STR(" release "));
    os->version = first_number(release < 0 ? line : str_slice(line, (size_t)release + 9, line.n));
    return os->family.n > 0;
}

/* Before os-release SUSE put the numbers below the line, as "VERSION = 11" and "PATCHLEVEL = 4". */
static bool read_suse_release(struct arena *a, struct str content, struct os *os)
{
    if (!read_release_line(a, content, os))
        return false;
    struct str line, key, value, patch = {NULL, 0};
    while (str_next(&content, '\n', &line)) {
        if (!str_cut(line, '=', &key, &value))
            continue;
        if (str_is(str_trim(key), "VERSION"))
            os->version = str_trim(value);
        else if (str_is(str_trim(key), "PATCHLEVEL"))
            patch = str_trim(value);
        else if (str_is(str_trim(key), "CODENAME"))
            os->codename = str_trim(value);
    }
    if (patch.n && !str_is(patch, "0"))
        os->version = arena_printf(a, "%.*s.%.*s", STR_ARG(os->version), STR_ARG(patch));
    return true;
}

/* Strongest first: the place in this table is the rank. */
#define OS_FILES(X)                                                                                          \
    X("etc/os-release", read_os_release)                                                                     \
    X("usr/lib/os-release", read_os_release)                                                                 \
    X("etc/lsb-release", read_lsb_release)                                                                   \
    X("etc/alpine-release", read_alpine_release)                                                             \
    X("etc/almalinux-release", read_release_line)                                                            \
    X("etc/rocky-release", read_release_line)                                                                \
    X("etc/oracle-release", read_release_line)                                                               \
    X("etc/centos-release", read_release_line)                                                               \
    X("etc/fedora-release", read_release_line)                                                               \
    X("etc/photon-release", read_release_line)                                                               \
    X("etc/azurelinux-release", read_release_line)                                                           \
    X("etc/mariner-release", read_release_line)                                                              \
    X("etc/openEuler-release", read_release_line)                                                            \
    X("etc/mageia-release", read_release_line)                                                               \
    X("etc/gentoo-release", read_release_line)                                                               \
    X("etc/slackware-version", read_release_line)                                                            \
    X("etc/SuSE-release", read_suse_release)                                                                 \
    X("etc/arch-release", read_arch_release)                                                                 \
    X("etc/system-release", read_release_line)                                                               \
    X("etc/enterprise-release", read_release_line)                                                           \
    X("etc/redhat-release", read_release_line)                                                               \
    X("etc/debian_version", read_debian_version)

static const struct {
    const char *path;
    bool (*read)(struct arena *a, struct str content, struct os *os); /* false: it says nothing */
} files[] = {
#define ROW(path, read) {path, read},
    OS_FILES(ROW)
#undef ROW
};

static int osrelease_read(struct inventory *inv, struct view_file *file)
{
    struct str content;
    int status = view_file_content(file, OS_FILE_MAX, &content);
    if (status < 0)
        return status;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct os os = {0};
        if (str_is(file->path, files[i].path) && files[i].read(inv->arena, content, &os))
            inventory_claim_os(inv, (unsigned)i, &os);
    }
    return 0;
}

const struct ecosystem ecosystem_osrelease = {
    .name = "osrelease",
    .help = "the operating system, from os-release or the distribution's older file",
#define PATTERN(path, read) path,
    .patterns = (const char *const[]){OS_FILES(PATTERN) NULL},
#undef PATTERN
    .read = osrelease_read,
};
