/* Software bills of materials: CycloneDX 1.5 and SPDX 2.3, both JSON, out of an inventory and into one.
 *
 * Writers stream: each entry goes through one buffer to the file. Their output depends on the inventory alone
 * (and what `extra` adds): entries in the inventory's order, identifiers derived from the content, the time
 * of SOURCE_DATE_EPOCH where that is set.
 */
#ifndef ASSAY_SBOM_SBOM_H
#define ASSAY_SBOM_SBOM_H

#include <stdio.h>

#include "base/json.h"
#include "ecosystem/inventory.h"

/* Whether a file may be worth sbom_read(): a JSON object that mentions either format's mark. Cheap, no
 * parsing. */
bool sbom_looks_like(struct str json);

/* Adds the operating system, layers and packages of a CycloneDX or SPDX document to the inventory;
 * inventory_finish() is left to the caller. Components that cannot be judged (no package-url, or a bad one)
 * become problems of the inventory. ERR_INVALID: not JSON; ERR_UNSUPPORTED: neither format, or a version that
 * is not known; ERR_LIMIT: too many or too deeply nested components. */
int sbom_read(struct inventory *inv, struct str json);

enum { SBOM_COMPONENTS_MAX = 5000000, SBOM_DEPTH_MAX = 64 };

/* A document on its way out. `scratch` is reset after each entry. */
struct sbom_out {
    struct json_out json;
    struct buf buf;
    FILE *to;
    struct arena *scratch;
};

/* To be called between entries: passes on what was written. ERR_IO, or ERR_LIMIT for an entry of absurd size.
 */
int sbom_flush(struct sbom_out *out);

/* What others add to a document. Members may be NULL. */
struct sbom_extra {
    struct str seed; /* distinguishes documents about equal inventories: goes into the identifiers */
    /* Members at the end of the document (CycloneDX). */
    int (*document)(struct sbom_out *out, const void *ctx);
    /* Elements of the array of external references of a package (SPDX). */
    void (*references)(struct sbom_out *out, uint32_t package, const void *ctx);
    const void *ctx;
};

/* An entry of a CycloneDX "properties" array; nothing for an empty value. */
void cyclonedx_property(struct json_out *o, const char *name, struct str value);

/* `extra` may be NULL. The inventory is finished. */
int cyclonedx_write(const struct inventory *inv, const struct sbom_extra *extra, FILE *to);
int spdx_write(const struct inventory *inv, const struct sbom_extra *extra, FILE *to);

/* The identifier of a package in CycloneDX documents ("bom-ref"). */
struct str cyclonedx_ref(struct arena *a, const struct inventory *inv, uint32_t package);

/* SOURCE_DATE_EPOCH where it is set and sound (https://reproducible-builds.org/specs/source-date-epoch/),
 * else now. */
int64_t sbom_time(void);

#endif
