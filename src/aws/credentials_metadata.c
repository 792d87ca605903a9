/* The role of an EC2 instance. */
#include "aws/credentials.h"
#include "aws/metadata.h"
#include "base/err.h"

static int find(const struct credential_request *r, struct credentials *ret_credentials)
{
    struct arena *a = r->arena;
    struct str role, text;
    json_val *root;
    int status = metadata_get(a, "meta-data/iam/security-credentials/", &role);
    if (status < 0)
        return status;
    struct str first = role;
    str_next(&role, '\n', &first);
    const char *path = arena_printf(a, "meta-data/iam/security-credentials/%.*s",
                                    STR_ARG(http_encode(a, str_trim(first), false)))
                           .p;
    status = metadata_get(a, path, &text);
    if (status < 0)
        return status;
    struct str code = json_parse(a, text, &root) < 0 ? STR("Success") : json_get_str(root, "Code");
    if (code.n && !str_is(code, "Success"))
        return err_set(ERR_DENIED, "metadata service: %.*s", STR_ARG(utf8_cut(code, 64)));
    return credentials_from_json(a, "metadata service", text, "Token", ret_credentials);
}

const struct credential_provider credentials_metadata = {"instance", find};
