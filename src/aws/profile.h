/* The files that the AWS CLI and SDKs share ("Configuration and credential file settings in the AWS CLI"):
 * ~/.aws/config and ~/.aws/credentials, or what AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name. */
#ifndef ASSAY_AWS_PROFILE_H
#define ASSAY_AWS_PROFILE_H

#include "base/arena.h"

struct setting {
    struct str section; /* "profile NAME", "services NAME"; of credentials: "profile NAME", too */
    struct str name;    /* in lower case; "ec2.endpoint_url" for one that is indented below "ec2" */
    struct str value;
    bool secret_file; /* of the credentials file */
};
struct profiles {
    const struct setting *settings;
    size_t n;
};
enum { PROFILE_FILE_MAX = 1 << 20, PROFILE_SETTINGS_MAX = 20000 };

/* Files that are not there hold nothing. ERR_INVALID with the line, without what it holds. */
int profiles_read(struct arena *a, struct profiles *ret_profiles);
/* The text of one file. */
int profiles_parse(struct arena *a, const char *name, struct str text, bool secret_file,
                   struct profiles *ret_profiles);

bool profile_exists(const struct profiles *p, struct str profile);
/* A setting of a profile; empty when there is none. The credentials file comes first. */
struct str profile_get(const struct profiles *p, struct str profile, const char *name);
/* The same of the credentials file alone. */
struct str profile_get_secret(const struct profiles *p, struct str profile, const char *name);
/* Where services answer: "endpoint_url" of the profile's services section for `service` ("ec2",
 * "elastic_load_balancing_v2"), else of the profile; empty when it does not say. */
struct str profile_endpoint(const struct profiles *p, struct str profile, struct str service);

#endif
