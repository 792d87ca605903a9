/* Reading hostile artefacts in a child process of this program, so that a fault in a parser ends that one
 * reading and reaches neither keys nor state.
 *
 * The child sees the folder it is given and nothing else (Landlock, where the kernel has it), makes the few
 * system calls that reading takes and no others (seccomp), has no network, limited memory, processor time
 * and file size, and dies with its parent. It writes the form of source/artefact.h to its standard output.
 */
#ifndef ASSAY_SOURCE_SANDBOX_H
#define ASSAY_SOURCE_SANDBOX_H

#include "base/buf.h"
#include "view/disk.h"
#include "view/image.h"

struct sandbox {
    const char *program; /* this one */
    uint64_t memory;     /* bytes of address space; 0: 3 GiB */
    unsigned seconds;    /* of time, and as many of each processor; 0: 600 */
    /* The kernel lacks a part of the sandbox, said once a process; or NULL. */
    void (*notice)(void *ctx, const char *text);
    void *ctx;
};

/* As artefact_read_layer() and so on; `to` is to be capped at ARTEFACT_MAX. Temporary files are made in
 * `folder`. ERR_LIMIT when a limit ended the child, ERR_INVALID when it crashed: the text says so. */
int sandbox_read_layer(const struct sandbox *s, const char *folder, const struct layer *layer,
                       struct buf *to);
int sandbox_read_image(const struct sandbox *s, const char *folder, const struct image *image,
                       struct buf *to);
/* The file `name` in `folder`. */
int sandbox_read_zip(const struct sandbox *s, const char *folder, const char *name, struct buf *to);

/* The disks of a machine, whose blocks are brought as they are asked for (source/disk_feed.h). */
struct sandbox_disks {
    const uint64_t *sizes; /* bytes */
    size_t n;
    uint64_t block; /* bytes */
    /* Writes each of these blocks into the spool at its number times `block`, or leaves it out where there is
     * nothing but zeros. Numbers go on from disk to disk: feed_blocks(). An error ends the reading, and is
     * what that returns. */
    int (*bring)(void *ctx, const uint64_t *blocks, size_t n, int spool);
    void *ctx;
    const struct disk_names *names; /* of each; or NULL */
};
enum { SANDBOX_DISKS_MAX = 16 };
int sandbox_read_disks(const struct sandbox *s, const char *folder, const struct sandbox_disks *disks,
                       struct buf *to);

/* The child: main() calls it when the first argument is SANDBOX_ARGUMENT, with those that follow. */
#define SANDBOX_ARGUMENT "--read-artefact"
int sandbox_main(int argc, char **argv);

#endif
