/* Package ecosystems, one file each: which files they read, and how.
 *
 * A walk offers every regular file to the table by its path; an ecosystem whose pattern fits gets the file
 * opened once and adds packages to the inventory. Reading one file never needs another one: that is what lets
 * a layer be read once and its result be kept. What needs the whole picture (ownership, the distribution's
 * name) happens in inventory_finish().
 *
 * A new ecosystem is one file with one const struct, and its name in meson.build.
 */
#ifndef ASSAY_ECOSYSTEM_ECOSYSTEM_H
#define ASSAY_ECOSYSTEM_ECOSYSTEM_H

#include "base/json.h"
#include "ecosystem/inventory.h"
#include "view/view.h"

struct ecosystem {
    const char *name; /* "dpkg", "python", "java" */
    const char *help; /* what it reads, one line, for docs and --help */
    /* Path patterns as str_glob() takes them, ended by NULL: "var/lib/dpkg/status", "**"
     * "/package-lock.json",
     * "**" "/" "*.dist-info/METADATA". */
    const char *const *patterns;
    /* Reads one file. An error is noted as a problem of that file by the caller and the walk goes on;
     * packages added before the fault stay. */
    int (*read)(struct inventory *inv, struct view_file *file);
};

/* The generated table, sorted by name, ended by NULL. */
extern const struct ecosystem *const ecosystems[];

/* Whether any ecosystem wants the file, by path alone. Cheap: decided by base name and suffix first. */
bool ecosystem_wants(struct str path);

/* Offers the file to every ecosystem that wants it, problems noted in the inventory. */
void ecosystem_offer(struct inventory *inv, struct view_file *file);

/* Walks the whole view into the inventory (inventory_finish() is left to the caller). Fails only when the
 * view itself cannot be read at all. */
int ecosystem_walk(struct inventory *inv, struct view *view);

/* The content of a JSON file, in the arena. Errors as of view_file_content() and json_parse(). */
int ecosystem_json(struct view_file *file, size_t cap, struct arena *a, json_val **ret_root);

#endif
