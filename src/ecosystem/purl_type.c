/* The purl types' own rules, as the type definitions of the specification state them
 * (types/NAME-definition.json). A type that is not listed has none. */
#include "base/err.h"
#include "ecosystem/purl.h"

enum {
    NAMESPACE_REQUIRED = 1 << 0,
    NAMESPACE_PROHIBITED = 1 << 1,
    FOLD_NAMESPACE = 1 << 2,
    FOLD_NAME = 1 << 3,
    FOLD_VERSION = 1 << 4,
    FOLD_BOTH = FOLD_NAMESPACE | FOLD_NAME,
};

struct type_rule {
    const char *type;
    unsigned flags;
    const char *qualifier; /* must be there */
    int (*more)(struct arena *a, struct purl *p);
};

/* PEP 503: runs of '-', '_' and '.' are one '-'. */
static int pypi(struct arena *a, struct purl *p)
{
    char *to = arena_alloc(a, p->name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < p->name.n; i++) {
        char c = p->name.p[i];
        bool dash = c == '-' || c == '_' || c == '.';
        if (!dash)
            to[n++] = c;
        else if (!n || to[n - 1] != '-')
            to[n++] = '-';
    }
    p->name = (struct str){to, n};
    return 0;
}

static int cpan(struct arena *a, struct purl *p)
{
    (void)a;
    if (str_find_str(p->name, STR("::")) >= 0)
        return err_set(ERR_INVALID, "purl: cpan: the name of a module, not of a distribution");
    return 0;
}

/* Databricks folds the case of model names, Azure does not. */
static int mlflow(struct arena *a, struct purl *p)
{
    if (str_find_str(purl_qualifier(p, "repository_url"), STR("databricks")) >= 0)
        p->name = arena_lower(a, p->name);
    return 0;
}

/* Hosts of git repositories decide whether case counts; GitHub's folds it. */
static int git(struct arena *a, struct purl *p)
{
    struct str host = p->namespace, path;
    str_cut(host, '/', &host, &path);
    if (str_ieq(host, STR("github")) || str_ieq(host, STR("github.com"))) {
        p->namespace = arena_lower(a, p->namespace);
        p->name = arena_lower(a, p->name);
    }
    return 0;
}

/* Names are 32 letters from a to p, versions one to four numbers. */
static int chrome_extension(struct arena *a, struct purl *p)
{
    (void)a;
    bool sound = p->name.n == 32;
    for (size_t i = 0; i < p->name.n; i++)
        sound = sound && p->name.p[i] >= 'a' && p->name.p[i] <= 'p';
    if (!sound)
        return err_set(ERR_INVALID, "purl: chrome-extension: not an extension's id: '%.*s'",
                       STR_ARG(p->name));
    struct str rest = p->version, number;
    size_t n = 0;
    uint64_t value;
    while (str_next(&rest, '.', &number))
        if (++n > 4 || !str_u64(number, &value))
            return err_set(ERR_INVALID, "purl: chrome-extension: bad version '%.*s'", STR_ARG(p->version));
    return 0;
}

/* deb, rpm and apk require a namespace, but SBOMs of trees without os-release have none to give; golang does
 * too, but the standard library and modules of one segment have none. Neither is refused. */
static const struct type_rule rules[] = {
    {"alpm", NAMESPACE_REQUIRED | FOLD_BOTH, NULL, NULL},
    {"apk", FOLD_BOTH, NULL, NULL},
    {"bitbucket", NAMESPACE_REQUIRED | FOLD_BOTH, NULL, NULL},
    {"bitnami", NAMESPACE_PROHIBITED | FOLD_NAME, NULL, NULL},
    {"brew", FOLD_NAME, NULL, NULL},
    {"cargo", NAMESPACE_PROHIBITED, NULL, NULL},
    {"chrome-extension", NAMESPACE_PROHIBITED, NULL, chrome_extension},
    {"cocoapods", NAMESPACE_PROHIBITED, NULL, NULL},
    {"composer", NAMESPACE_REQUIRED | FOLD_BOTH, NULL, NULL},
    {"conda", NAMESPACE_PROHIBITED, NULL, NULL},
    {"cpan", 0, NULL, cpan},
    {"cran", NAMESPACE_PROHIBITED, NULL, NULL},
    {"deb", FOLD_BOTH, NULL, NULL},
    {"gem", NAMESPACE_PROHIBITED, NULL, NULL},
    {"git", NAMESPACE_REQUIRED, NULL, git},
    {"github", NAMESPACE_REQUIRED | FOLD_BOTH, NULL, NULL},
    {"gitlab", NAMESPACE_REQUIRED | FOLD_BOTH, NULL, NULL},
    {"hackage", NAMESPACE_PROHIBITED, NULL, NULL},
    {"hex", FOLD_BOTH, NULL, NULL},
    {"huggingface", FOLD_VERSION, NULL, NULL},
    {"julia", NAMESPACE_PROHIBITED, "uuid", NULL},
    {"luarocks", FOLD_BOTH, NULL, NULL},
    {"maven", NAMESPACE_REQUIRED, NULL, NULL},
    {"mlflow", NAMESPACE_PROHIBITED, NULL, mlflow},
    {"nuget", NAMESPACE_PROHIBITED, NULL, NULL},
    {"oci", NAMESPACE_PROHIBITED | FOLD_NAME, NULL, NULL},
    {"opam", NAMESPACE_PROHIBITED, NULL, NULL},
    {"otp", NAMESPACE_PROHIBITED | FOLD_NAME, NULL, NULL},
    {"pub", NAMESPACE_PROHIBITED | FOLD_NAME, NULL, NULL},
    {"pypi", NAMESPACE_PROHIBITED | FOLD_NAME | FOLD_VERSION, NULL, pypi},
    {"qpkg", NAMESPACE_REQUIRED | FOLD_NAMESPACE, NULL, NULL},
    {"rpm", FOLD_NAMESPACE, NULL, NULL},
    {"swid", 0, "tag_id", NULL},
    {"swift", NAMESPACE_REQUIRED, NULL, NULL},
    {"vcpkg", NAMESPACE_PROHIBITED, NULL, NULL},
    {"vscode-extension", NAMESPACE_REQUIRED | FOLD_BOTH | FOLD_VERSION, NULL, NULL},
};

static const struct type_rule *rule_of(struct str type)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (str_is(type, rules[i].type))
            return &rules[i];
    return NULL;
}

static int check(const struct type_rule *rule, const struct purl *p)
{
    if (rule->flags & NAMESPACE_REQUIRED && !p->namespace.n)
        return err_set(ERR_INVALID, "purl: %s needs a namespace", rule->type);
    if (rule->flags & NAMESPACE_PROHIBITED && p->namespace.n)
        return err_set(ERR_INVALID, "purl: %s has no namespace", rule->type);
    if (rule->qualifier && !purl_qualifier(p, rule->qualifier).n)
        return err_set(ERR_INVALID, "purl: %s needs the qualifier '%s'", rule->type, rule->qualifier);
    return 0;
}

int purl_apply_type_rules(struct arena *a, struct purl *p)
{
    const struct type_rule *rule = rule_of(p->type);
    if (!rule)
        return 0;
    int status = check(rule, p);
    if (status < 0)
        return status;
    if (rule->flags & FOLD_NAMESPACE)
        p->namespace = arena_lower(a, p->namespace);
    if (rule->flags & FOLD_NAME)
        p->name = arena_lower(a, p->name);
    if (rule->flags & FOLD_VERSION)
        p->version = arena_lower(a, p->version);
    return rule->more ? rule->more(a, p) : 0;
}
