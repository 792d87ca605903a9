#include "reach/load.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "reach/describe.h"

enum { FILES_MAX = 20000, DEPTH_MAX = 8, FILE_MAX = 1 << 30 };

json_val *member(json_val *object, const char *name)
{
    json_val *v = json_get(object, name);
    if (v || !is_upper(*name))
        return v;
    char small[64];
    snprintf(small, sizeof small, "%c%s", to_lower(*name), name + 1);
    return json_get(object, small);
}

int member_int(json_val *object, const char *name, int otherwise)
{
    json_val *v = member(object, name);
    uint64_t n;
    if (yyjson_is_int(v)) {
        int64_t i = yyjson_get_sint(v);
        return i >= INT32_MIN && i <= INT32_MAX ? (int)i : otherwise;
    }
    return yyjson_is_str(v) && str_u64(json_str(v), &n) && n <= INT32_MAX ? (int)n : otherwise;
}

void add_prefixes(struct model *m, prefix_vec *p, json_val *list, const char *name)
{
    for (json_each(item, list)) {
        struct str text = name ? member_str(item, name) : json_str(item);
        struct prefix one;
        if (prefix_parse(text, &one))
            vec_add(p, one);
        else if (text.n)
            model_problem(m, "no address range: %.*s", STR_ARG(text));
    }
}

static const struct {
    const char *name;
    int number;
} protocols[] = {
    {"tcp", 6},  {"udp", 17}, {"icmp", 1}, {"icmpv6", 58}, {"all", -1}, {"-1", -1},   {"gre", 47},
    {"esp", 50}, {"ah", 51},  {"an", 107}, {"sctp", 132},  {"igmp", 2}, {"ospf", 89},
};

int protocol_number(struct str text)
{
    uint64_t number;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (str_ieq(text, str_from(protocols[i].name)))
            return protocols[i].number;
    return str_u64(text, &number) && number < 256 ? (int)number : -2;
}

static bool read_list(struct model *m, const struct description *table, struct str name, json_val *list)
{
    for (const struct description *d = table; d->list; d++) {
        if (name.n != strlen(d->list) || to_lower(name.p[0]) != to_lower(d->list[0]) ||
            memcmp(name.p + 1, d->list + 1, name.n - 1))
            continue;
        for (json_each(item, list))
            d->read(m, item);
        return true;
    }
    return false;
}

static void read_cloud(struct model *m, json_val *list, const char *name)
{
    prefix_vec p = {0};
    add_prefixes(m, &p, list, name);
    vec_each(one, &p) spans_add(&m->cloud[one->family], one->lo, one->hi);
    vec_free(&p);
}

int load_document(struct model *m, json_val *root)
{
    static const struct description *const tables[] = {describe_vpc, describe_edge, describe_balancer};
    bool any = false;
    for (json_each_member(key, value, root)) {
        struct str name = json_str(key);
        for (size_t i = 0; name.n && yyjson_is_arr(value) && i < sizeof tables / sizeof *tables; i++)
            any |= read_list(m, tables[i], name, value);
        if (str_is(name, "prefixes")) /* https://ip-ranges.amazonaws.com/ip-ranges.json */
            read_cloud(m, value, "ip_prefix"), any = true;
        if (str_is(name, "ipv6_prefixes"))
            read_cloud(m, value, "ipv6_prefix"), any = true;
    }
    return any ? 0 : err_set(ERR_MISSING, "holds no list of a describe call that is used here");
}

int load_text(struct model *m, struct str text)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    json_val *root;
    int status = json_parse(a, text, &root);
    return status < 0 ? status : load_document(m, root);
}

static int load_file(struct model *m, const char *path)
{
    struct str text;
    int status = file_map(path, &text);
    if (status < 0)
        return status;
    if (text.n > FILE_MAX)
        status = err_set(ERR_LIMIT, "larger than %d bytes", FILE_MAX);
    else
        status = load_text(m, text);
    file_unmap(text);
    return status;
}

struct walk {
    struct model *model;
    int files, depth;
    bool any;
};

static int load_below(struct walk *w, const char *path);

static int load_entry(struct walk *w, const char *path, struct str name)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return load_below(w, path);
    if (!S_ISREG(st.st_mode) || !str_ends(name, STR(".json")))
        return 0;
    if (++w->files > FILES_MAX)
        return err_set(ERR_LIMIT, "%s: more than %d files", path, FILES_MAX);
    int status = load_file(w->model, path);
    if (status < 0 && status != ERR_MISSING) /* lists that are of no use here are no fault */
        model_problem(w->model, "%s: %s", path, err_text());
    w->any |= status == 0;
    return 0;
}

/* In the order of names, so that what is told twice is taken from the same file every time. */
static int load_below(struct walk *w, const char *path)
{
    if (w->depth == DEPTH_MAX)
        return err_set(ERR_LIMIT, "%s: directories nest deeper than %d", path, DEPTH_MAX);
    struct dirent **entries;
    int n = scandir(path, &entries, NULL, alphasort), status = 0;
    if (n < 0)
        return err_errno("%s", path);
    w->depth++;
    for (int i = 0; i < n; i++) {
        char below[4096];
        const char *name = entries[i]->d_name;
        int length = snprintf(below, sizeof below, "%s/%s", path, name);
        if (status == 0 && name[0] != '.' && length > 0 && (size_t)length < sizeof below)
            status = load_entry(w, below, str_from(name));
        free(entries[i]);
    }
    w->depth--;
    free(entries);
    return status;
}

int load_directory(struct model *m, const char *path)
{
    struct walk w = {.model = m};
    int status = load_below(&w, path);
    if (status < 0)
        return status;
    return w.any ? 0 : err_set(ERR_INVALID, "%s: no file holds a list of a describe call", path);
}
