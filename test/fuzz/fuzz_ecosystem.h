/* What the fuzz targets of package databases share: a file of that path and content through the ecosystems
 * that want it, into an inventory that is finished. */
#ifndef ASSAY_FUZZ_ECOSYSTEM_H
#define ASSAY_FUZZ_ECOSYSTEM_H

#include "base/cleanup.h"
#include "ecosystem/ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline int fuzz_offer(struct str path, struct str content)
{
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    struct view_file file = view_file_memory(path, content);
    ecosystem_offer(inv, &file);
    inventory_finish(inv);
    return 0;
}

#endif
