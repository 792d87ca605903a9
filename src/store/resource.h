/* Resources, what is in them, and how they are covered. */
#ifndef ASSAY_STORE_RESOURCE_H
#define ASSAY_STORE_RESOURCE_H

#include "ecosystem/inventory.h"
#include "store/store.h"

/* A machine, image, repository or function, as those who found it describe it. Strings that are empty and
 * times that are TIME_NONE are not stated. */
struct resource {
    int64_t id; /* set by resource_put() */
    account_id account;
    enum resource_type type;
    struct str
        resource_id; /* Inspector's: "i-...", "mi-...", image ARN, repository ARN, function ARN ":$LATEST" */
    enum resource_state state;
    struct str region;   /* empty: the server's */
    struct str origin;   /* id of the origin that it comes from; or empty: a collector */
    struct str details;  /* ResourceDetails as JSON object text, "{...}" */
    struct str tags;     /* JSON object text; or empty */
    struct str platform; /* of the operating system: "DEBIAN_12"; known after the first scan */
    struct str name;     /* repository of an image or repository; function name; host name */
    struct str ami, vpc, subnet, architecture, registry, hash, runtime, role;
    int64_t pushed, pulled, last_in_use, in_use_count /* < 0: unknown */, modified;
    int64_t first_seen, heard, gone; /* set by resource_put(), resource_heard(), resource_gone() */
    int64_t inventory;               /* 0: none yet */
    /* Image tags, function layers, ...: kinds[i] says what values[i] is. NULL: not stated. */
    const struct str *values;
    const int *kinds;
    size_t n_values;
};

/* Inserts or updates by (account, resource_id): every stated member, its tags and values, all of them.
 * Returns its id, or an error that then is the transaction's; and whether it is new or anything but `heard`
 * differs. Tags "{}" and no values at a pointer that is not NULL say that there are none. Findings of the
 * resource carry some of these (pushed, repository, registry): they follow. */
int64_t resource_put(struct sql *db, struct resource *r, bool *ret_new, bool *ret_changed);
/* Whether resource_put() would write anything but when it was heard of. */
bool resource_differs(struct sql *db, const struct resource *r);
/* The beginning of its findings' keys, the same each time it comes back. */
void resource_key(account_id account, struct str resource_id, unsigned char ret_key[RESOURCE_KEY]);
/* ERR_MISSING. Strings in the arena; values only when asked for. */
int resource_get(struct sql *db, struct arena *a, int64_t id, struct resource *ret_resource);
int resource_find(struct sql *db, struct arena *a, account_id account, struct str resource_id,
                  struct resource *ret_resource);
void resource_values(struct sql *db, struct arena *a, struct resource *r);
/* Those of one kind in order, each a row of one column, for what is written as it is read. */
struct statement *resource_values_of(struct sql *db, account_id account, int64_t resource, int kind);
/* The collectors of many resources said that all is there and unchanged. */
void resources_heard(struct sql *db, const int64_t *ids, size_t n, int64_t now);
void resource_set_state(struct sql *db, int64_t id, enum resource_state state, int64_t now);
void resource_set_inventory(struct sql *db, int64_t id, int64_t inventory, struct str platform);
/* Ids of resources by type (-1: any) that were last heard of before `before`, at most `max`, above `after`.
 */
size_t resource_silent(struct sql *db, struct arena *a, account_id account, int type, int64_t before,
                       int64_t after, size_t max, int64_t **ret_ids);
/* Those that come from an origin: to see what is no longer there. */
size_t resource_of_origin(struct sql *db, struct arena *a, account_id account, struct str origin,
                          int64_t after, size_t max, struct resource **ret_resources);
/* Those of a type with a name (the images of a repository) above `after`, with their values, at most `max`.
 */
size_t resource_named(struct sql *db, struct arena *a, account_id account, enum resource_type type,
                      struct str name, int64_t after, size_t max, struct resource **ret_resources);
/* The platforms of all resources, each once. */
size_t resource_platforms(struct sql *db, struct arena *a, account_id account, struct str **ret_platforms);
/* Ids of those of a platform, with an inventory, that have no open finding of this vulnerability, above
 * `after`, at most `max`. */
