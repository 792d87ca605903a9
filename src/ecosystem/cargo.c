/* Cargo.lock of Rust (https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html). A package without
 * a source is one of the workspace. What is for development is not marked. */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/toml.h"
#include "ecosystem/ecosystem.h"

enum { CARGO_LOCK_CAP = 64 << 20 };

static int add_package(struct inventory *inv, const struct view_file *file, struct arena *a,
                       const struct toml *entry)
{
    struct str checksum = toml_get_str(entry, "checksum");
    struct package p = {
        .type = STR("cargo"),
        .name = toml_get_str(entry, "name"),
        .version = toml_get_str(entry, "version"),
        .path = file->path,
        .layer = file->layer,
        .manager = PM_CARGO,
    };
    if (!toml_get_str(entry, "source").n)
        return 0;
    if (!p.name.n || !p.version.n)
        return err_set(ERR_INVALID, "a package without name or version");
    if (checksum.n)
        p.digest = arena_printf(a, "sha256:%.*s", STR_ARG(checksum));
    inventory_add(inv, &p);
    return 0;
}

static int cargo_read(struct inventory *inv, struct view_file *file)
{
    struct str text;
    int status = view_file_content(file, CARGO_LOCK_CAP, &text);
    if (status < 0)
        return status;
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    const struct toml *root;
    status = toml_parse(a, text, &root);
    if (status < 0)
        return status;
    const struct toml *packages = toml_get(root, "package");
    if (packages && packages->type != TOML_ARRAY)
        return err_set(ERR_INVALID, "'package' is not an array");
    toml_each(entry, packages)
    {
        int one = add_package(inv, file, a, entry);
        status = status < 0 ? status : one;
    }
    return status;
}

const struct ecosystem ecosystem_cargo = {
    .name = "cargo",
    .help = "Cargo.lock",
    .patterns = (const char *const[]){"**/Cargo.lock", NULL},
    .read = cargo_read,
};
