/* Functions of a folder or bucket: which files are new, changed or gone since the last look. */
#include "base/err.h"
#include "base/map.h"
#include "monitor/function.h"
#include "monitor/poll.h"

/* One function, as it is now. */
struct function {
    struct str name, code, meta; /* meta: signature of NAME.json; or empty */
    struct sidecar sidecar;
};

struct look {
    struct poll *poll;
    struct function_place place;
    struct function_file *files;
    size_t n_files;
    struct map by_name, layers; /* file -> struct function_file; file that is a layer */
    json_val *before;           /* name -> {"sig", "meta", "layers"} */
};

static struct str signature_of(const struct look *l, struct str file)
{
    const struct function_file *f = map_get(&l->by_name, file);
    return f ? f->signature : (struct str){NULL, 0};
}

/* The layers of a sidecar that is as it was are in the state: it is not read again. */
static int read_layers(struct look *l, struct function *f)
{
    struct arena *a = l->poll->arena;
    json_val *was = json_get(l->before, arena_cstr(a, f->name));
    struct str text;
    if (!f->meta.n)
        return 0;
    if (str_eq(json_get_str(was, "meta"), f->meta)) {
        for (json_each(layer, json_get(was, "layers")))
            if (f->sidecar.n_layers < FUNCTION_LAYERS_MAX)
                f->sidecar.layers[f->sidecar.n_layers++] = json_str(layer);
        return 0;
    }
    int status = function_read(&l->place, arena_printf(a, "%.*s.json", STR_ARG(f->name)), &text);
    if (status == ERR_IO || status == ERR_DENIED)
        return status;
    /* One that is wrong is told of by the scan. */
    if (status < 0 || sidecar_read(a, text, &f->sidecar) < 0)
        f->sidecar = (struct sidecar){0};
    return 0;
}

/* All that a scan of the function depends on. */
static struct str signature(struct look *l, const struct function *f)
{
    struct arena *a = l->poll->arena;
    struct str s = arena_printf(a, "%.*s|%.*s", STR_ARG(f->code), STR_ARG(f->meta));
    for (size_t i = 0; i < f->sidecar.n_layers; i++)
        s = arena_printf(a, "%.*s|%.*s", STR_ARG(s), STR_ARG(signature_of(l, f->sidecar.layers[i])));
    return s;
}

static void out_function(struct json_out *o, const struct function *f, struct str sig)
{
    json_key_str(o, f->name);
    json_begin_object(o);
    json_member_str(o, "sig", sig);
    json_member_str(o, "meta", f->meta);
    json_key(o, "layers");
    json_begin_array(o);
    for (size_t i = 0; i < f->sidecar.n_layers; i++)
        json_out_str(o, f->sidecar.layers[i]);
    json_end_array(o);
    json_end_object(o);
}

static int read_functions(struct look *l, struct function **ret_functions, size_t *ret_n)
{
    struct arena *a = l->poll->arena;
    struct function *list = arena_new_array(a, struct function, l->n_files + 1);
    size_t n = 0;
    for (size_t i = 0; i < l->n_files; i++) {
        struct str file = l->files[i].name, name;
        if (!str_ends(file, STR(".zip")))
            continue;
        name = str_slice(file, 0, file.n - 4);
        if (!function_name_valid(name))
            continue;
        struct function f = {.name = name, .code = l->files[i].signature};
        f.meta = signature_of(l, arena_printf(a, "%.*s.json", STR_ARG(name)));
        int status = read_layers(l, &f);
        if (status < 0)
            return status;
        list[n] = f;
        for (size_t k = 0; k < f.sidecar.n_layers; k++)
            map_set(&l->layers, list[n].sidecar.layers[k], l);
        n++;
    }
    *ret_functions = list;
    *ret_n = n;
    return 0;
}

static void queue(struct poll *p, struct sql *db, struct str name)
{
    job_add(db, p->account, JOB_SCAN_FUNCTION,
            arena_printf(p->arena, "%.*s %.*s", STR_ARG(p->origin->origin.id), STR_ARG(name)),
            (struct str){NULL, 0}, time_now());
}

static bool is_layer(const struct look *l, struct str name)
{
    return map_get(&l->layers, arena_printf(l->poll->arena, "%.*s.zip", STR_ARG(name)));
}

/* A scan of a function whose zip is not there closes it. */
static int compare(struct look *l, const struct function *list, size_t n)
{
    struct poll *p = l->poll;
    struct map now = {0};
    struct sql *db = store_writer(monitor_store(p->m));
    json_key(&p->out, "functions");
    json_begin_object(&p->out);
    for (size_t i = 0; i < n; i++) {
        struct str sig = signature(l, &list[i]);
        if (is_layer(l, list[i].name))
            continue;
        map_set(&now, list[i].name, l);
        if (!str_eq(json_get_str(json_get(l->before, arena_cstr(p->arena, list[i].name)), "sig"), sig))
            queue(p, db, list[i].name);
        out_function(&p->out, &list[i], sig);
    }
    json_end_object(&p->out);
    for (json_each_member(name, value, l->before))
        if (value && !map_get(&now, json_str(name)) && !is_layer(l, json_str(name)))
            queue(p, db, json_str(name));
    map_free(&now);
    return store_commit(db);
}

/* What was a function before another one had it as a layer: looked at each time, since a scan of it may have
 * been under way. */
static int close_layers(struct look *l)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < l->layers.n; i++) {
        struct str file = l->layers.entries[i].key;
        if (str_ends(file, STR(".zip")))
            status = function_gone(&l->place, l->poll->account, str_slice(file, 0, file.n - 4));
    }
    return status;
}

int poll_functions(struct poll *p)
{
    struct look l = {.poll = p,
                     .place = {p->m, p->origin, p->arena, {NULL, 0}},
                     .before = json_get(p->state, "functions")};
    struct function *list;
    size_t n;
    int status = function_files(&l.place, &l.files, &l.n_files);
    for (size_t i = 0; status == 0 && i < l.n_files; i++)
        map_set(&l.by_name, l.files[i].name, &l.files[i]);
    if (status == 0)
        status = read_functions(&l, &list, &n);
    if (status == 0)
        status = compare(&l, list, n);
    if (status == 0)
        status = close_layers(&l);
    map_free(&l.by_name);
    map_free(&l.layers);
    return status;
}
