#include "net/tls_check.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/err.h"

/* A key under a password is refused: there is nobody to ask. */
static int no_password(char *to, int size, int writing, void *ctx)
{
    (void)to, (void)size, (void)writing, (void)ctx;
    return 0;
}

static BIO *open_text(struct str text)
{
    return BIO_new_mem_buf(text.n ? text.p : "", (int)text.n);
}

int tls_check(const char *certificate_path, struct str certificate, const char *key_path, struct str key)
{
    BIO *from = open_text(certificate), *key_from = open_text(key);
    X509 *leaf = PEM_read_bio_X509(from, NULL, no_password, NULL);
    EVP_PKEY *secret = PEM_read_bio_PrivateKey(key_from, NULL, no_password, NULL);
    int status = 0;
    if (!leaf)
        status = err_set(ERR_INVALID, "%s: no certificate in PEM", certificate_path);
    else if (!secret)
        status = err_set(ERR_INVALID, "%s: no private key in PEM, or one with a password", key_path);
    else if (X509_check_private_key(leaf, secret) != 1)
        status = err_set(ERR_INVALID, "%s: not the key of the first certificate in %s", key_path,
                         certificate_path);
    EVP_PKEY_free(secret);
    X509_free(leaf);
    BIO_free(key_from);
    BIO_free(from);
    ERR_clear_error();
    return status;
}
