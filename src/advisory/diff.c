/* The difference of two generations: merge walks over tables that are sorted by what does not depend on the
 * build. */
#include "advisory/reader.h"

/* One walk: `order` compares element i of the old with element j of the new, `same` equal ones. */
struct walk {
    const struct db *old, *new;
    const struct db_diff *diff;
    uint32_t n_old, n_new;
    int (*order)(const struct walk *w, uint32_t i, uint32_t j, int *ret_order);
    bool (*same)(const struct walk *w, uint32_t i, uint32_t j);
    int (*tell)(const struct walk *w, enum db_change change, const struct db *db, uint32_t at);
};

static int walk(const struct walk *w)
{
    uint32_t i = 0, j = 0;
    int status = 0;
    while ((i < w->n_old || j < w->n_new) && status == 0) {
        int order = i >= w->n_old ? 1 : -1;
        if (i < w->n_old && j < w->n_new)
            status = w->order(w, i, j, &order);
        if (status < 0)
            return status;
        if (order < 0)
            status = w->tell(w, DB_REMOVED, w->old, i++);
        else if (order > 0)
            status = w->tell(w, DB_ADDED, w->new, j++);
        else {
            if (!w->same(w, i, j))
                status = w->tell(w, DB_CHANGED, w->new, j);
            i++, j++;
        }
    }
    return status;
}

static int package_order(const struct walk *w, uint32_t i, uint32_t j, int *ret_order)
{
    struct str ecosystem[2], name[2];
    if (!db_package_key(w->old, i, &ecosystem[0], &name[0]))
        return db_damaged(w->old, "package", i);
    if (!db_package_key(w->new, j, &ecosystem[1], &name[1]))
        return db_damaged(w->new, "package", j);
    int order = str_cmp(ecosystem[0], ecosystem[1]);
    *ret_order = order ? order : str_cmp(name[0], name[1]);
    return 0;
}

static bool package_same(const struct walk *w, uint32_t i, uint32_t j)
{
    return w->old->package_digest[i] == w->new->package_digest[j];
}

static int package_tell(const struct walk *w, enum db_change change, const struct db *db, uint32_t at)
{
    struct str ecosystem, name;
    if (!db_package_key(db, at, &ecosystem, &name))
        return db_damaged(db, "package", at);
    return w->diff->package(w->diff->ctx, change, ecosystem, name);
}

static int record_order(const struct walk *w, uint32_t i, uint32_t j, int *ret_order)
{
    *ret_order = str_cmp(db_record_id(w->old, i), db_record_id(w->new, j));
    return 0;
}

static bool record_same(const struct walk *w, uint32_t i, uint32_t j)
{
    return w->old->record_digest[i] == w->new->record_digest[j];
}

static int record_tell(const struct walk *w, enum db_change change, const struct db *db, uint32_t at)
{
    struct str id = db_record_id(db, at);
    return id.n ? w->diff->record(w->diff->ctx, change, id) : db_damaged(db, "record", at);
}

static int epss_order(const struct walk *w, uint32_t i, uint32_t j, int *ret_order)
{
    uint32_t a = w->old->epss_cve[i], b = w->new->epss_cve[j];
    *ret_order = (a > b) - (a < b);
    return 0;
}

static bool epss_same(const struct walk *w, uint32_t i, uint32_t j)
{
    uint32_t a = w->old->epss_level[i], b = w->new->epss_level[j];
    return a < w->old->n_levels && b < w->new->n_levels && w->old->epss_score[a] == w->new->epss_score[b] &&
           w->old->epss_percentile[a] == w->new->epss_percentile[b];
}

static int epss_tell(const struct walk *w, enum db_change change, const struct db *db, uint32_t at)
{
    char text[24];
    return w->diff->epss(w->diff->ctx, change, cve_unpack(db->epss_cve[at], text));
}

int db_difference(const struct db *old, const struct db *new, const struct db_diff *diff)
{
    const struct walk packages = {old,           new,          diff,        old->n_packages, new->n_packages,
                                  package_order, package_same, package_tell};
    const struct walk records = {old,          new,         diff,       old->records.n, new->records.n,
                                 record_order, record_same, record_tell};
    const struct walk epss = {old, new, diff, old->n_epss, new->n_epss, epss_order, epss_same, epss_tell};
    int status = diff->package ? walk(&packages) : 0;
    if (status == 0 && diff->record)
        status = walk(&records);
    if (status == 0 && diff->epss)
        status = walk(&epss);
    return status;
}
