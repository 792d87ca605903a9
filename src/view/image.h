/* Images, between the files that read them: where blobs lie, what a manifest says, and the stack of layers.
 */
#ifndef ASSAY_VIEW_IMAGE_H
#define ASSAY_VIEW_IMAGE_H

#include "base/json.h"
#include "base/vec.h"
#include "view/path_set.h"
#include "view/stream.h"

/* The files of an image on disk: a folder, or a tar whose members are found by an index. */
struct image_files;
/* ERR_UNSUPPORTED when it is neither. A compressed tar is unpacked into a temporary file first. */
int image_files_open(const char *path, struct image_files **ret_files);
void image_files_free(struct image_files *s);
bool image_files_has(struct image_files *s, struct str name);
/* The file `name`; the blob lives as long as these files. ERR_MISSING, ERR_INVALID for links that lead
 * nowhere.
 */
int image_files_blob(struct image_files *s, struct str name, struct blob *ret_blob);
/* A whole small file. When `digest` ("sha256:...") is not empty the content must have it. */
int image_files_read(struct image_files *s, struct arena *a, struct str name, struct str digest,
                     struct str *ret_content);
int image_files_read_json(struct image_files *s, struct arena *a, struct str name, struct str digest,
                          json_val **ret_root);

/* "sha256:" and 64 lower-case hex digits. */
bool digest_valid(struct str digest);
/* The digest in words; in the arena. */
struct str digest_text(struct arena *a, const unsigned char digest[SHA256_SIZE]);

struct layer {
    struct str name;    /* of its file in the image */
    struct str digest;  /* of the file, as the manifest says; or empty */
    struct str diff_id; /* of the unpacked tar, as the configuration says */
};

/* What the manifest chosen says. Slices are in the arena it was read into. */
struct image {
    struct layer *layers; /* lowest first */
    size_t n_layers;
};
enum { IMAGE_LAYERS_MAX = 1000 };

/* `platform`: "os/arch[/variant]" or NULL. ERR_MISSING when the image is not for it; the text lists what
 * there is. */
int oci_read(struct image_files *s, struct arena *a, const char *platform, struct image *ret_image);
int docker_archive_read(struct image_files *s, struct arena *a, const char *platform,
                        struct image *ret_image);

/* "linux/arm64/v8" from a platform object or a configuration; empty when it states none. */
struct str platform_text(struct arena *a, json_val *object);
bool platform_fits(struct str wanted, struct str platform);
/* This machine's, in the terms of images. */
struct str platform_here(void);
/* Checks the configuration of an image against `platform` (when it is not NULL). */
int platform_check(struct arena *a, json_val *config, const char *platform);

/* Sets the layers' diff ids from the configuration: ERR_INVALID when their number differs. */
int image_set_diff_ids(struct arena *a, json_val *config, struct image *image);

/* What a walk of one layer by itself leaves to be said of the layers below it. */
struct layer_marks {
    struct path_set hides;
    VEC(struct str) links; /* wanted names that lead elsewhere: the image must be read as a whole */
    bool whole;            /* it was read to its end, and its file has the digest */
    unsigned char plain[SHA256_SIZE]; /* its diff id, then */
};
void layer_marks_free(struct layer_marks *m);
/* Layers whose files lie in `folder`. With `marks` it is one layer by itself: links are not followed out of
 * it, its diff id is only a name, and view_walk() fills the marks, whose links live as long as the view. */
int view_open_layers(const char *folder, const struct image *image, struct layer_marks *marks,
                     struct view **ret_view);

/* The view over the layers; takes both. */
struct view *layers_view(struct image_files *s, struct arena *a, const struct image *image);

#endif
