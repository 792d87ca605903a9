#include "base/hex.h"

#include <stdio.h>

static const char digits[] = "0123456789abcdef";

void hex_write(const void *bytes, size_t n, char *ret_text)
{
    const unsigned char *from = bytes;
    for (size_t i = 0; i < n; i++) {
        ret_text[2 * i] = digits[from[i] >> 4];
        ret_text[2 * i + 1] = digits[from[i] & 15];
    }
    ret_text[2 * n] = 0;
}

static int value_of(char digit)
{
    return is_digit(digit) ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool hex_read(struct str text, void *ret_bytes, size_t n)
{
    unsigned char *to = ret_bytes;
    if (text.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = value_of(text.p[2 * i]), low = value_of(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

void uuid_write(const unsigned char bytes[UUID_SIZE], unsigned version, char ret_text[UUID_TEXT])
{
    unsigned char b[UUID_SIZE];
    char hex[2 * UUID_SIZE + 1];
    memcpy(b, bytes, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | version << 4);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* variant */
    hex_write(b, sizeof b, hex);
    snprintf(ret_text, UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}
