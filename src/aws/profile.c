#include "aws/profile.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"

typedef VEC(struct setting) setting_vec;

struct parse {
    struct arena *arena;
    const char *name; /* of the file */
    bool secret_file;
    struct str section, parent; /* parent: the setting whose value is below it */
    setting_vec settings;
    unsigned line;
};

/* Quotes around a profile's name are none of it. */
static struct str unquoted(struct str s)
{
    s = str_trim(s);
    bool quoted = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
    return quoted ? str_slice(s, 1, s.n - 1) : s;
}

/* "[profile dev]" and "[default]" of a configuration, "[dev]" of credentials: "profile dev". Other sections
 * keep their kind before the name. */
static struct str section_name(struct parse *x, struct str text)
{
    size_t kind = 0;
    text = str_trim(text);
    while (kind < text.n && !is_blank(text.p[kind]))
        kind++;
    struct str head = str_slice(text, 0, kind), name = unquoted(str_slice(text, kind, text.n));
    if (x->secret_file || (!name.n && str_is(text, "default")))
        return arena_printf(x->arena, "profile %.*s", STR_ARG(text));
    return arena_printf(x->arena, "%.*s %.*s", STR_ARG(head), STR_ARG(name));
}

static int fault(const struct parse *x, const char *what)
{
    return err_set(ERR_INVALID, "%s: line %u: %s", x->name, x->line, what);
}

static int add(struct parse *x, struct str name, struct str value)
{
    if (x->settings.n == PROFILE_SETTINGS_MAX)
        return err_set(ERR_LIMIT, "%s: more than %d settings", x->name, PROFILE_SETTINGS_MAX);
    vec_add(&x->settings, (struct setting){x->section, name, arena_str(x->arena, value), x->secret_file});
    return 0;
}

static int read_setting(struct parse *x, struct str line)
{
    bool below = is_blank(line.p[0]);
    struct str name, value;
    if (!str_cut(line, '=', &name, &value) && !str_cut(line, ':', &name, &value))
        return below ? 0 : fault(x, "no setting");
    name = arena_lower(x->arena, str_trim(name));
    value = str_trim(value);
    if (below && !x->parent.n)
        return 0; /* a value goes on, of which nothing here wants more than the first line */
    if (below)
        return add(x, arena_printf(x->arena, "%.*s.%.*s", STR_ARG(x->parent), STR_ARG(name)), value);
    x->parent = value.n ? (struct str){0} : name;
    return add(x, name, value);
}

static int read_line(struct parse *x, struct str line)
{
    struct str text = str_trim(line);
    if (!text.n || text.p[0] == '#' || text.p[0] == ';')
        return 0;
    if (line.p[0] == '[') {
        ptrdiff_t end = str_find(text, ']');
        if (end < 0)
            return fault(x, "a section without an end");
        x->section = section_name(x, str_slice(text, 1, (size_t)end));
        x->parent = (struct str){0};
        return add(x, (struct str){0}, (struct str){0}); /* that it is there */
    }
    return x->section.n ? read_setting(x, line) : fault(x, "a setting before any section");
}

int profiles_parse(struct arena *a, const char *name, struct str text, bool secret_file,
                   struct profiles *ret_profiles)
{
    struct parse x = {.arena = a, .name = name, .secret_file = secret_file};
    struct str line;
    int status = 0;
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_slice(text, 3, text.n);
    while (status == 0 && str_next(&text, '\n', &line)) {
        x.line++;
        if (line.n)
            status = read_line(&x, line);
    }
    size_t n = ret_profiles->n + x.settings.n;
    struct setting *all = status ? NULL : arena_new_array(a, struct setting, n);
    if (all && ret_profiles->n)
        memcpy(all, ret_profiles->settings, ret_profiles->n * sizeof *all);
    if (all && x.settings.n)
        memcpy(all + ret_profiles->n, x.settings.at, x.settings.n * sizeof *all);
    if (all)
        *ret_profiles = (struct profiles){all, n};
    vec_free(&x.settings);
    return status;
}

static int read_file(struct arena *a, const char *variable, const char *otherwise, bool secret_file,
                     struct profiles *p)
{
    const char *path = getenv(variable), *home = getenv("HOME");
    struct str text;
    if (!path || !*path)
        path = otherwise;
    if (str_starts(str_from(path), STR("~/"))) {
        if (!home || !*home)
            return 0;
        path = arena_printf(a, "%s/%s", home, path + 2).p;
    }
    int status = file_read(a, path, PROFILE_FILE_MAX, &text);
    if (status == ERR_MISSING)
        return 0;
    return status < 0 ? status : profiles_parse(a, path, text, secret_file, p);
}

int profiles_read(struct arena *a, struct profiles *ret_profiles)
{
    struct profiles p = {0};
    int status = read_file(a, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", true, &p);
    if (status == 0)
        status = read_file(a, "AWS_CONFIG_FILE", "~/.aws/config", false, &p);
    if (status == 0)
        *ret_profiles = p;
    return status;
}

/* ---- questions ---- */

static bool is_in(const struct setting *s, const char *kind, struct str name)
{
    struct str k = str_from(kind);
    return s->section.n == k.n + 1 + name.n && str_starts(s->section, k) &&
           str_eq(str_slice(s->section, k.n + 1, s->section.n), name);
}

/* What comes later in a file counts, what is in credentials before the configuration. */
static struct str get(const struct profiles *p, const char *kind, struct str section, struct str name,
                      bool secret_file)
{
    const struct setting *found = NULL;
    for (size_t i = 0; i < p->n; i++) {
        const struct setting *s = &p->settings[i];
        if (s->value.n && str_eq(s->name, name) && s->secret_file >= secret_file && is_in(s, kind, section) &&
            (!found || found->secret_file == s->secret_file))
            found = s;
    }
    return found ? found->value : (struct str){0};
}

bool profile_exists(const struct profiles *p, struct str profile)
{
    for (size_t i = 0; i < p->n; i++) {
        if (is_in(&p->settings[i], "profile", profile))
            return true;
    }
    return false;
}

struct str profile_get(const struct profiles *p, struct str profile, const char *name)
{
    return get(p, "profile", profile, str_from(name), false);
}

struct str profile_get_secret(const struct profiles *p, struct str profile, const char *name)
{
    return get(p, "profile", profile, str_from(name), true);
}

struct str profile_endpoint(const struct profiles *p, struct str profile, struct str service)
{
    char name[128];
    struct str services = profile_get(p, profile, "services"), url = {0};
    size_t n = service.n + STR(".endpoint_url").n;
    if (services.n && service.n && n < sizeof name) {
        memcpy(mempcpy(name, service.p, service.n), ".endpoint_url", n - service.n);
        url = get(p, "services", services, (struct str){name, n}, false);
    }
    return url.n ? url : profile_get(p, profile, "endpoint_url");
}
