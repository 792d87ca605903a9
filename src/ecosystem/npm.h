/* What the readers of Node packages and of the lock files of npm, yarn, pnpm and bun share. Nothing here owns
 * memory; what is added to the inventory is copied there. */
#ifndef ASSAY_ECOSYSTEM_NPM_H
#define ASSAY_ECOSYSTEM_NPM_H

#include "ecosystem/inventory.h"
#include "view/view.h"

/* Lock files over this are refused with ERR_LIMIT before they are read. The largest seen in the wild are 20
 * MiB. */
enum { NPM_LOCK_CAP = 64 << 20 };

/* Whether `name` can be that of a published package, "name" or "@scope/name"
 * (https://github.com/npm/validate-npm-package-name, rules for old packages). */
bool npm_name_valid(struct str name);

/* Adds `p`, whose name is the whole "@scope/name", with the path and layer of `file`. Without a version it is
 * marked unresolved. A name that cannot be is ERR_INVALID. */
int npm_add(struct inventory *inv, const struct view_file *file, struct package p);

/* "npm:real@1.2", as aliases are written: *ret_name and *ret_version get what stands behind the alias, the
 * version being empty without one. False when `spec` is not of that form. */
bool npm_alias(struct str spec, struct str *ret_name, struct str *ret_version);

/* Cuts "name@rest" or "@scope/name@rest" at the '@' that ends the name; false without one. */
bool npm_cut(struct str s, struct str *ret_name, struct str *ret_rest);

/* Whether `version` is a version and not the place to get the package from (a URL, "file:...", "user/repo").
 */
bool npm_is_version(struct str version);

/* The strongest hash of a "sha512-BASE64 sha1-BASE64" (https://www.w3.org/TR/SRI/) as "sha512:HEX"; else
 * empty. */
struct str npm_digest(struct arena *a, struct str integrity);

/* The two with `between` between them. */
struct str npm_join(struct arena *a, struct str left, char between, struct str right);

/* Whether the path leads through a node_modules folder. Lock files in there came with the published package
 * and say what its authors had installed, not what is here. */
bool npm_in_modules(struct str path);

#endif
