/* Networks as they are worked out (reach/), kept in memory for few regions: those that were used last. */
#ifndef ASSAY_MONITOR_NETWORK_MODEL_H
#define ASSAY_MONITOR_NETWORK_MODEL_H

#include "reach/open.h"
#include "store/network.h"

/* Components of all networks in memory, a KiB or two each; the one used last is kept whatever its size. */
enum { NETWORK_COMPONENTS_MAX = 200 * 1000 };

struct network_model {
    account_id account;
    char *region;
    struct model *model;
    struct reach *reach;
    struct str neighbours; /* " ACCOUNT/REGION " of each that it is judged by, too; in the model's arena */
    uint64_t used;
    size_t updates;
};
/* From documents, and what the store knows of the networks beyond their edges. ERR_INVALID when one does not
 * parse, or none is of any use here. */
int network_model_new(struct sql *db, account_id account, struct str region, const struct str *documents,
                      size_t n, struct network_model **ret_model);
/* From the store. ERR_MISSING. */
int network_model_load(struct sql *db, account_id account, struct str region,
                       struct network_model **ret_model);
void network_model_free(struct network_model *n);
static inline void network_model_cleanup(struct network_model **n)
{
    network_model_free(*n);
}

/* Open paths of an instance as they are stored. */
struct str network_model_paths(struct network_model *n, struct arena *a, const struct instance *i);

/* All in memory; made when NULL. */
struct network_models;
struct network_model *network_models_get(struct network_models *all, account_id account, struct str region);
/* Takes it over, in place of the one of the region that is there. */
void network_models_put(struct network_models **all, struct network_model *n);
void network_models_drop(struct network_models *all, account_id account, struct str region);
/* Drops those that are judged by this one, too. */
void network_models_drop_neighbours(struct network_models *all, account_id account, struct str region);
void network_models_free(struct network_models *all);

#endif
