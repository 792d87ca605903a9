/* Inventories in JSON. */
#include <stdint.h>

#include "source/inventory_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inventory *inv = inventory_new();
    struct str json = {(const char *)data, size};
    if (inventory_json_looks_like(json) && inventory_from_json(inv, json) == 0)
        inventory_finish(inv);
    inventory_free(inv);
    return 0;
}
