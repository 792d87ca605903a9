/* The vocabulary of the state: enumerations with their names on the wire (Inspector's API model),
 * identifiers.
 *
 * The numbers are stored: they never change, new ones go to the end.
 */
#ifndef ASSAY_STORE_TYPES_H
#define ASSAY_STORE_TYPES_H

#include "base/arena.h"
#include "base/time.h"

/* clang-format off */
#define RESOURCE_TYPES(X)                                                                                    \
    X(AWS_EC2_INSTANCE) X(AWS_ECR_CONTAINER_IMAGE) X(AWS_ECR_REPOSITORY) X(AWS_LAMBDA_FUNCTION)              \
    X(CODE_REPOSITORY)
/* Of an image, STOPPED says that it is archived. */
#define RESOURCE_STATES(X) X(PRESENT) X(STOPPED) X(GONE)
#define SCAN_TYPES(X) X(NETWORK) X(PACKAGE) X(CODE)
#define RESOURCE_SCAN_TYPES(X) X(EC2) X(ECR) X(LAMBDA) X(LAMBDA_CODE) X(CODE_REPOSITORY)
#define ACCOUNT_STATUSES(X) X(ENABLING) X(ENABLED) X(DISABLING) X(DISABLED) X(SUSPENDING) X(SUSPENDED)
#define SCAN_MODES(X)                                                                                        \
    X(NONE) X(EC2_SSM_AGENT_BASED) X(EC2_AGENTLESS) X(EC2_INSPECTOR_AGENT_BASED)                             \
    X(VM_INSPECTOR_AGENT_BASED)
#define SCAN_STATUSES(X) X(ACTIVE) X(INACTIVE)
#define SCAN_REASONS(X)                                                                                      \
    X(SUCCESSFUL) X(PENDING_INITIAL_SCAN) X(PENDING_REVIVAL_SCAN) X(SCAN_IN_PROGRESS)                        \
    X(SCAN_FREQUENCY_SCAN_ON_PUSH) X(SCAN_FREQUENCY_MANUAL) X(SCAN_ELIGIBILITY_EXPIRED) X(IMAGE_ARCHIVED)    \
    X(UNSUPPORTED_OS) X(UNSUPPORTED_MEDIA_TYPE) X(UNSUPPORTED_RUNTIME) X(UNSUPPORTED_CODE_ARTIFACTS)         \
    X(UNSUPPORTED_LANGUAGE) X(EXCLUDED_BY_TAG) X(UNMANAGED_EC2_INSTANCE) X(NO_INVENTORY)                     \
    X(STALE_INVENTORY) X(EC2_INSTANCE_STOPPED) X(RESOURCE_TERMINATED) X(PENDING_DISABLE) X(ACCESS_DENIED)    \
    X(ACCESS_DENIED_TO_ENCRYPTION_KEY) X(INTERNAL_ERROR)                                                     \
    X(DEEP_INSPECTION_PACKAGE_COLLECTION_LIMIT_EXCEEDED) X(DEEP_INSPECTION_COLLECTION_TIME_LIMIT_EXCEEDED)   \
    X(DEEP_INSPECTION_DAILY_SSM_INVENTORY_LIMIT_EXCEEDED) X(DEEP_INSPECTION_NO_INVENTORY)                    \
    X(AGENTLESS_INSTANCE_STORAGE_LIMIT_EXCEEDED) X(AGENTLESS_INSTANCE_COLLECTION_TIME_LIMIT_EXCEEDED)        \
    X(INTEGRATION_CONNECTION_LOST) X(NO_SCAN_CONFIGURATION_ASSOCIATED) X(RESOURCE_UNMANAGED)                 \
    X(RESOURCE_STOPPED) X(IMAGE_SIZE_EXCEEDED) X(NO_RESOURCES_FOUND) X(UNSUPPORTED_CONFIG_FILE)
