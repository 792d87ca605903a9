/* Amazon ECR: repositories, images, manifests, where layers can be had. Needs ecr:DescribeRepositories,
 * DescribeImages, BatchGetImage, GetDownloadUrlForLayer and GetRegistryScanningConfiguration. */
#ifndef ASSAY_AWS_ECR_H
#define ASSAY_AWS_ECR_H

#include "aws/aws.h"

/* An image's name, "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:TAG][@DIGEST]", as slices of it; false
 * for one of another registry. */
struct ecr_name {
    struct str account, region, repository, tag, digest;
};
bool ecr_name_read(struct str image, struct ecr_name *ret_name);
/* {"repositories": [{"repositoryName", ...}]} */
int ecr_repositories(struct aws *aws, aws_page *page, void *ctx);
/* The same of one. ERR_MISSING. */
int ecr_repository(struct aws *aws, struct arena *a, struct str name, json_val **ret_document);
/* {"imageDetails": [{"imageDigest", "imageTags", "imagePushedAt", "lastRecordedPullTime", ...}]}: every image
 * and index of a repository, times as numbers. */
int ecr_images(struct aws *aws, struct str repository, aws_page *page, void *ctx);
/* One of them. ERR_MISSING. */
int ecr_image(struct aws *aws, struct arena *a, struct str repository, struct str digest,
              json_val **ret_details);
/* By a tag or a digest; as it was pushed. ERR_MISSING. */
int ecr_manifest(struct aws *aws, struct arena *a, struct str repository, struct str reference,
                 struct str *ret_text, struct str *ret_media_type);
/* An address that needs no credentials and is good for a while. ERR_MISSING. */
int ecr_layer_url(struct aws *aws, struct arena *a, struct str repository, struct str digest,
                  struct str *ret_url);
/* {"scanType": "BASIC" | "ENHANCED", "rules": [{"scanFrequency", "repositoryFilters": [{"filter"}]}]} */
int ecr_scanning(struct aws *aws, struct arena *a, json_val **ret_configuration);
/* Of a repository, by such a configuration: "CONTINUOUS_SCAN", "SCAN_ON_PUSH" or "MANUAL"; empty where the
 * registry is not scanned by Inspector. */
struct str ecr_frequency(json_val *configuration, struct str repository);

#endif
