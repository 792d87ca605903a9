/* Shared inside sbom/: how both formats are written and read. */
#ifndef ASSAY_SBOM_INTERNAL_H
#define ASSAY_SBOM_INTERNAL_H

#include "base/hex.h"
#include "sbom/sbom.h"

int sbom_out_open(struct sbom_out *out, FILE *to);
/* Passes on the rest if `status` is 0, and frees. Returns the first error. */
int sbom_out_close(struct sbom_out *out, int status);

/* A UUID (RFC 9562, version 8) of the inventory's content and the seed. */
void sbom_uuid(const struct inventory *inv, struct str seed, char ret_uuid[UUID_TEXT]);

/* Algorithm and digest of "sha256:0a1b...", when the digest is hexadecimal and of the right length. */
bool sbom_split_digest(struct str digest, struct str *ret_algorithm, struct str *ret_hex);

/* A document on its way in. */
struct sbom_reader {
    struct inventory *inv;
    struct arena *arena; /* of the document */
    size_t components, without_purl;
    struct str first_without; /* name of one that has none */
};

/* Fills `p` from a purl: type, namespace, name, version, arch, source, modularity, manager; and the
 * inventory's operating system from a distribution's, where that is not known yet. */
int sbom_package_from_purl(struct sbom_reader *r, struct str purl, struct package *p);
/* Counts a component; ERR_LIMIT over the cap. */
int sbom_count(struct sbom_reader *r);
void sbom_note_without_purl(struct sbom_reader *r, struct str name);

enum package_manager sbom_manager(struct str name);

int cyclonedx_read(struct sbom_reader *r, json_val *root);
int spdx_read(struct sbom_reader *r, json_val *root);

#endif
