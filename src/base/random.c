#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

const char random_base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const char random_base32_lower[] = "abcdefghijklmnopqrstuvwxyz234567";
const char random_base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const char random_hex[] = "0123456789abcdef";

void random_bytes(void *to, size_t n)
{
    for (char *p = to; n;) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) { /* no kernel of today; going on without would be worse than ending */
            fprintf(stderr, "assay: no random numbers: %s\n", strerror(errno));
            abort();
        }
        p += got;
        n -= (size_t)got;
    }
}

void random_text(char *to, size_t n, const char *alphabet)
{
    unsigned char mask = (unsigned char)(strlen(alphabet) - 1);
    random_bytes(to, n);
    for (size_t i = 0; i < n; i++)
        to[i] = alphabet[(unsigned char)to[i] & mask];
    to[n] = 0;
}
