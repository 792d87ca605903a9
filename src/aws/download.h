/* What AWS gives an address for: layers of images, code of functions. */
#ifndef ASSAY_AWS_DOWNLOAD_H
#define ASSAY_AWS_DOWNLOAD_H

#include "aws/aws.h"

struct aws_download {
    struct str url; /* says itself who may have it: nothing is signed, and it is never in an error's text */
    size_t cap;
    unsigned seconds;
    const char *save_to; /* a file; or NULL */
};
/* Errors as of calls. *ret_body (which may be NULL with `save_to`) is in the arena. */
int aws_download(struct aws *aws, struct arena *a, const struct aws_download *d, struct str *ret_body);

#endif
