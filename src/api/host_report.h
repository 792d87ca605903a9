/* What a collector says of its host: the host's id, its facts, what is in it. */
#ifndef ASSAY_API_HOST_REPORT_H
#define ASSAY_API_HOST_REPORT_H

#include "base/hash.h"
#include "base/json.h"
#include "store/resource.h"

/* Of a report: as it comes over the wire, and decompressed. */
enum { REPORT_PACKED_MAX = 64 << 20, REPORT_MAX = 256 << 20, HOST_ADDRESSES_MAX = 100, HOST_TAGS_MAX = 50 };

enum { HOST_ID = 32 };
/* "mi-" and 17 hex digits (the form that SSM gives hybrid machines) out of the machine's own id: the same
 * each time, another one in another account. */
void host_id(account_id account, struct str machine, char ret_id[HOST_ID]);
/* Whether the text is an id of a host: "mi-" and 17, or "i-" and 8 or 17 hex digits. */
bool host_id_valid(struct str id);
/* A host that is there, of which nothing else is known yet. */
struct resource host_resource(account_id account, struct str id);

/* The content of `fd`, `n` bytes, gzip, zstd or plain: its text and the SHA-256 of that in hex. In memory
 * that buf_free() gives back. ERR_INVALID, ERR_LIMIT. */
int host_report_unpack(int fd, uint64_t n, struct buf *text, char ret_digest[SHA256_HEX + 1]);

/* Reads a parsed report (an inventory, with the facts in "host") into an inventory, which is finished, and
 * into the resource, whose account and resource_id are set. Strings in the arena. */
int host_report_read(struct arena *a, json_val *report, struct resource *r, struct inventory **ret_inventory);
/* The facts alone; `platform` may be empty. ERR_INVALID. */
int host_facts_read(struct arena *a, json_val *facts, struct str platform, struct resource *r);

#endif
