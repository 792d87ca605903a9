/* Physical volumes of LVM around a text of metadata, which is the test's own. */
#ifndef ASSAY_TEST_LVM_UTIL_H
#define ASSAY_TEST_LVM_UTIL_H

#include <endian.h>
#include <isa-l/crc.h>
#include <string.h>

enum { LVM_AREA = 4096, LVM_AREA_SIZE = 1 << 18, LVM_IMAGE = 1 << 20 };

static inline void lvm_put32(unsigned char *to, uint32_t number)
{
    number = htole32(number);
    memcpy(to, &number, sizeof number);
}

static inline uint32_t lvm_sum(const unsigned char *bytes, size_t n)
{
    return ~crc32_gzip_refl(~0xf597a6cfu, bytes, n);
}

/* LVM_IMAGE bytes whose id is 32 times `id`; the text has its end, too, when it begins near that of its area.
 */
static inline void lvm_image(unsigned char *to, char id, const void *text, size_t n, size_t at)
{
    unsigned char *label = to + 512, *head = to + LVM_AREA, *area = label + 32 + 32 + 8 + 32;
    size_t first = n < LVM_AREA_SIZE - at ? n : LVM_AREA_SIZE - at;
    memset(to, 0, LVM_IMAGE);
    memcpy(head + at, text, first);
    memcpy(head + 512, (const char *)text + first, n - first);
    memcpy(label, "LABELONE", 8);
    label[8] = 1;
    lvm_put32(label + 20, 32);
    memcpy(label + 24, "LVM2 001", 8);
    memset(label + 32, id, 32);
    lvm_put32(label + 32 + 32, LVM_IMAGE);
    lvm_put32(label + 32 + 32 + 8, LVM_IMAGE / 2); /* where its data begin */
    lvm_put32(area, LVM_AREA);
    lvm_put32(area + 8, LVM_AREA_SIZE);
    lvm_put32(label + 16, lvm_sum(label + 20, 512 - 20));
    memcpy(head + 4, " LVM2 x[5A%r0N*>", 16);
    head[20] = 1;
    lvm_put32(head + 24, LVM_AREA);
    lvm_put32(head + 32, LVM_AREA_SIZE);
    lvm_put32(head + 40, (uint32_t)at);
    lvm_put32(head + 48, (uint32_t)n);
    lvm_put32(head + 56, lvm_sum(text, n));
    lvm_put32(head, lvm_sum(head + 4, 512 - 4));
}

#endif
