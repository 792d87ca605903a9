/* What was read in an artefact (a layer, a whole image, a zip), by itself, in a compact form that is kept: so
 * that it is read once, whoever uses it, and inventories are composed of such results.
 *
 * A layer's result keeps, file by file, what each ecosystem read, and beside it what the layer hides of those
 * below: the composition of all layers' results is what a walk of the whole image gives. Only a wanted name
 * that is a symbolic link to another file may lead to any layer; such an image is read as a whole.
 *
 * The form is the reader's own: "AAI1", then a zstd frame of numbers (LEB128) and strings, each with its
 * length before it. It is made by a child process that reads hostile bytes and is therefore hostile, too.
 */
#ifndef ASSAY_SOURCE_ARTEFACT_H
#define ASSAY_SOURCE_ARTEFACT_H

#include "base/buf.h"
#include "ecosystem/inventory.h"
#include "view/image.h"

/* Raised whenever the ecosystems or this form give other results: what was kept is then read again. */
enum { ARTEFACT_READER = 2 };
enum { ARTEFACT_MAX = 64 << 20 /* as it is kept */, ARTEFACT_PLAIN_MAX = 512 << 20 };

/* What a zip shows of the language it is for. */
enum artefact_language { LANGUAGE_PYTHON = 1, LANGUAGE_NODE = 2, LANGUAGE_JAVA = 4, LANGUAGE_RUBY = 8 };

/* Reading. Each appends the result to `to`, whose cap should be ARTEFACT_MAX. A part that cannot be read is a
 * problem within the result; an artefact that is damaged, has not the digest stated, or is over a cap is an
 * error, and so is ERR_IO of any kind, since it may be gone the next time. */
/* One layer, whose file lies in `folder`. Its diff id is only a name for messages: what it is stands in the
 * result. */
int artefact_read_layer(const char *folder, const struct layer *layer, struct buf *to);
/* All layers of an image at once. */
int artefact_read_image(const char *folder, const struct image *image, struct buf *to);
/* ERR_UNSUPPORTED when it is no zip. */
int artefact_read_zip(const char *path, struct buf *to);

/* The disks of a machine, which are closed. */
struct disk;
int artefact_read_disks(struct disk *const *disks, size_t n, struct buf *to);

/* The result of reading, unpacked. */
struct artefact {
    unsigned char plain[SHA256_SIZE]; /* the diff id of a layer */
    uint64_t files;                   /* that it holds */
    unsigned languages;               /* of a zip */
    struct str links, records, marks; /* the parts, for artefact.c */
};
/* ERR_INVALID when it is none, or damaged. In the arena. */
int artefact_open(struct arena *a, struct str kept, struct artefact *ret_artefact);

/* One layer of an image. */
struct artefact_layer {
    const struct artefact *artefact;
    struct str name; /* in the inventory: its digest */
};
/* The inventory of an image of these layers, lowest first, finished but for target and kind. ERR_UNSUPPORTED
 * when the image has to be read as a whole. */
int artefact_compose(const struct artefact_layer *layers, size_t n, struct inventory **ret_inventory);
/* Adds all that an artefact holds to the inventory, which is not finished yet: of an image read as a whole,
 * whose layers inv->layers names already, with `layer` ARTEFACT_LAYERS; else its packages get that layer
 * (NO_LAYER for none). */
#define ARTEFACT_LAYERS (UINT32_MAX - 1)
int artefact_add(struct inventory *inv, const struct artefact *artefact, uint32_t layer);

#endif
