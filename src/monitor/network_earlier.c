/* A list that is refused is kept as it was when it was last read: as {"Earlier": {"LIST": [...]}}, which is
 * the same document at every look until the list can be read again, or {"EarlierPart": ...} where not all of
 * it could be read then either. */
#include "monitor/network_earlier.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/json.h"

enum { LISTS_MAX = 32 };

/* That is refused now. */
struct kept_list {
    struct str name;
    bool refused_before, wrapped; /* when it was stored, too; there are earlier ones in the store */
};

struct keeping {
    struct arena *arena;
    struct kept_list lists[LISTS_MAX];
    size_t n_lists;
    VEC(struct str) documents;
};

static void keeping_end(struct keeping *k)
{
    vec_free(&k->documents);
}

static struct kept_list *list_at(struct keeping *k, struct str name)
{
    for (size_t i = 0; i < k->n_lists; i++)
        if (str_eq(k->lists[i].name, name))
            return &k->lists[i];
    return NULL;
}

/* The first member's name, as our own documents begin: {"LIST": */
static struct str first_member(struct str document)
{
    if (!str_starts(document, STR("{\"")))
        return (struct str){0};
    struct str rest = str_slice(document, 2, document.n);
    ptrdiff_t end = str_find(rest, '"');
    return end < 0 ? (struct str){0} : str_slice(rest, 0, (size_t)end);
}

/* What is within {"Earlier": ...}; empty where it is none. */
static struct str unwrapped(struct str document)
{
    struct str name = first_member(document);
    if (!str_is(name, "Earlier") && !str_is(name, "EarlierPart"))
        return (struct str){0};
    ptrdiff_t colon = str_find(document, ':');
    return colon < 0 ? (struct str){0} : str_slice(document, (size_t)colon + 1, document.n);
}

static int note_refused(struct keeping *k, struct str document, bool now)
{
    json_val *root;
    int status = json_parse(k->arena, document, &root);
    if (status < 0)
        return status;
    for (json_each(item, json_get(root, "NotRead"))) {
        struct str name = arena_str(k->arena, json_str(item));
        struct kept_list *l = list_at(k, name);
        if (!l && now && k->n_lists < LISTS_MAX) {
            l = &k->lists[k->n_lists++];
            *l = (struct kept_list){.name = name};
        }
        if (l && !now)
            l->refused_before = true;
    }
    return 0;
}

/* What the store has, in two rounds: first what there is. */
static int look(struct str document, bool added, void *data)
{
    struct keeping *k = data;
    struct str inner = unwrapped(document);
    struct kept_list *l = inner.n ? list_at(k, first_member(inner)) : NULL;
    if (l && !added)
        l->wrapped = true;
    return str_is(first_member(document), "NotRead") ? note_refused(k, document, false) : 0;
}

static int keep(struct str document, bool added, void *data)
{
    struct keeping *k = data;
    struct str inner = unwrapped(document), name = first_member(inner.n ? inner : document);
    const struct kept_list *l = name.n && !added ? list_at(k, name) : NULL;
    if (!l || l->wrapped != (inner.n > 0))
        return 0;
    vec_add(&k->documents,
            inner.n ? arena_str(k->arena, document)
                    : arena_printf(k->arena, "{\"%s\":%.*s}", l->refused_before ? "EarlierPart" : "Earlier",
                                   STR_ARG(document)));
    return 0;
}

int network_with_earlier(struct sql *db, struct arena *a, account_id account, struct str region,
                         const struct str *documents, size_t n, struct str **ret_documents, size_t *ret_n)
{
    _cleanup_(keeping_end) struct keeping k = {.arena = a};
    int status = 0;
    for (size_t i = 0; i < n && status == 0; i++) {
        vec_add(&k.documents, documents[i]);
        if (str_is(first_member(documents[i]), "NotRead"))
            status = note_refused(&k, documents[i], true);
    }
    if (status == 0 && k.n_lists)
        status = network_documents(db, account, region, look, &k);
    if (status == 0 && k.n_lists)
        status = network_documents(db, account, region, keep, &k);
    if (status < 0)
        return status;
    *ret_documents = arena_new_array(a, struct str, k.documents.n + 1);
    memcpy(*ret_documents, k.documents.at, k.documents.n * sizeof *k.documents.at);
    *ret_n = k.documents.n;
    return 0;
}
