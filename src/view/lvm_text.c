#include "view/lvm_text.h"

#include "base/err.h"

enum { DEPTH_MAX = 16 };

struct parser {
    struct arena *arena;
    struct str left;
    unsigned depth;
};

static void skip(struct parser *p)
{
    bool comment = false;
    size_t n = 0;
    for (; n < p->left.n; n++) {
        char c = p->left.p[n];
        comment = c == '#' || (comment && c != '\n');
        if (!comment && !is_blank(c) && c != '\n' && c != '\r')
            break;
    }
    p->left = str_slice(p->left, n, p->left.n);
}

static bool take(struct parser *p, char c)
{
    skip(p);
    if (!p->left.n || p->left.p[0] != c)
        return false;
    p->left = str_slice(p->left, 1, p->left.n);
    return true;
}

static struct str word(struct parser *p)
{
    size_t n = 0;
    skip(p);
    while (n < p->left.n && (is_alnum(p->left.p[n]) || (p->left.p[n] && strchr("_-.+/", p->left.p[n]))))
        n++;
    struct str s = str_slice(p->left, 0, n);
    p->left = str_slice(p->left, n, p->left.n);
    return s;
}

static int wrong(void)
{
    return err_set(ERR_INVALID, "metadata that is not in LVM's form");
}

/* Names need no escapes; what has one is kept as it is. */
static int quoted(struct parser *p, struct str *ret_text)
{
    for (size_t n = 0; n < p->left.n; n++) {
        if (p->left.p[n] == '\\')
            n++;
        else if (p->left.p[n] == '"') {
            *ret_text = str_slice(p->left, 0, n);
            p->left = str_slice(p->left, n + 1, p->left.n);
            return 0;
        }
    }
    return wrong();
}

static int value(struct parser *p, struct lvm_node *node);

static int list(struct parser *p, struct lvm_node *node)
{
    struct lvm_node **next = &node->first;
    node->kind = LVM_LIST;
    while (!take(p, ']')) {
        *next = arena_alloc(p->arena, sizeof **next);
        int status = value(p, *next);
        if (status < 0)
            return status;
        next = &(*next)->next;
        if (!take(p, ',')) {
            if (!take(p, ']'))
                return wrong();
            break;
        }
    }
    return 0;
}

static int value(struct parser *p, struct lvm_node *node)
{
    if (take(p, '[')) {
        if (p->depth == DEPTH_MAX)
            return err_set(ERR_LIMIT, "metadata nested deeper than %d levels", DEPTH_MAX);
        p->depth++;
        int status = list(p, node);
        p->depth--;
        return status;
    }
    if (take(p, '"')) {
        node->kind = LVM_TEXT;
        return quoted(p, &node->text);
    }
    node->kind = LVM_NUMBER;
    struct str number = word(p);
    if (!number.n)
        return wrong();
    if (!str_u64(number, &node->number)) { /* fractions and the like, which no place depends on */
        node->kind = LVM_TEXT;
        node->text = number;
    }
    return 0;
}

static int section(struct parser *p, struct lvm_node *node, bool top)
{
    struct lvm_node **next = &node->first;
    int status = 0;
    node->kind = LVM_SECTION;
    if (p->depth++ == DEPTH_MAX)
        return err_set(ERR_LIMIT, "metadata nested deeper than %d levels", DEPTH_MAX);
    while (status == 0) {
        skip(p);
        if (top && !p->left.n)
            break;
        if (!top && take(p, '}'))
            break;
        struct lvm_node *member = arena_alloc(p->arena, sizeof *member);
        member->key = word(p);
        if (!member->key.n)
            return wrong();
        if (take(p, '{'))
            status = section(p, member, false);
        else
            status = take(p, '=') ? value(p, member) : wrong();
        *next = member;
        next = &member->next;
    }
    p->depth--;
    return status;
}

int lvm_text_parse(struct arena *a, struct str text, struct lvm_node **ret_root)
{
    struct parser p = {.arena = a, .left = text};
    struct lvm_node *root = arena_alloc(a, sizeof *root);
    ptrdiff_t end = str_find(text, 0);
    if (end >= 0)
        p.left = str_slice(text, 0, (size_t)end);
    int status = section(&p, root, true);
    if (status == 0)
        *ret_root = root;
    return status;
}

const struct lvm_node *lvm_get(const struct lvm_node *section, const char *key, enum lvm_kind kind)
{
    for (lvm_each(node, section))
        if (node->kind == kind && str_is(node->key, key))
            return node;
    return NULL;
}

uint64_t lvm_number(const struct lvm_node *section, const char *key)
{
    const struct lvm_node *node = lvm_get(section, key, LVM_NUMBER);
    return node ? node->number : 0;
}

struct str lvm_string(const struct lvm_node *section, const char *key)
{
    const struct lvm_node *node = lvm_get(section, key, LVM_TEXT);
    return node ? node->text : (struct str){NULL, 0};
}
