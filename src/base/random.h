/* Random bytes and texts for keys, tokens and identifiers, from the system's generator. They cannot fail. */
#ifndef ASSAY_BASE_RANDOM_H
#define ASSAY_BASE_RANDOM_H

#include <stddef.h>

void random_bytes(void *to, size_t n);

/* Five and six bits a character. */
extern const char random_base32[], random_base32_lower[], random_base64[], random_hex[];
/* `n` characters of an alphabet whose length is a power of two, and a NUL byte. */
void random_text(char *to, size_t n, const char *alphabet);

#endif
