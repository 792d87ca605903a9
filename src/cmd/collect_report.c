/* The report of a host: its facts and its inventory, in JSON. */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "cmd/collect.h"
#include "ecosystem/ecosystem.h"
#include "report/report.h"
#include "source/inventory_json.h"
#include "source/source.h"
#include "view/places.h"

/* The inventory as a JSON object, into which the facts go as its first member. */
static int write_report(const struct collect *c, struct arena *a, const struct collect_key *key,
                        const struct inventory *inv, struct buf *text)
{
    _cleanup_free_ char *json = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&json, &n);
    if (!f)
        return err_errno("memory for a report");
    int status = report_format_find(STR("json"))
                     ->write(&(struct report){.inventory = inv, .all = true, .line = true}, f);
    if (fclose(f) && status == 0)
        status = err_errno("memory for a report");
    if (status < 0)
        return status;
    struct json_out o = {.to = text};
    json_begin_object(&o);
    json_key(&o, "host");
    json_begin_object(&o);
    facts_write(c, a, key, &o);
    json_end_object(&o);
    buf_add_c(text, ',');
    buf_add(text, json + 1, n - 1); /* without its brace */
    return buf_status(text) < 0 ? err_set(ERR_LIMIT, "report: larger than %zu bytes", text->cap) : 0;
}

int report_make(const struct collect *c, struct arena *a, const struct collect_key *key, struct buf *text)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    int status = source_inventory(c->root, NULL, &inv);
    return status < 0 ? status : write_report(c, a, key, inv, text);
}

/* ---- the distribution's packages alone ---- */

/* What lies at a fixed place: the files of distributions, none of a language. */
static size_t fixed_places(struct arena *a, struct str **ret_patterns)
{
    VEC(struct str) list = {0};
    for (const struct ecosystem *const *e = ecosystems; *e; e++)
        for (const char *const *p = (*e)->patterns; *p; p++)
            if (!strstr(*p, "**") && strchr(*p, '/'))
                vec_add(&list, str_from(*p));
    *ret_patterns = arena_new_array(a, struct str, list.n);
    memcpy(*ret_patterns, list.at, list.n * sizeof *list.at);
    size_t n = list.n;
    vec_free(&list);
    return n;
}

static int read_fixed(const struct collect *c, struct arena *a, struct inventory *inv)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    struct str *patterns;
    size_t n = fixed_places(a, &patterns);
    int status = view_open_places(c->root, patterns, n, &v);
    return status < 0 ? status : ecosystem_walk(inv, v);
}

/* Packages of languages as they were, but for those that belonged to a package that is there no more. */
static void add_languages(struct inventory *inv, const struct inventory *last)
{
    struct map there = {0};
    vec_each(p, &inv->packages) if (p->manager == PM_OS) map_set(&there, p->name, p);
    vec_each(p, &last->packages) if (p->manager != PM_OS && (!p->owner.n || map_get(&there, p->owner)))
        inventory_add(inv, p);
    map_free(&there);
    vec_each(problem, &last->problems)
        vec_add(&inv->problems, (struct problem){arena_str(inv->arena, problem->path), problem->code,
                                                 arena_str(inv->arena, problem->text)});
}

int report_make_quick(const struct collect *c, struct arena *a, const struct collect_key *key,
                      struct str last_text, struct buf *text)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new(), *last = inventory_new();
    int status = inventory_from_json(last, last_text);
    if (status == 0)
        status = read_fixed(c, a, inv);
    if (status < 0)
        return status;
    inv->target = last->target;
    inv->target_kind = last->target_kind;
    inv->problems.n = 0; /* the databases' problems are among those of the whole, as they were */
    add_languages(inv, last);
    inventory_finish(inv);
    return write_report(c, a, key, inv, text);
}
