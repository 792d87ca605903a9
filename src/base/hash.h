/* Hashes: XXH3 for tables and damage, SHA-256 for identity. */
#ifndef ASSAY_BASE_HASH_H
#define ASSAY_BASE_HASH_H

#include "base/str.h"

/* 64-bit XXH3, stable over machines and releases: it may be stored. */
uint64_t hash64(struct str s);
/* Mixes `s` into `seed`: the order of calls counts. */
uint64_t hash64_with(uint64_t seed, struct str s);

enum { SHA256_SIZE = 32, SHA256_HEX = 64 };
struct sha256;
struct sha256 *sha256_new(void);
void sha256_update(struct sha256 *h, const void *data, size_t n);
/* Writes the digest and frees `h`. */
void sha256_finish(struct sha256 *h, unsigned char ret_digest[SHA256_SIZE]);
/* Of one text at once. */
void sha256_of(struct str s, unsigned char ret_digest[SHA256_SIZE]);
/* Lower-case hex and a NUL byte. */
void sha256_hex(const unsigned char digest[SHA256_SIZE], char ret_hex[SHA256_HEX + 1]);

/* SHA-1 only names files as Maven's repositories do; nothing is trusted because of it. */
enum { SHA1_HEX = 40 };
struct sha1;
struct sha1 *sha1_new(void);
void sha1_update(struct sha1 *h, const void *data, size_t n);
/* Writes lower-case hex and a NUL byte, and frees `h`. */
void sha1_finish(struct sha1 *h, char ret_hex[SHA1_HEX + 1]);

#endif
