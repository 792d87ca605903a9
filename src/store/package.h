/* Distinct packages with their matches, and inventories made of them.
 *
 * A package of an inventory becomes a row that everybody shares; what an inventory adds (path, layer,
 * manager) stays in the inventory. Matches hang on the distinct package.
 */
#ifndef ASSAY_STORE_PACKAGE_H
#define ASSAY_STORE_PACKAGE_H

#include "ecosystem/inventory.h"
#include "store/store.h"

/* One line of a stored inventory. */
struct holding {
    int64_t package;
    struct str path, layer; /* layer: digest or, for functions, the layer's ARN; or empty */
    enum package_manager manager;
    bool owned; /* by a distribution package: listed, not judged */
    bool dev;
};

/* The digest of what an inventory says: equal inventories have equal digests on every machine. */
enum { INVENTORY_DIGEST = 32 };
void inventory_digest(const struct inventory *inv, unsigned char ret_digest[INVENTORY_DIGEST]);

/* The inventory with this digest of the account, or 0. */
int64_t inventory_find(struct sql *db, account_id account, const unsigned char digest[INVENTORY_DIGEST]);
/* Stores what a resource that has `inventory` (0: none) has now, and the packages that are new, unless an
 * equal one is there; returns its id. When nobody else has `inventory`, that becomes the new one, and only
 * the holdings that differ are written. The ids of packages that nobody had before, which are not judged yet,
 * are in the arena. */
int64_t inventory_put(struct sql *db, struct arena *a, account_id account, int64_t resource,
                      int64_t inventory, const struct inventory *inv, int64_t **ret_new_packages,
                      size_t *ret_n_new);
/* Sorted by package. All in the arena; ret_os may be NULL. */
int inventory_read(struct sql *db, struct arena *a, account_id account, int64_t inventory,
                   struct holding **ret_holdings, size_t *ret_n, struct os *ret_os);
/* Whole again, for SBOMs and the console: os and packages. */
int inventory_load(struct sql *db, account_id account, int64_t inventory, struct inventory **ret_inventory);
/* Trimming goes through the rows once, `max` at a time, so that no slice takes long however many there are:
 * looks at those behind *after, which begins with 0, and says whether there may be more.
 *
 * Inventories that no resource has, with their holdings. */
bool inventory_trim(struct sql *db, int64_t *after, size_t max);
/* Packages that no inventory and no finding has, with their names and matches. */
bool package_trim(struct sql *db, int64_t *after, size_t max);

/* A distinct package as the matcher takes it: an inventory of that one package. */
int package_load(struct sql *db, int64_t package, struct inventory **ret_inventory);
/* Its name as findings show it, in the arena. */
struct str package_shown(struct sql *db, struct arena *a, int64_t package);
/* Names under which advisories may speak of it, for package_named(). */
void package_set_names(struct sql *db, int64_t package, const struct str *ecosystems, const struct str *names,
                       size_t n);
/* Distinct packages that an advisory for (ecosystem, name) may concern; in the arena. */
size_t package_named(struct sql *db, struct arena *a, struct str ecosystem, struct str name,
                     int64_t **ret_packages);
/* What inventories of the account tell of a binary package of a distribution: its source, with the versions
 * of both. Each once, at most a thousand; in the arena. */
struct package_source {
    struct str source, version, source_version; /* source_version empty: equal to version */
};
size_t package_sources(struct sql *db, struct arena *a, account_id account, struct str ecosystem,
                       const struct package *p, struct package_source **ret_sources);
/* Packages above `after`, in order, at most `max`. */
size_t package_list(struct sql *db, struct arena *a, int64_t after, size_t max, int64_t **ret_packages);

/* What is said of a vulnerability. */
struct vulnerability_row {
    int64_t id;
    struct str vulnerability_id, source, description;
    struct str details; /* PackageVulnerabilityDetails as JSON object text, without vulnerablePackages */
    enum grade severity;
    double score; /* < 0: none */
    struct str vector, score_source, vendor_severity;
    bool exploit;
    int64_t last_exploited;
    double epss; /* < 0: none */
    const struct str *related;
    size_t n_related;
};
/* Content-addressed but for epss: returns the id of an equal row, or of a new one. */
int64_t vulnerability_put(struct sql *db, struct vulnerability_row *v);
int vulnerability_get(struct sql *db, struct arena *a, int64_t id, struct vulnerability_row *ret_row);
/* Its vulnerability id, in the arena; empty when there is no such row. */
struct str vulnerability_name(struct sql *db, struct arena *a, int64_t id);
/* All rows of a CVE or other id. */
size_t vulnerability_named(struct sql *db, struct arena *a, struct str id, int64_t **ret_ids);
/* And those to which it is related: the advisories that say so. */
size_t vulnerability_speaking_of(struct sql *db, struct arena *a, struct str id, int64_t **ret_ids);
/* Rows above `after`, in order, at most `max`. */
size_t vulnerability_list(struct sql *db, struct arena *a, int64_t after, size_t max, int64_t **ret_ids);
void vulnerability_set_epss(struct sql *db, int64_t id, double epss);
/* Rows that no match and no finding has, as inventory_trim(). */
bool vulnerability_trim(struct sql *db, int64_t *after, size_t max);

/* A package and what is wrong with it. */
struct package_match {
    int64_t vulnerability;
    bool unknown;
    struct str fixed, reason;
};
size_t package_matches(struct sql *db, struct arena *a, int64_t package, struct package_match **ret_matches);
/* Replaces all matches of a package by these, sorted by vulnerability; returns whether any differ. */
bool package_set_matches(struct sql *db, int64_t package, const struct package_match *matches, size_t n);
/* The packages that a row matches, and what ends it for each. */
struct package_fix {
    int64_t package;
    struct str fixed;
};
size_t packages_matching(struct sql *db, struct arena *a, int64_t vulnerability,
                         struct package_fix **ret_packages);

/* Inventories of an account that hold the package, above `after`, in order, at most `max`. */
size_t package_inventories(struct sql *db, struct arena *a, account_id account, int64_t package,
                           int64_t after, size_t max, int64_t **ret_inventories);
/* The resources that have an inventory. */
size_t inventory_resources(struct sql *db, struct arena *a, account_id account, int64_t inventory,
                           int64_t **ret_resources);

/* What was judged anew and has not reached the findings yet: a package and the id of a vulnerability whose
 * match came, went or changed. Survives the process. */
struct unapplied {
    int64_t package;
    struct str vulnerability_id;
};
void unapplied_add(struct sql *db, int64_t package, struct str vulnerability_id);
/* In order of package, at most `max`. */
size_t unapplied_list(struct sql *db, struct arena *a, size_t max, struct unapplied **ret_list);
void unapplied_remove(struct sql *db, const struct unapplied *list, size_t n);

#endif
