#include "monitor/network_model.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "reach/load.h"

enum { PATH_BYTES_MAX = 64 << 10, NEIGHBOURS_MAX = 32 };

/* ---- making one ---- */

static struct network_model *begin(account_id account, struct str region)
{
    struct network_model *n = mem_alloc(sizeof *n);
    n->account = account;
    n->region = mem_alloc(region.n + 1);
    memcpy(n->region, region.p, region.n);
    n->model = model_new();
    char id[ACCOUNT_TEXT];
    n->model->account = arena_str(n->model->arena, str_from(account_text(account, id)));
    return n;
}

struct guest {
    struct model *model;
    struct str account;
    bool added, begun;
};

static int load_neighbour(struct str document, bool added, void *data)
{
    struct guest *g = data;
    if (!g->begun)
        load_guest_begin(g->model, g->account);
    g->begun = true;
    int status = added == g->added ? load_guest(g->model, document) : 0;
    return status == ERR_MISSING ? 0 : status;
}

/* What is beyond the edges, where that is known. One that is not is known by addresses alone. */
static int add_neighbours(struct sql *db, struct network_model *n)
{
    _cleanup_(buf_free) struct buf names = buf_new(PATH_BYTES_MAX);
    struct neighbour all[NEIGHBOURS_MAX];
    size_t n_all = model_neighbours(n->model, all, NEIGHBOURS_MAX);
    int status = 0;
    for (size_t i = 0; i < n_all && status == 0; i++) {
        struct str region = all[i].region.n ? all[i].region : str_from(n->region);
        account_id account;
        if (!account_parse(all[i].account, &account) || (account == n->account && str_is(region, n->region)))
            continue;
        buf_printf(&names, " %.*s/%.*s ", STR_ARG(all[i].account), STR_ARG(region));
        struct guest g = {.model = n->model, .account = all[i].account, .added = true};
        /* Of guests what is said first counts: what changed goes before all of it. */
        status = network_documents(db, account, region, load_neighbour, &g);
        g.added = false;
        if (status == 0)
            status = network_documents(db, account, region, load_neighbour, &g);
    }
    n->neighbours = arena_str(n->model->arena, buf_str(&names));
    return status < 0 ? status : buf_status(&names);
}

static int finish(struct sql *db, struct network_model *n)
{
    model_link(n->model);
    int status = add_neighbours(db, n);
    if (status < 0)
        return status;
    if (n->neighbours.n)
        model_link(n->model);
    n->reach = reach_compute(n->model);
    return 0;
}

void network_model_free(struct network_model *n)
{
    if (!n)
        return;
    reach_free(n->reach);
    model_free(n->model);
    free(n->region);
    free(n);
}

int network_model_new(struct sql *db, account_id account, struct str region, const struct str *documents,
                      size_t n_documents, struct network_model **ret_model)
{
    _cleanup_(network_model_cleanup) struct network_model *n = begin(account, region);
    bool any = false;
    for (size_t i = 0; i < n_documents; i++) {
        int status = load_text(n->model, documents[i]);
        if (status < 0 && status != ERR_MISSING)
            return err_context(status, "network of %.*s, document %zu", STR_ARG(region), i);
        any |= status == 0;
    }
    if (!any)
        return err_set(ERR_INVALID, "network of %.*s: no document holds a list of a describe call",
                       STR_ARG(region));
    int status = finish(db, n);
    if (status < 0)
        return status;
    *ret_model = n;
    n = NULL;
    return 0;
}

struct loading {
    struct model *model;
    bool linked;
};

static int load(struct str document, bool added, void *data)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct loading *l = data;
    json_val *root;
    if (added && !l->linked)
        model_link(l->model);
    l->linked = added;
    int status = !added ? load_text(l->model, document) : json_parse(a, document, &root);
    if (added && status == 0)
        status = load_update(l->model, root);
    return status == ERR_MISSING ? 0 : status;
}

int network_model_load(struct sql *db, account_id account, struct str region,
                       struct network_model **ret_model)
{
    _cleanup_(network_model_cleanup) struct network_model *n = begin(account, region);
    struct loading l = {.model = n->model};
    int status = network_documents(db, account, region, load, &l);
    if (status < 0)
        return status;
    if ((status = finish(db, n)) < 0)
        return status;
    *ret_model = n;
    n = NULL;
    return 0;
}

/* ---- what is open ---- */

struct listing {
    struct arena *arena;
    const struct model *model;
    VEC(struct network_path) paths;
};

static enum grade grade_of(enum severity s)
{
    int grade = number_of(&grade_names, str_from(severity_name(s)));
    return grade < 0 ? GRADE_UNTRIAGED : (enum grade)grade;
}

