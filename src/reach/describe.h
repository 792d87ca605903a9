/* Within the loader: one function a list of the describe calls, and the small readers they share. */
#ifndef ASSAY_REACH_DESCRIBE_H
#define ASSAY_REACH_DESCRIBE_H

#include "base/json.h"
#include "reach/model.h"

struct description {
    const char *list; /* the member that holds the list; Direct Connect's begin with a small letter as well */
    void (*read)(struct model *m, json_val *item);
};
/* N_LISTS: none of those. */
enum list list_of(struct str name);
/* Notes that a list was read; `all`: to its end. */
void told_list(struct model *m, enum list list, bool all);
/* Notes the lists of a member "NotRead", an array of names. */
void told_refused(struct model *m, json_val *names);
/* What is read from now on another guest tells. */
void told_guest(struct model *m);
/* What is read from now on, until the end, is in one directory: of several that describe VPCs, so of several
 * accounts or regions, each has to tell a list, or the directory that they are in. */
struct told_place {
    struct reading outer[N_LISTS];      /* before it */
    bool some[N_LISTS], every[N_LISTS]; /* told by a directory below; by each that describes VPCs */
    size_t homes, gateways;             /* those that do; virtual private gateways of elsewhere */
};
void told_begin(struct model *m, struct told_place *ret_place);
void told_end(struct model *m, struct told_place *place, struct told_place *above);
/* What follows from what was read and what was not. */
void told_link(struct model *m);
void told_gaps(struct model *m);
extern const struct description describe_vpc[], describe_edge[], describe_balancer[];

/* A member, in the spelling of EC2 or with a small first letter. */
json_val *member(json_val *object, const char *name);
static inline struct str member_str(json_val *object, const char *name)
{
    return json_str(member(object, name));
}
/* A number that may be written as a string; `otherwise` when there is none. */
int member_int(json_val *object, const char *name, int otherwise);
/* Adds the prefixes in the member `name` of each of a list's objects; of plain strings when `name` is NULL.
 */
void add_prefixes(struct model *m, prefix_vec *p, json_val *list, const char *name);
/* -1: all, -2: not understood. */
int protocol_number(struct str text);

#endif
