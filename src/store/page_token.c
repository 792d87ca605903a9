#include "store/page_token.h"

#include <math.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"

/* digest, checksum of what follows it, id, number, real, length of text; then both texts. */
enum { FIXED = 8 + 8 + 8 + 8 + 8 + 4, TOKEN_MAX = 16384 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* RFC 4648, section 5, without padding. */
static struct str encode(struct arena *a, struct str bytes)
{
    size_t n = (bytes.n * 8 + 5) / 6;
    char *to = arena_alloc(a, n + 1);
    uint32_t held = 0;
    unsigned bits = 0;
    size_t at = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        held = held << 8 | (unsigned char)bytes.p[i];
        for (bits += 8; bits >= 6; bits -= 6)
            to[at++] = digits[held >> (bits - 6) & 63];
    }
    if (bits)
        to[at++] = digits[held << (6 - bits) & 63];
    return (struct str){to, at};
}

static bool decode(struct arena *a, struct str text, struct str *ret_bytes)
{
    char *to = arena_alloc(a, text.n * 6 / 8 + 1);
    uint32_t held = 0;
    unsigned bits = 0;
    size_t at = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *digit = text.p[i] ? strchr(digits, text.p[i]) : NULL;
        if (!digit)
            return false;
        held = held << 6 | (uint32_t)(digit - digits);
        if ((bits += 6) >= 8)
            to[at++] = (char)(held >> (bits -= 8) & 255);
    }
    *ret_bytes = (struct str){to, at};
    return true;
}

struct str page_token_write(struct arena *a, uint64_t digest, const struct page_token *t)
{
    _cleanup_(buf_free) struct buf b = buf_new(SIZE_MAX);
    uint32_t length = (uint32_t)t->text.n;
    uint64_t sum = 0;
    buf_add(&b, &digest, sizeof digest);
    buf_add(&b, &sum, sizeof sum);
    buf_add(&b, &t->id, sizeof t->id);
    buf_add(&b, &t->number, sizeof t->number);
    buf_add(&b, &t->real, sizeof t->real);
    buf_add(&b, &length, sizeof length);
    buf_add_str(&b, t->text);
    buf_add_str(&b, t->text2);
    sum = hash64(str_slice(buf_str(&b), 16, b.n));
    memcpy(b.p + 8, &sum, sizeof sum);
    return encode(a, buf_str(&b));
}

int page_token_read(struct arena *a, uint64_t digest, struct str token, struct page_token *ret_token)
{
    struct page_token t = {.id = 0};
    struct str bytes;
    uint64_t found, sum;
    uint32_t length;
    if (token.n > TOKEN_MAX || !decode(a, token, &bytes) || bytes.n < FIXED)
        return err_set(ERR_INVALID, "nextToken: not a token of this service");
    memcpy(&found, bytes.p, sizeof found);
    memcpy(&sum, bytes.p + 8, sizeof sum);
    memcpy(&t.id, bytes.p + 16, sizeof t.id);
    memcpy(&t.number, bytes.p + 24, sizeof t.number);
    memcpy(&t.real, bytes.p + 32, sizeof t.real);
    memcpy(&length, bytes.p + 40, sizeof length);
    if (length > bytes.n - FIXED || isnan(t.real) || sum != hash64(str_slice(bytes, 16, bytes.n)))
        return err_set(ERR_INVALID, "nextToken: not a token of this service");
    if (found != digest)
        return err_set(ERR_INVALID, "nextToken: belongs to another query");
    t.text = str_slice(bytes, FIXED, FIXED + length);
    t.text2 = str_slice(bytes, FIXED + length, bytes.n);
    *ret_token = t;
    return 0;
}
