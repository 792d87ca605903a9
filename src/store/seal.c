/* The master key, and secrets sealed under it: nonce, ciphertext, tag of AES-256-GCM. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/random.h"
#include "store/access.h"

enum { MASTER_KEY = 32, NONCE = 12, GCM_TAG = 16 };
_Static_assert(NONCE + GCM_TAG == SEAL_OVERHEAD, "what sealing adds");

struct master_key {
    unsigned char bytes[MASTER_KEY];
};

/* Makes the file, whole from the moment it is there: of two who make it at once, both use the first's. */
static int make_key_file(const char *path)
{
    char temp[4096], name[13];
    unsigned char bytes[MASTER_KEY];
    random_text(name, sizeof name - 1, random_hex);
    if ((size_t)snprintf(temp, sizeof temp, "%s.%s.tmp", path, name) >= sizeof temp)
        return err_set(ERR_LIMIT, "%s: path too long", path);
    _cleanup_fd_ int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno("%s", path);
    random_bytes(bytes, sizeof bytes);
    ssize_t n = write(fd, bytes, sizeof bytes);
    OPENSSL_cleanse(bytes, sizeof bytes);
    int status = 0;
    if (n != sizeof bytes || fsync(fd) < 0 || (link(temp, path) < 0 && errno != EEXIST))
        status = err_errno("%s", path);
    unlink(temp);
    return status;
}

static int read_key_file(int fd, const char *path, struct master_key *ret_key)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno("%s", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(ERR_UNSUPPORTED, "%s: others may read the master key (chmod 600)", path);
    if (!S_ISREG(st.st_mode) || st.st_size != MASTER_KEY)
        return err_set(ERR_INVALID, "%s: not a master key of %d bytes", path, MASTER_KEY);
    if (read(fd, ret_key->bytes, MASTER_KEY) != MASTER_KEY)
        return err_errno("%s", path);
    return 0;
}

int master_key_open(const char *path, struct master_key **ret_key)
{
    int status = access(path, F_OK) < 0 && errno == ENOENT ? make_key_file(path) : 0;
    if (status < 0)
        return status;
    _cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_errno("%s", path);
    struct master_key *k = mem_alloc(sizeof *k);
    if ((status = read_key_file(fd, path, k)) < 0)
        master_key_close(k);
    else
        *ret_key = k;
    return status;
}

void master_key_close(struct master_key *k)
{
    if (k)
        OPENSSL_cleanse(k, sizeof *k);
    free(k);
}

/* The name goes into the tag, so that sealed text works for it alone. */
static bool begin(EVP_CIPHER_CTX *ctx, const struct master_key *k, const unsigned char *nonce,
                  struct str name, bool encrypt)
{
    int n;
    return EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, k->bytes, nonce, encrypt) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &n, (const unsigned char *)(name.n ? name.p : ""), (int)name.n) == 1;
}

struct str seal(struct arena *a, const struct master_key *k, struct str name, struct str secret)
{
    unsigned char *out = arena_alloc(a, secret.n + SEAL_OVERHEAD), *text = out + NONCE;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n, end;
    random_bytes(out, NONCE);
    if (!ctx || !begin(ctx, k, out, name, true) ||
        EVP_EncryptUpdate(ctx, text, &n, (const unsigned char *)(secret.n ? secret.p : ""), (int)secret.n) !=
            1 ||
        EVP_EncryptFinal_ex(ctx, text + n, &end) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, GCM_TAG, text + secret.n) != 1)
        mem_exhausted(secret.n); /* it fails for no other reason */
    EVP_CIPHER_CTX_free(ctx);
    return (struct str){(char *)out, secret.n + SEAL_OVERHEAD};
}

int unseal(struct arena *a, const struct master_key *k, struct str name, struct str sealed,
           struct str *ret_secret)
{
    if (sealed.n < SEAL_OVERHEAD)
        return err_set(ERR_INVALID, "%.*s: not a sealed secret", STR_ARG(name));
    size_t size = sealed.n - SEAL_OVERHEAD;
    const unsigned char *nonce = (const unsigned char *)sealed.p, *text = nonce + NONCE;
    unsigned char *out = arena_alloc(a, size + 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n, end;
    bool good =
        ctx && begin(ctx, k, nonce, name, false) && EVP_DecryptUpdate(ctx, out, &n, text, (int)size) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, GCM_TAG, (void *)(uintptr_t)(text + size)) == 1 &&
        EVP_DecryptFinal_ex(ctx, out + n, &end) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!good) {
        OPENSSL_cleanse(out, size);
        return err_set(ERR_INVALID, "%.*s: its secret was sealed under another master key", STR_ARG(name));
    }
    *ret_secret = (struct str){(char *)out, size};
    return 0;
}
