/* The configuration text in which LVM keeps its metadata: lvm.conf(5) has the grammar. */
#ifndef ASSAY_VIEW_LVM_TEXT_H
#define ASSAY_VIEW_LVM_TEXT_H

#include "base/arena.h"

enum lvm_kind { LVM_SECTION, LVM_LIST, LVM_TEXT, LVM_NUMBER };
struct lvm_node {
    enum lvm_kind kind;
    struct str key;  /* empty in a list */
    struct str text; /* of LVM_TEXT */
    uint64_t number; /* of LVM_NUMBER */
    struct lvm_node *first, *next;
};
/* The text as a section without a name. ERR_INVALID, ERR_LIMIT. */
int lvm_text_parse(struct arena *a, struct str text, struct lvm_node **ret_root);

/* What a section has of this name and kind; NULL, 0 or empty where it has none. `section` may be NULL. */
const struct lvm_node *lvm_get(const struct lvm_node *section, const char *key, enum lvm_kind kind);
uint64_t lvm_number(const struct lvm_node *section, const char *key);
struct str lvm_string(const struct lvm_node *section, const char *key);
#define lvm_each(node, of)                                                                                   \
    const struct lvm_node *node = (of) ? (of)->first : NULL;                                                 \
    node;                                                                                                    \
    node = node->next

#endif
