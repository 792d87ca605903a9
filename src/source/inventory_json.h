/* Inventories in JSON, as `assay inventory --format json` writes them (src/report/json.c). */
#ifndef ASSAY_SOURCE_INVENTORY_JSON_H
#define ASSAY_SOURCE_INVENTORY_JSON_H

#include "base/json.h"
#include "ecosystem/inventory.h"

/* Whether the text may be one: a JSON object. The parser decides. */
bool inventory_json_looks_like(struct str json);

/* Adds what the text holds to the inventory; inventory_finish() is left to the caller. ERR_INVALID when it is
 * not JSON, not an inventory, or names a layer it does not list. */
int inventory_from_json(struct inventory *inv, struct str json);
/* The same from a document that is parsed already; the inventory keeps nothing of it. */
int inventory_from_value(struct inventory *inv, json_val *root);

#endif
