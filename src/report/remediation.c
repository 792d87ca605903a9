#include "report/remediation.h"

#include "base/buf.h"
#include "base/cleanup.h"

/* Names that are listed in one command; more would not be read anyway. */
enum { NAMES_MAX = 12, COMMAND_MAX = 4096 };

/* Nothing that a shell, a terminal or an option parser takes for more than a word. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && !memchr("._+@/:~-", s.p[i], 8))
            return false;
    return s.n && s.p[0] != '-' && s.p[0] != '~';
}

static bool is_any(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

/* The first number of a version: 7 of "7.9". */
static unsigned major(struct str version)
{
    unsigned n = 0;
    for (size_t i = 0; i < version.n && is_digit(version.p[i]) && n < 100000; i++)
        n = n * 10 + (unsigned)(version.p[i] - '0');
    return n;
}

/* rpm's front ends by family: zypper of SUSE, yum before dnf came (RHEL 8, Amazon Linux 2022), tdnf of Azure
 * Linux and Photon. */
static const char *rpm_command(const struct os *os)
{
    static const char *const suse[] = {
        "sles",      "sled",     "sle_hpc", "suse", "opensuse", "opensuse-leap", "opensuse-tumbleweed",
        "sle-micro", "sl-micro", NULL};
    static const char *const tdnf[] = {"mariner", "azurelinux", "photon", NULL};
    static const char *const rebuilds[] = {"rhel",       "centos", "ol",        "oracle",
                                           "scientific", "rocky",  "almalinux", NULL};
    if (is_any(os->family, suse))
        return "zypper update";
    if (is_any(os->family, tdnf))
        return "tdnf upgrade";
    if (str_is(os->family, "amzn") && (major(os->version) < 2022))
        return "yum update";
    if (is_any(os->family, rebuilds) && major(os->version) && major(os->version) < 8)
        return "yum update";
    return "dnf upgrade";
}

static const char *os_command(const struct inventory *inv, const struct package *p)
{
    if (str_is(p->type, "deb"))
        return "apt-get install --only-upgrade";
    if (str_is(p->type, "apk"))
        return "apk upgrade";
    if (str_is(p->type, "rpm"))
        return rpm_command(&inv->os);
    if (str_is(p->type, "alpm"))
        return "pacman -Syu";
    return NULL;
}

static void add_os(struct buf *b, const struct inventory *inv, const struct package *const *packages,
                   size_t n)
{
    const char *command = os_command(inv, packages[0]);
    if (!command)
        return;
    buf_printf(b, "%s", command);
    size_t listed = 0;
    for (size_t i = 0; i < n && listed < NAMES_MAX; i++) {
        if (!is_plain(packages[i]->name) || (i && str_eq(packages[i]->name, packages[i - 1]->name)))
            continue;
        buf_printf(b, " %.*s", STR_ARG(packages[i]->name));
        listed++;
    }
    if (!listed)
        b->n = 0;
}

/* How a language's tool is told. %1$s the name as the ecosystem writes it, %2$s the version. */
static const struct {
    const char *type, *file; /* purl type; base name of the file it was found in, or NULL for any */
    const char *format;
} tools[] = {
    {"pypi", "uv.lock", "uv lock --upgrade-package '%1$s>=%2$s'"},
    {"pypi", "poetry.lock", "poetry add '%1$s>=%2$s'"},
    {"pypi", "Pipfile.lock", "pipenv install '%1$s>=%2$s'"},
    {"pypi", "pdm.lock", "pdm add '%1$s>=%2$s'"},
    {"pypi", NULL, "pip install '%1$s>=%2$s'"},
    {"npm", "yarn.lock", "yarn upgrade %1$s@%2$s"},
    {"npm", "pnpm-lock.yaml", "pnpm update %1$s@%2$s"},
    {"npm", NULL, "npm install %1$s@%2$s"},
    {"maven", NULL, "use %1$s:%2$s"},
    {"golang", NULL, "go get %1$s@v%2$s"},
    {"cargo", NULL, "cargo update -p %1$s --precise %2$s"},
    {"gem", "Gemfile.lock", "bundle update %1$s"},
    {"gem", NULL, "gem install %1$s -v %2$s"},
    {"composer", NULL, "composer require '%1$s:^%2$s'"},
    {"nuget", NULL, "dotnet add package %1$s --version %2$s"},
    {"hex", NULL, "mix deps.update %1$s"},
    {"pub", NULL, "dart pub upgrade %1$s"},
};

static struct str full_name(struct arena *a, const struct package *p)
{
    if (!p->namespace.n)
        return p->name;
    return arena_printf(a, "%.*s%c%.*s", STR_ARG(p->namespace), str_is(p->type, "maven") ? ':' : '/',
                        STR_ARG(p->name));
}

static void add_tool(struct buf *b, struct arena *a, const struct package *p, struct str fixed)
{
    struct str name = full_name(a, p), file = str_basename(p->path);
    /* Go writes its versions with a v, advisories without; the standard library comes with the compiler. */
    if (str_is(p->type, "golang") && str_is(name, "stdlib")) {
        buf_printf(b, "build with Go %.*s", STR_ARG(fixed));
        return;
    }
    if (str_is(p->type, "golang") && fixed.n && fixed.p[0] == 'v')
        fixed = str_slice(fixed, 1, fixed.n);
    if (!is_plain(name) || (str_is(p->type, "maven") && !p->namespace.n))
        return;
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (str_is(p->type, tools[i].type) && (!tools[i].file || str_is(file, tools[i].file))) {
            buf_printf(b, tools[i].format, arena_cstr(a, name), arena_cstr(a, fixed));
            return;
        }
}

struct str remediation_command_all(struct arena *a, const struct inventory *inv,
                                   const struct package *const *packages, size_t n, struct str fixed)
{
    _cleanup_(buf_free) struct buf b = buf_new(COMMAND_MAX);
    if (!n || !is_plain(fixed))
        return (struct str){NULL, 0};
    if (packages[0]->manager == PM_OS)
        add_os(&b, inv, packages, n);
    else
        add_tool(&b, a, packages[0], fixed);
    return buf_status(&b) < 0 || !b.n ? (struct str){NULL, 0} : arena_str(a, buf_str(&b));
}

struct str remediation_command(struct arena *a, const struct inventory *inv, const struct package *p,
                               struct str fixed)
{
    return remediation_command_all(a, inv, &p, 1, fixed);
}
