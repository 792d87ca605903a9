#include "ecosystem/maven.h"

void maven_add(struct inventory *inv, const struct view_file *file, struct maven_id id, struct package p)
{
    if (str_find_str(id.version, STR("${")) >= 0)
        id.version = (struct str){NULL, 0};
    p.type = STR("maven");
    p.namespace = id.group;
    p.name = id.artifact;
    p.version = id.version;
    p.path = file->path;
    p.layer = file->layer;
    p.unresolved = p.unresolved || !p.version.n;
    inventory_add(inv, &p);
}
