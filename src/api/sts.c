/* GetCallerIdentity of the Security Token Service, which Terraform and `aws sts` call to learn whose key it
 * is: the query protocol, a form in and XML out. */
#include "api/error.h"
#include "base/hash.h"

static int run(struct call *c)
{
    struct str action = {0};
    struct http_request form = *c->http;
    form.query = c->http->body;
    http_query(&form, "Action", 0, &action);
    if (!str_is(action, "GetCallerIdentity"))
        return call_error(c, &(struct error_reply){.status = 400,
                                                   .type = "InvalidAction",
                                                   .message = STR("GetCallerIdentity is the only action "
                                                                  "here.")});
    char account[ACCOUNT_TEXT];
    account_text(c->account, account);
    const char *partition = store_place(c->store)->partition;
    uint64_t id = hash64_with(hash64(str_from(account)), str_from(c->key->user));
    c->reply->status = 200;
    /* Names of users are letters, digits and "._@-": nothing needs to be escaped. */
    c->reply->body = arena_printf(
        c->arena,
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
        "<GetCallerIdentityResult><Arn>arn:%s:iam::%s:user/%s</Arn><UserId>AIDA%016llX</UserId>"
        "<Account>%s</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>%.*s</RequestId>"
        "</ResponseMetadata></GetCallerIdentityResponse>\n",
        partition, account, c->key->user, (unsigned long long)id, account,
        STR_ARG(c->reply->headers[0].value));
    http_reply_header(c->reply, "Content-Type", STR("text/xml"));
    return 0;
}

static const struct operation operations[] = {{.name = "GetCallerIdentity",
                                               .method = "POST",
                                               .path = "/",
                                               .roles = MAY_READ | MAY_REPORT,
                                               .raw = run,
                                               .service = "sts",
                                               .any_region = true},
                                              {0}};
const struct operation_group operations_sts = {"sts", operations};
