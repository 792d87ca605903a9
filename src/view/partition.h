/* Partition tables: GPT (UEFI specification, chapter 5) and MBR with its extended partitions. */
#ifndef ASSAY_VIEW_PARTITION_H
#define ASSAY_VIEW_PARTITION_H

#include "base/arena.h"
#include "view/disk.h"

enum { PARTITIONS_MAX = 256 };
struct partition {
    uint64_t start, size; /* bytes */
    struct str uuid;      /* PARTUUID as Linux writes it, or empty */
    struct str label;     /* PARTLABEL, or empty */
    unsigned number;      /* as Linux counts; 0: the whole disk */
    bool machine;         /* its type says that it serves the machine alone: boot loaders, swap */
};
/* The partitions, in the arena; the whole disk as one when there is no table. As Linux does, a GPT counts
 * where the master boot record announces it, or is empty; else the partitions of the latter. ERR_INVALID when
 * neither copy of a GPT is sound. */
int partitions_read(struct disk *disk, struct arena *a, struct partition **ret_partitions, size_t *ret_n);

#endif
