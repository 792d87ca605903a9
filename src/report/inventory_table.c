#include "report/inventory_table.h"

enum { TYPE_WIDTH = 8, NAME_MIN = 16, NAME_MAX = 44, VERSION_MIN = 10, VERSION_MAX_WIDTH = 26, GAP = 2 };

struct widths {
    int name, version, path;
};

static struct str shown_name(struct arena *a, const struct package *p)
{
    if (!p->namespace.n || p->manager == PM_OS)
        return p->name;
    return arena_printf(a, "%.*s%c%.*s", STR_ARG(p->namespace), str_is(p->type, "maven") ? ':' : '/',
                        STR_ARG(p->name));
}

static int between(int n, int least, int most)
{
    return n < least ? least : n > most ? most : n;
}

/* Columns as wide as their widest cell, within bounds; the path gets the rest. */
static struct widths measure(struct page *p, const struct inventory *inv)
{
    struct widths w = {NAME_MIN, VERSION_MIN, 0};
    for (size_t i = 0; i < inv->packages.n; i++) {
        const struct package *package = &inv->packages.at[i];
        int name = text_width(text_clean(p->arena, shown_name(p->arena, package), p->utf8));
        int version = text_width(text_clean(p->arena, package->version, p->utf8));
        w.name = name > w.name ? name : w.name;
        w.version = version > w.version ? version : w.version;
        arena_reset(p->arena);
    }
    w.name = between(w.name, NAME_MIN, p->columns > 100 ? NAME_MAX : p->columns * 2 / 5);
    w.version = between(w.version, VERSION_MIN, p->columns > 100 ? VERSION_MAX_WIDTH : p->columns / 4);
    w.path = p->columns - TYPE_WIDTH - w.name - w.version - 3 * GAP;
    return w;
}

static void print_package(struct page *p, const struct widths *w, const struct package *package)
{
    page_cell(p, DIM, package->type, TYPE_WIDTH);
    page_blank(p, GAP);
    page_cell(p, PLAIN, shown_name(p->arena, package), w->name);
    page_blank(p, GAP);
    page_cell(p, PLAIN, package->version.n ? package->version : STR("?"), w->version);
    page_blank(p, GAP);
    page_cell(p, DIM, text_fit_middle(p->arena, package->path, w->path, p->utf8), -w->path);
    fputc('\n', p->to);
}

void inventory_table(struct page *p, const struct inventory *inv)
{
    struct widths w = measure(p, inv);
    if (!inv->packages.n) {
        page_print(p, YELLOW, "No packages were found here: nothing installed, and no lock file\n\n");
        return;
    }
    page_print(p, BOLD, "%-*s  %-*s  %-*s  %s\n", TYPE_WIDTH, "type", w.name, "package", w.version, "version",
               "found in");
    for (size_t i = 0; i < inv->packages.n; i++) {
        print_package(p, &w, &inv->packages.at[i]);
        arena_reset(p->arena);
    }
    fputc('\n', p->to);
}