size_t resource_lacking(struct sql *db, struct arena *a, account_id account, struct str platform,
                        struct str vulnerability_id, int64_t after, size_t max, int64_t **ret_ids);
/* Ids of the resources that have a value of this kind which begins with `prefix`; at most `max`. */
size_t resource_with_value(struct sql *db, struct arena *a, account_id account, int kind, struct str prefix,
                           size_t max, int64_t **ret_ids);
/* Removes a resource that is GONE and has no findings, with its tags, values, coverage. */
void resource_remove(struct sql *db, int64_t id);

struct coverage {
    enum scan_status status;
    enum scan_reason reason;
    enum scan_mode mode;
    int64_t last_scanned;
    struct str error; /* what went wrong, for people; or empty */
};
/* Writes it and, when status or reason differ from before, an event COVERAGE_CHANGED and the usage that
 * follows (usage_active() of the type that suits the resource). Returns whether they differ. */
bool coverage_put(struct sql *db, const struct resource *r, enum scan_type type, const struct coverage *c,
                  int64_t now);
/* False when the resource has no such row. */
bool coverage_get(struct sql *db, struct arena *a, account_id account, int64_t resource, enum scan_type type,
                  struct coverage *ret_coverage);

/* The scan type no longer concerns the resource: with an event, and the usage, as coverage_put(). False when
 * it did not before. */
bool coverage_remove(struct sql *db, const struct resource *r, enum scan_type type, int64_t now);

/* An instance whose disks could not be read is let be until `due`, unless it is another by then. */
struct instance_wait {
    enum scan_reason reason; /* why they could not */
    struct str mark;         /* of what it consists of */
    int64_t seconds, due;
};
bool instance_wait_get(struct sql *db, struct arena *a, account_id account, int64_t resource,
                       struct instance_wait *ret_wait);
void instance_wait_put(struct sql *db, account_id account, int64_t resource, const struct instance_wait *w);
void instance_wait_end(struct sql *db, account_id account, int64_t resource);

/* Origins: registries, folders and buckets of functions, AWS accounts. `secret` is sealed. */
struct origin {
    account_id account;
    struct str id, url, options /* JSON */, secret, state /* JSON of its poller */;
    enum origin_kind kind;
    int64_t created, checked;
};
/* The id is a digest of kind and url; adding again changes options and secret. Returns the id, in the arena.
 */
struct str origin_put(struct sql *db, struct arena *a, struct origin *o);
struct str origin_id(struct arena *a, enum origin_kind kind, struct str url);
int origin_get(struct sql *db, struct arena *a, account_id account, struct str id, struct origin *ret_origin);
size_t origin_list(struct sql *db, struct arena *a, account_id account, struct origin **ret_origins);
void origin_checked(struct sql *db, account_id account, struct str id, struct str state, int64_t now);
bool origin_remove(struct sql *db, account_id account, struct str id);

/* What is wrong with a part of an origin, until it is well again. `place`: a region; of the service "sqs" the
 * URL of a queue. */
struct origin_problem {
    struct str service, place, error;
    int64_t since;
};
/* Not when the origin was removed meanwhile. */
void origin_failed(struct sql *db, account_id account, struct str id, struct str service, struct str place,
                   struct str error, int64_t now);
void origin_well(struct sql *db, account_id account, struct str id, struct str service, struct str place);
/* Sorted by service and place; in the arena. */
size_t origin_problems(struct sql *db, struct arena *a, account_id account, struct str id,
                       struct origin_problem **ret_problems);
/* What is known to be wrong there, or empty. */
struct str origin_problem(struct sql *db, struct arena *a, account_id account, struct str id,
                          struct str service, struct str place);

/* What is in an artefact (a layer, a zip) by its digest: JSON or another form that `reader`, a number raised
 * when the reading changes, understands. False when it was never read, or by an older reader. */
bool artefact_get(struct sql *db, struct arena *a, account_id account, struct str digest, int reader,
                  struct str *ret_content);
void artefact_put(struct sql *db, account_id account, struct str digest, int reader, struct str content,
                  int64_t now);
/* It was used again: noted once a day. */
void artefact_used(struct sql *db, account_id account, struct str digest, int64_t now);
/* Drops what was not used since `before`, at most `max`: whether there may be more. */
bool artefact_trim(struct sql *db, int64_t before, size_t max);

#endif