/* What of a path could not be read now: the component is noted with it. */
static struct str note_of(struct arena *a, const struct model *m, const struct reach_open *o,
                          const struct node *step)
{
    bool way = step == o->edge->component || (o->balancer && step == &o->balancer->node);
    const struct untold *u = way ? model_untold(m, step) : NULL;
    return u ? arena_printf(a, "what %s says could not be read", u->call) : (struct str){0};
}

static struct str steps_of(struct arena *a, const struct model *m, const struct reach_open *o)
{
    _cleanup_(buf_free) struct buf text = buf_new(PATH_BYTES_MAX);
    struct json_out to = {.to = &text};
    json_begin_array(&to);
    for (size_t i = 0; i < o->n_steps; i++) {
        json_begin_object(&to);
        json_member_str(&to, "componentId", o->steps[i]->id);
        json_member_str(&to, "componentType", str_from(node_type(o->steps[i])));
        json_member_str(&to, "componentArn", o->steps[i]->arn);
        json_member_str(&to, "note", note_of(a, m, o, o->steps[i]));
        json_end_object(&to);
    }
    json_end_array(&to);
    return buf_status(&text) < 0 ? STR("[]") : arena_str(a, buf_str(&text));
}

static int list(const struct reach_open *o, void *data)
{
    struct listing *l = data;
    struct str balancer = o->balancer ? o->balancer->node.id : (struct str){0};
    vec_add(&l->paths,
            (struct network_path){
                .protocol = o->protocol == 6 ? PROTOCOL_TCP : PROTOCOL_UDP,
                .begin = o->begin,
                .end = o->end,
                .severity = grade_of(o->severity),
                .internet = o->edge->type == EDGE_INTERNET,
                .through = arena_printf(l->arena, "%.*s %.*s %.*s", STR_ARG(o->edge->component->id),
                                        STR_ARG(o->interface->node.id), STR_ARG(balancer)),
                .title = reach_title(l->arena, o),
                .component_type = str_from(node_type(o->edge->component)),
                .steps = steps_of(l->arena, l->model, o),
            });
    return 0;
}

struct str network_model_paths(struct network_model *n, struct arena *a, const struct instance *i)
{
    struct listing l = {.arena = a, .model = n->model};
    enum hidden hidden = instance_hidden(n->model, i);
    reach_of_instance(n->reach, i, list, &l);
    struct str text =
        network_paths_text(a, &(struct network_paths){l.paths.at, l.paths.n, hidden != HIDDEN_NOTHING,
                                                      hidden == HIDDEN_INTERNET});
    vec_free(&l.paths);
    return text;
}

/* ---- all in memory ---- */

struct network_models {
    VEC(struct network_model *) at;
    uint64_t uses;
};

static bool is_of(const struct network_model *n, account_id account, struct str region)
{
    return n->account == account && str_is(region, n->region);
}

struct network_model *network_models_get(struct network_models *all, account_id account, struct str region)
{
    for (size_t i = 0; all && i < all->at.n; i++)
        if (is_of(all->at.at[i], account, region)) {
            all->at.at[i]->used = ++all->uses;
            return all->at.at[i];
        }
    return NULL;
}

static void drop(struct network_models *all, size_t i)
{
    network_model_free(all->at.at[i]);
    all->at.at[i] = all->at.at[--all->at.n];
}

void network_models_drop(struct network_models *all, account_id account, struct str region)
{
    for (size_t i = 0; all && i < all->at.n; i++)
        if (is_of(all->at.at[i], account, region)) {
            drop(all, i);
            return;
        }
}

void network_models_drop_neighbours(struct network_models *all, account_id account, struct str region)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    char id[ACCOUNT_TEXT];
    struct str name = arena_printf(a, " %s/%.*s ", account_text(account, id), STR_ARG(region));
    for (size_t i = all ? all->at.n : 0; i > 0; i--)
        if (str_find_str(all->at.at[i - 1]->neighbours, name) >= 0)
            drop(all, i - 1);
}

/* Those not used for longest go, until the rest is small enough. */
static void shrink(struct network_models *all)
{
    for (;;) {
        size_t components = 0, oldest = 0;
        for (size_t i = 0; i < all->at.n; i++) {
            components += all->at.at[i]->model->n_components;
            if (all->at.at[i]->used < all->at.at[oldest]->used)
                oldest = i;
        }
        if (all->at.n <= 1 || components <= NETWORK_COMPONENTS_MAX)
            return;
        drop(all, oldest);
    }
}

void network_models_put(struct network_models **all, struct network_model *n)
{
    if (!*all)
        *all = mem_alloc(sizeof **all);
    network_models_drop(*all, n->account, str_from(n->region));
    n->used = ++(*all)->uses;
    vec_add(&(*all)->at, n);
    shrink(*all);
}

void network_models_free(struct network_models *all)
{
    if (!all)
        return;
    vec_each(n, &all->at) network_model_free(*n);
    vec_free(&all->at);
    free(all);
}
