/* Whether a certificate and its key can be served, said in words of the files: GnuTLS, which serves them,
 * only says that it cannot. */
#ifndef ASSAY_NET_TLS_CHECK_H
#define ASSAY_NET_TLS_CHECK_H

#include "base/str.h"

/* Both are the texts of PEM files, named for the error; the key may follow the certificate in one file. */
int tls_check(const char *certificate_path, struct str certificate, const char *key_path, struct str key);

#endif
