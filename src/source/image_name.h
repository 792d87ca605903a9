/* Names of images as people write them, "HOST/NAME[:TAG|@DIGEST]", and the credentials that 'docker login'
 * keeps for their registries. */
#ifndef ASSAY_SOURCE_IMAGE_NAME_H
#define ASSAY_SOURCE_IMAGE_NAME_H

#include "base/arena.h"

struct image_name {
    struct str host;      /* "registry.example:5000", "docker.io" */
    struct str name;      /* "team/app" */
    struct str reference; /* a tag or digest; "latest" where none is given */
};
/* A name without a host is one of Docker's own registry ("debian": docker.io/library/debian), as other tools
 * read it. ERR_INVALID. In the arena. */
int image_name_parse(struct arena *a, struct str text, struct image_name *ret_name);
/* "host[:port]" that its API answers at. */
struct str image_name_api(const struct image_name *r);

/* From $DOCKER_CONFIG/config.json or ~/.docker/config.json; nothing is set when there are none for the host.
 * Credential helpers are not run. */
int credentials_find(struct arena *a, struct str host, struct str *ret_user, struct str *ret_password);
/* The same from the text of such a file. */
int credentials_parse(struct arena *a, struct str text, struct str host, struct str *ret_user,
                      struct str *ret_password);

#endif
