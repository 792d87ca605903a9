/* Numbers as they lie in foreign bytes, at any address. */
#ifndef ASSAY_BASE_BYTES_H
#define ASSAY_BASE_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define BYTES_READER(name, type, convert)                                                                    \
    static inline type name(const void *at)                                                                  \
    {                                                                                                        \
        type value;                                                                                          \
        memcpy(&value, at, sizeof value);                                                                    \
        return convert(value);                                                                               \
    }
BYTES_READER(get_le16, uint16_t, le16toh)
BYTES_READER(get_le32, uint32_t, le32toh)
BYTES_READER(get_le64, uint64_t, le64toh)
BYTES_READER(get_be16, uint16_t, be16toh)
BYTES_READER(get_be32, uint32_t, be32toh)
BYTES_READER(get_be64, uint64_t, be64toh)
#undef BYTES_READER

#endif
