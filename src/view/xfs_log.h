/* The log of XFS, as xfs_replay.c reads it: records of operations between its tail and its head. */
#ifndef ASSAY_VIEW_XFS_LOG_H
#define ASSAY_VIEW_XFS_LOG_H

#include "view/xfs.h"

enum { XFS_SECTOR = 512 /* bytes; that the log and buffers are counted in */ };
struct xfs_position {
    uint32_t cycle, block;
};
struct xfs_log {
    const struct xfs *x;
    uint64_t at; /* offset on the disk */
    uint32_t n;  /* sectors */
    uint32_t hinted;
    struct xfs_position tail, head;
    bool damaged; /* the head is far before where it was */
};
/* A record whose checksum is right. */
struct xfs_record {
    unsigned char *bytes; /* heads and data, those with the words that the heads have of them */
    unsigned char *data;
    size_t n; /* bytes of data */
    struct xfs_position tail, next;
};

/* Finds tail and head. ERR_MISSING when nothing was ever logged; ERR_INVALID, ERR_UNSUPPORTED, ERR_IO. */
int xfs_log_open(const struct xfs *x, const unsigned char *super, struct xfs_log *ret_log);
/* The record that begins there; free() its bytes. ERR_MISSING when none does. */
int xfs_record_read(struct xfs_log *l, struct xfs_position at, struct xfs_record *ret_record);

#endif