#define FINDING_TYPES(X) X(NETWORK_REACHABILITY) X(PACKAGE_VULNERABILITY) X(CODE_VULNERABILITY)
#define FINDING_STATUSES(X) X(ACTIVE) X(SUPPRESSED) X(CLOSED)
/* In the order in which findings sort: the worst has the highest number (enum severity counts the other way). */
#define FINDING_SEVERITIES(X) X(UNTRIAGED) X(INFORMATIONAL) X(LOW) X(MEDIUM) X(HIGH) X(CRITICAL)
#define FIXES(X) X(NO) X(PARTIAL) X(YES)
#define ANSWERS(X) X(NO) X(YES)
#define PROTOCOLS(X) X(TCP) X(UDP)
#define FILTER_ACTIONS(X) X(NONE) X(SUPPRESS)
#define ROLES(X) X(admin) X(read_only) X(collector)
#define TOKEN_PURPOSES(X) X(enrol) X(notify) X(replace)
#define REPORT_FORMATS(X) X(CSV) X(JSON)
#define REPORT_STATUSES(X) X(IN_PROGRESS) X(SUCCEEDED) X(CANCELLED) X(FAILED)
#define REPORT_ERRORS(X)                                                                                     \
    X(INTERNAL_ERROR) X(INVALID_PERMISSIONS) X(NO_FINDINGS_FOUND) X(BUCKET_NOT_FOUND)                        \
    X(INCOMPATIBLE_BUCKET_REGION) X(MALFORMED_KMS_KEY)
#define USAGE_TYPES(X)                                                                                       \
    X(EC2_INSTANCE_HOURS) X(ECR_INITIAL_SCAN) X(ECR_RESCAN) X(LAMBDA_FUNCTION_HOURS)                         \
    X(LAMBDA_FUNCTION_CODE_HOURS) X(EC2_AGENTLESS_INSTANCE_HOURS)
/* What happened, and `subject` of the event. */
#define EVENT_KINDS(X)                                                                                       \
    X(FINDING_CREATED) X(FINDING_UPDATED) X(FINDING_CLOSED) X(FINDING_REOPENED) X(FINDING_SUPPRESSED)        \
    X(FINDING_UNSUPPRESSED) X(COVERAGE_CHANGED) X(SCAN_COMPLETED) X(ADVISORIES_CHANGED)
#define ORIGIN_KINDS(X) X(REGISTRY) X(FUNCTION_FOLDER) X(FUNCTION_BUCKET) X(AWS_ACCOUNT)
/* clang-format on */

enum {
    RESOURCE_VALUE_IMAGE_TAG,
    RESOURCE_VALUE_LAYER,
    RESOURCE_VALUE_SUBNET,
    RESOURCE_VALUE_SECURITY_GROUP,
    RESOURCE_VALUE_REFERENCE, /* "REPOSITORY:TAG DIGEST": what the tag led to the image by, an index perhaps
                               */
};

