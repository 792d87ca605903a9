/* Images and repositories of a registry as resources. */
#ifndef ASSAY_MONITOR_IMAGE_H
#define ASSAY_MONITOR_IMAGE_H

#include "monitor/scan.h"
#include "source/manifest.h"
#include "source/registry.h"

/* The registry that the origin is; `region`: of an AWS account. */
int image_registry(struct monitor *m, const struct scan_origin *o, struct str region,
                   struct registry **ret_registry);

/* What an image resource is made of. */
struct image_facts {
    account_id account;
    struct str origin, repository, digest;
    struct str registry, region;     /* "host[:port]"; or of ECR, the account's digits and its region */
    struct str architecture, author; /* or empty */
    int64_t pushed, pulled;
    int64_t last_in_use, in_use_count; /* TIME_NONE, -1: not known */
    bool archived;
    const struct image_reference *references;
    size_t n_references;
};
/* A tag, and what it stands for: the image itself or an index that has it. */
struct image_reference {
    struct str tag, digest;
};

/* Whether they are of ECR. */
bool image_is_ecr(const struct image_facts *f);
/* In the arena, to be put. */
struct str repository_arn(struct arena *a, const struct place *place, const struct image_facts *f);
struct resource image_resource(struct arena *a, const struct place *place, const struct image_facts *f);
/* The repository of the facts, and how it is covered. */
int repository_put(struct monitor *m, const struct image_facts *f, enum scan_status status,
                   enum scan_reason reason, struct str error);
/* How the repository of the facts is scanned: as the origin's options state, as is known, or as ECR's
 * registry says. */
enum scan_frequency image_frequency(struct monitor *m, struct arena *a, const struct scan_origin *o,
                                    const struct image_facts *f);
/* As its coverage says; false where that says something else. */
bool image_frequency_known(struct monitor *m, struct arena *a, const struct image_facts *f,
                           enum scan_frequency *ret_frequency);
enum scan_frequency image_frequency_of(const struct scan_origin *o, json_val *scanning,
                                       struct str repository);
static inline enum scan_status repository_status(enum scan_frequency frequency)
{
    return frequency == FREQUENCY_MANUAL ? SCAN_STATUS_INACTIVE : SCAN_STATUS_ACTIVE;
}
static inline enum scan_reason repository_reason(enum scan_frequency frequency)
{
    return frequency == FREQUENCY_MANUAL    ? REASON_SCAN_FREQUENCY_MANUAL
           : frequency == FREQUENCY_ON_PUSH ? REASON_SCAN_FREQUENCY_SCAN_ON_PUSH
                                            : REASON_SUCCESSFUL;
}
/* What of the facts a resource holds. */
void image_facts_of(struct arena *a, const struct resource *r, struct image_facts *ret_facts);

/* Takes the tag from all images of the repository but those in `keep` (their digests). */
int image_untag(struct monitor *m, account_id account, struct str origin, struct str repository,
                struct str tag, const struct str *keep, size_t n_keep);

#endif
