#include "aws/sts.h"

#include "aws/query.h"
#include "base/err.h"

static const struct member identity[] = {{"UserId"}, {"Account"}, {"Arn"}, {0}};
static const struct query_operation sts[] = {{"GetCallerIdentity", identity, 0}, {0}};

const struct query_api query_sts = {.service = "sts",
                                    .version = "2011-06-15",
                                    .item = "member",
                                    .wrapped = true,
                                    .operations = (const struct query_operation *const[]){sts, NULL}};

int sts_identity(struct aws *aws, struct arena *a, struct sts_identity *ret_identity)
{
    struct str json;
    json_val *document;
    int status = query_call(aws, a, &query_sts, "GetCallerIdentity", (struct str){0}, &json);
    if (status == 0)
        status = json_parse(a, json, &document);
    if (status < 0)
        return status;
    struct sts_identity i = {json_get_str(document, "Account"), json_get_str(document, "Arn")};
    if (!i.account.n || !i.arn.n)
        return err_set(ERR_INVALID, "sts GetCallerIdentity: the answer says nobody");
    *ret_identity = i;
    return 0;
}