#define RESOURCE_ENTRY(name) RESOURCE_##name,
enum resource_type { RESOURCE_TYPES(RESOURCE_ENTRY) };
#define STATE_ENTRY(name) STATE_##name,
enum resource_state { RESOURCE_STATES(STATE_ENTRY) };
#define SCAN_ENTRY(name) SCAN_##name,
enum scan_type { SCAN_TYPES(SCAN_ENTRY) };
#define SCAN_OF_ENTRY(name) SCAN_OF_##name,
enum resource_scan_type { RESOURCE_SCAN_TYPES(SCAN_OF_ENTRY) };
#define ACCOUNT_ENTRY(name) ACCOUNT_##name,
enum account_status { ACCOUNT_STATUSES(ACCOUNT_ENTRY) };
#define MODE_ENTRY(name) MODE_##name,
enum scan_mode { SCAN_MODES(MODE_ENTRY) };
#define SCAN_STATUS_ENTRY(name) SCAN_STATUS_##name,
enum scan_status { SCAN_STATUSES(SCAN_STATUS_ENTRY) };
#define REASON_ENTRY(name) REASON_##name,
enum scan_reason { SCAN_REASONS(REASON_ENTRY) };
#define FINDING_ENTRY(name) FINDING_##name,
enum finding_type { FINDING_TYPES(FINDING_ENTRY) };
enum finding_status { FINDING_STATUSES(FINDING_ENTRY) };
#define GRADE_ENTRY(name) GRADE_##name,
enum grade { FINDING_SEVERITIES(GRADE_ENTRY) };
#define FIX_ENTRY(name) FIX_AVAILABLE_##name,
enum fix_available { FIXES(FIX_ENTRY) };
#define PROTOCOL_ENTRY(name) PROTOCOL_##name,
enum protocol { PROTOCOLS(PROTOCOL_ENTRY) };
#define FILTER_ENTRY(name) FILTER_##name,
enum filter_action { FILTER_ACTIONS(FILTER_ENTRY) };
#define ROLE_ENTRY(name) ROLE_##name,
enum role { ROLES(ROLE_ENTRY) };
#define TOKEN_ENTRY(name) TOKEN_##name,
enum token_purpose { TOKEN_PURPOSES(TOKEN_ENTRY) };
#define REPORT_ENTRY(name) REPORT_##name,
enum report_file_format { REPORT_FORMATS(REPORT_ENTRY) };
enum report_status { REPORT_STATUSES(REPORT_ENTRY) };
#define REPORT_ERROR_ENTRY(name) REPORT_ERROR_##name,
enum report_error { REPORT_ERRORS(REPORT_ERROR_ENTRY) };
#define USAGE_ENTRY(name) USAGE_##name,
enum usage_type { USAGE_TYPES(USAGE_ENTRY) };
#define EVENT_ENTRY(name) EVENT_##name,
enum event_kind { EVENT_KINDS(EVENT_ENTRY) };
#define ORIGIN_ENTRY(name) ORIGIN_##name,
enum origin_kind { ORIGIN_KINDS(ORIGIN_ENTRY) };

/* The names of an enumeration, in the order of its numbers. */
struct names {
    const char *const *at;
    size_t n;
};
extern const struct names resource_type_names, scan_type_names, resource_scan_type_names,
    account_status_names, scan_mode_names, scan_status_names, scan_reason_names, finding_type_names,
    finding_status_names, grade_names, fix_names, answer_names, protocol_names, filter_action_names,
    role_names, token_purpose_names, report_format_names, report_status_names, report_error_names,
    usage_type_names, event_kind_names, origin_kind_names;
/* The name of a number; "UNKNOWN" for one that has none. */
const char *name_of(const struct names *names, int64_t number);
/* The number of a name, or -1. */
int number_of(const struct names *names, struct str name);

/* An account is its twelve digits as a number. */
typedef int64_t account_id;
enum { ACCOUNT_TEXT = 13 };
/* Twelve digits and a NUL byte; returns `ret_text`. */
const char *account_text(account_id account, char ret_text[ACCOUNT_TEXT]);
/* False unless the text is exactly twelve digits. */
bool account_parse(struct str text, account_id *ret_account);

/* Where this server stands, for ARNs. */
struct place {
    const char *partition, *region; /* "aws", "us-east-1" */
};

/* The key of a finding begins with that of its resource, which therefore needs no index of its own. */
enum { RESOURCE_KEY = 6, FINDING_KEY = 16, FILTER_ID = 16 };
/* arn:P:inspector2:REGION:ACCT:finding/<32 hex digits of key> */
struct str finding_arn(struct arena *a, const struct place *place, account_id account,
                       const unsigned char key[FINDING_KEY]);
/* False when it is not such an ARN of this account and place. */
bool finding_arn_parse(const struct place *place, account_id account, struct str arn,
                       unsigned char ret_key[FINDING_KEY]);
/* arn:P:inspector2:REGION:ACCT:owner/ACCT/filter/<16 characters> */
struct str filter_arn(struct arena *a, const struct place *place, account_id account, struct str id);
bool filter_arn_parse(const struct place *place, account_id account, struct str arn, struct str *ret_id);

#endif
