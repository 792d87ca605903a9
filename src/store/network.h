/* What is known of the networks of regions: the describe calls' documents, and the open paths that were
 * worked out of them, of each instance. Regions and instances belong to an account. */
#ifndef ASSAY_STORE_NETWORK_H
#define ASSAY_STORE_NETWORK_H

#include "base/hash.h"
#include "base/vec.h"
#include "store/store.h"

struct network {
    account_id account;
    struct str region;
    unsigned char digest[SHA256_SIZE]; /* of the documents by which all of it was replaced */
    bool applied;                      /* the open paths of its instances follow from the documents */
    struct str neighbours; /* " ACCOUNT/REGION " of each network that it is judged by, too; not read */
};
/* ERR_MISSING where nothing is known of the region. */
int network_get(struct sql *db, struct arena *a, account_id account, struct str region,
                struct network *ret_network);
/* The regions of an account of which something is known, in the arena. */
size_t network_regions(struct sql *db, struct arena *a, account_id account, struct str **ret_regions);
void network_set_applied(struct sql *db, account_id account, struct str region, bool applied);

/* Replaces all documents of the region; what is open stays as it was, and is not `applied`. ERR_LIMIT. */
int network_replace(struct sql *db, const struct network *n, const struct str *documents, size_t n_documents);
/* It is known otherwise than before: those that are judged by it are no longer applied. They are given, with
 * account and region alone, in the arena. */
size_t network_tell_neighbours(struct sql *db, struct arena *a, account_id account, struct str region,
                               struct network **ret_neighbours);
/* Adds one that goes before all others; in place of the earlier one with the same subject, which says what it
 * speaks of. Not `applied`, and without a digest. */
int network_add(struct sql *db, account_id account, struct str region,
                const unsigned char subject[SHA256_SIZE], struct str document);
/* Whether that one is there already, word for word, and none after it. */
bool network_has(struct sql *db, account_id account, struct str region,
                 const unsigned char subject[SHA256_SIZE], struct str document);
/* Calls `visit` for each in the order in which they count, until it returns other than 0; `added`: by
 * network_add(). */
typedef int network_visit(struct str document, bool added, void *data);
int network_documents(struct sql *db, account_id account, struct str region, network_visit *visit,
                      void *data);
/* Nothing is known of it any more; its instances are for the caller to take away. */
void network_remove(struct sql *db, account_id account, struct str region);

/* A range of ports of an instance that is open from outside. */
struct network_path {
    enum protocol protocol;
    int begin, end;
    enum grade severity;
    bool internet;      /* else from another network at its edge */
    struct str through; /* edge, interface, load balancer: which of several that open the same range */
    struct str title;
    struct str component_type; /* of the edge */
    struct str steps;          /* networkPath.steps as JSON */
};
/* Of an instance. */
struct network_paths {
    struct network_path *at;
    size_t n;
    /* There may be others, which could not be read: from other networks at its edge, from the internet, too.
     */
    bool may_be_edge, may_be_internet;
};
/* False when it is not known of the instance which of its ports are open. */
bool network_paths(struct sql *db, struct arena *a, account_id account, struct str instance,
                   struct network_paths *ret_paths);
bool network_knows(struct sql *db, account_id account, struct str instance);
/* As text, in the arena; equal for equal paths, empty when there is too much to be known. */
struct str network_paths_text(struct arena *a, const struct network_paths *paths);
int network_paths_read(struct arena *a, struct str text, struct network_paths *ret_paths);
/* Empty when not known of the instance. */
struct str network_paths_stored(struct sql *db, struct arena *a, account_id account, struct str instance);
void network_paths_put(struct sql *db, account_id account, struct str region, struct str instance,
                       struct str text);
/* It has no paths, nor none: nobody knows. */
void network_paths_remove(struct sql *db, account_id account, struct str instance);
/* Ids of the region's instances after `after`, at most `max`. */
size_t network_instances(struct sql *db, struct arena *a, account_id account, struct str region,
                         struct str after, size_t max, struct str **ret_instances);

#endif
