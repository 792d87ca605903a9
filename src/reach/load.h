/* From saved `aws ... describe-*` JSON to a model.
 *
 * A document is an object whose members are the lists of the describe calls ("SecurityGroups": [...]), one or
 * several, whatever the file is called. Unknown members are ignored, as are values of the wrong type.
 */
#ifndef ASSAY_REACH_LOAD_H
#define ASSAY_REACH_LOAD_H

#include "base/json.h"
#include "reach/model.h"

/* Reads every *.json of a directory and of those below it (accounts/ID/REGION/...). A file that cannot be
 * read is noted as a problem. ERR_MISSING, ERR_IO, ERR_LIMIT, ERR_INVALID when no file holds anything known.
 */
int load_directory(struct model *m, const char *path);

/* One document; ERR_MISSING without any known list. model_link() is the caller's to call. */
int load_document(struct model *m, json_val *root);
int load_text(struct model *m, struct str text);
/* A document may be of the server's own: {"NotRead": [...]} names the lists that were refused while all
 * others were read, {"Earlier": {...}} holds lists as they were said before, {"EarlierPart": {...}} those of
 * which not all was said then either: what is not said now counts as then. */
/* One of another account or region, which begins with the first: networks, routes, groups and their members
 * that were not described before, nothing that instances are judged by. model_neighbours() says of which.
 * `account` is to last as long as the model. */
void load_guest_begin(struct model *m, struct str account);
int load_guest(struct model *m, struct str text);
/* One document of what changed, in place of what was said before, of a model that was linked: instances have
 * the interfaces that it tells of them, interfaces the addresses, addresses the interface, and no others. */
int load_update(struct model *m, json_val *root);

#endif
