/* The query APIs (EC2, load balancers): forms go, XML comes, and is told in the members' names of the AWS
 * CLI.
 *
 * Which members those are is a table: what it does not name is left out, above all the pre-shared keys in
 * what EC2 says of VPN connections.
 */
#ifndef ASSAY_AWS_QUERY_H
#define ASSAY_AWS_QUERY_H

#include "aws/aws.h"

/* TOKEN: of the next page; it is no part of the document, which so stays what it was when nothing changes. */
enum member_kind { TEXT, NUMBER, TRUTH, MEMBERS, LIST, TOKEN };
struct member {
    const char *name; /* in JSON; in XML it may begin with a small letter */
    enum member_kind kind;
    const struct member *of; /* the members of an object, or of a list's objects; NULL: a list of texts */
    const char *xml;         /* the element when it has another name */
};

struct query_operation {
    const char *name;
    const struct member *result;
    unsigned page; /* items to be asked for at once; 0: it says all that it has, or as much as it likes */
};
struct query_api {
    const char *service, *version;
    const char *item;                                /* the element of a list's items */
    bool wrapped;                                    /* OperationResult stands in OperationResponse */
    const char *page_size, *token, *next;            /* parameters, and the member with the next token */
    const struct query_operation *const *operations; /* tables that end with {0}, ended by NULL */
};
/* What many of EC2's shapes hold. */
extern const struct member ec2_tag[], ec2_group[];

extern const struct query_api query_ec2, query_elb, query_elbv2, query_sts;

/* NULL when it is not in the table. */
const struct query_operation *query_find(const struct query_api *api, const char *operation);
/* One answer from XML to JSON; *ret_token is empty at the end of a list, else in the arena. ERR_INVALID for
 * what is no such answer, ERR_LIMIT. */
int query_convert(struct arena *a, const struct query_api *api, const struct query_operation *operation,
                  struct str xml, struct buf *to, struct str *ret_token);
/* One call; `form` holds its parameters, "A.1=b&C=d", percent-encoded. The JSON is in the arena. */
int query_call(struct aws *aws, struct arena *a, const struct query_api *api, const char *operation,
               struct str form, struct str *ret_json);

/* All pages, as texts that last as long as the call. A result other than 0 ends the list and is returned. */
typedef int query_text(void *ctx, struct str json);
int query_texts(struct aws *aws, const struct query_api *api, const char *operation, struct str form,
                query_text *visit, void *ctx);
/* As values. */
int query_pages(struct aws *aws, const struct query_api *api, const char *operation, struct str form,
                aws_page *visit, void *ctx);

#endif
