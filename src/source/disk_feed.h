/* Blocks of disks that a confined process asks for and its parent brings: the first has neither network nor
 * credentials, the second never looks into what it brings.
 *
 * Both share a file, the spool, that is as large as all disks together, one behind the other, each beginning
 * with a whole block. What was brought stays there, so that each block is brought once; where a disk has
 * nothing, nothing is written, and it reads as zeros.
 *
 * On a socket the child writes how many blocks it wants (8 bytes, in this machine's order) and which, then
 * waits for one byte: 1 when all of them are in the spool.
 */
#ifndef ASSAY_SOURCE_DISK_FEED_H
#define ASSAY_SOURCE_DISK_FEED_H

#include <stdbool.h>

#include "view/disk.h"

enum { FEED_AT_ONCE = 32 /* blocks in a request */, FEED_BLOCK_MIN = 512, FEED_BLOCK_MAX = 16 << 20 };
/* Of all disks; the bits that say what was brought take an eighth of that in bytes. */
#define FEED_BLOCKS_MAX ((uint64_t)1 << 32)

/* Where a disk begins when those before it have these sizes in bytes: its first block. */
uint64_t feed_blocks(const uint64_t *sizes, size_t n, uint64_t block);

/* All disks in one. It keeps the descriptors, which stay open. */
struct disk *feed_open(int spool, int socket, uint64_t block, uint64_t blocks);

/* Reads a request for some of `blocks`; *ret_n is 0 when the child is gone. ERR_INVALID when it is none. */
int feed_request(int socket, uint64_t blocks, uint64_t ret_wanted[FEED_AT_ONCE], size_t *ret_n);
int feed_answer(int socket, bool brought);

#endif
