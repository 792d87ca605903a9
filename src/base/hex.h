/* Bytes as text: lower-case hexadecimal digits, and UUIDs. */
#ifndef ASSAY_BASE_HEX_H
#define ASSAY_BASE_HEX_H

#include "base/str.h"

/* Writes 2 * n digits and a NUL byte. */
void hex_write(const void *bytes, size_t n, char *ret_text);
/* False, with part of the bytes written perhaps, unless the text is exactly 2 * n lower-case digits: then
 * bytes have one text only. */
bool hex_read(struct str text, void *ret_bytes, size_t n);

/* A UUID of that version (RFC 9562), made of 16 bytes but for the six bits that say which it is. */
enum { UUID_SIZE = 16, UUID_TEXT = 37 };
void uuid_write(const unsigned char bytes[UUID_SIZE], unsigned version, char ret_text[UUID_TEXT]);

#endif
