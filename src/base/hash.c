#include "base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include "base/hex.h"
#include "base/mem.h"

uint64_t hash64(struct str s)
{
    return XXH3_64bits(s.p, s.n);
}

uint64_t hash64_with(uint64_t seed, struct str s)
{
    return XXH3_64bits_withSeed(s.p, s.n, seed);
}

struct sha256 *sha256_new(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
        mem_exhausted(sizeof ctx);
    return (struct sha256 *)ctx;
}

void sha256_update(struct sha256 *h, const void *data, size_t n)
{
    EVP_DigestUpdate((EVP_MD_CTX *)h, data, n);
}

void sha256_finish(struct sha256 *h, unsigned char ret_digest[SHA256_SIZE])
{
    EVP_DigestFinal_ex((EVP_MD_CTX *)h, ret_digest, NULL);
    EVP_MD_CTX_free((EVP_MD_CTX *)h);
}

void sha256_of(struct str s, unsigned char ret_digest[SHA256_SIZE])
{
    struct sha256 *h = sha256_new();
    sha256_update(h, s.p, s.n);
    sha256_finish(h, ret_digest);
}

void sha256_hex(const unsigned char digest[SHA256_SIZE], char ret_hex[SHA256_HEX + 1])
{
    hex_write(digest, SHA256_SIZE, ret_hex);
}

struct sha1 *sha1_new(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) != 1)
        mem_exhausted(sizeof ctx);
    return (struct sha1 *)ctx;
}

void sha1_update(struct sha1 *h, const void *data, size_t n)
{
    EVP_DigestUpdate((EVP_MD_CTX *)h, data, n);
}

void sha1_finish(struct sha1 *h, char ret_hex[SHA1_HEX + 1])
{
    unsigned char digest[SHA1_HEX / 2];
    EVP_DigestFinal_ex((EVP_MD_CTX *)h, digest, NULL);
    EVP_MD_CTX_free((EVP_MD_CTX *)h);
    hex_write(digest, sizeof digest, ret_hex);
}
