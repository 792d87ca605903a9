/* Operations of Inspector's that this server does not have. They are in the table all the same, so that who
 * calls one learns that it is not supported, by an error that its model has, and not that it is unknown. */
#include "api/api.h"

#define UNSUPPORTED(name, method, path, errors)                                                              \
    {                                                                                                        \
        name, method, path, MAY_READ | MAY_REPORT, errors                                                    \
    }

/* clang-format off: one a line */
static const struct operation operations[] = {
    /* EC2 deep inspection */
    UNSUPPORTED("GetEc2DeepInspectionConfiguration", "POST", "/ec2deepinspectionconfiguration/get", "AD NF"),
    UNSUPPORTED("UpdateEc2DeepInspectionConfiguration", "POST", "/ec2deepinspectionconfiguration/update",
                "AD VA"),
    UNSUPPORTED("UpdateOrgEc2DeepInspectionConfiguration", "POST",
                "/ec2deepinspectionconfiguration/org/update", "AD VA"),
    UNSUPPORTED("BatchGetMemberEc2DeepInspectionStatus", "POST", "/ec2deepinspectionstatus/member/batch/get",
                "AD VA"),
    UNSUPPORTED("BatchUpdateMemberEc2DeepInspectionStatus", "POST",
                "/ec2deepinspectionstatus/member/batch/update", "AD VA"),
    /* SBOM export */
    UNSUPPORTED("CreateSbomExport", "POST", "/sbomexport/create", "AD NF VA"),
    UNSUPPORTED("GetSbomExport", "POST", "/sbomexport/get", "AD NF VA"),
    UNSUPPORTED("CancelSbomExport", "POST", "/sbomexport/cancel", "AD NF VA"),
    /* Encryption key (code snippets) */
    UNSUPPORTED("GetEncryptionKey", "GET", "/encryptionkey/get", "AD NF VA"),
    UNSUPPORTED("UpdateEncryptionKey", "PUT", "/encryptionkey/update", "AD NF VA"),
    UNSUPPORTED("ResetEncryptionKey", "PUT", "/encryptionkey/reset", "AD NF VA"),
    /* CIS scans - management */
    UNSUPPORTED("CreateCisScanConfiguration", "POST", "/cis/scan-configuration/create", "AD VA"),
    UNSUPPORTED("UpdateCisScanConfiguration", "POST", "/cis/scan-configuration/update", "AD NF VA"),
    UNSUPPORTED("DeleteCisScanConfiguration", "POST", "/cis/scan-configuration/delete", "AD NF VA"),
    UNSUPPORTED("ListCisScanConfigurations", "POST", "/cis/scan-configuration/list", "AD VA"),
    UNSUPPORTED("ListCisScans", "POST", "/cis/scan/list", "AD VA"),
    UNSUPPORTED("ListCisScanResultsAggregatedByChecks", "POST", "/cis/scan-result/check/list", "AD VA"),
    UNSUPPORTED("ListCisScanResultsAggregatedByTargetResource", "POST", "/cis/scan-result/resource/list",
                "AD VA"),
    UNSUPPORTED("GetCisScanResultDetails", "POST", "/cis/scan-result/details/get", "AD VA"),
    UNSUPPORTED("GetCisScanReport", "POST", "/cis/scan/report/get", "AD NF VA"),
    /* CIS scans - agent protocol */
    UNSUPPORTED("StartCisSession", "PUT", "/cissession/start", "AD CF VA"),
    UNSUPPORTED("SendCisSessionHealth", "PUT", "/cissession/health/send", "AD CF VA"),
    UNSUPPORTED("SendCisSessionTelemetry", "PUT", "/cissession/telemetry/send", "AD CF VA"),
    UNSUPPORTED("StopCisSession", "PUT", "/cissession/stop", "AD CF VA"),
    /* Code security */
    UNSUPPORTED("CreateCodeSecurityIntegration", "POST", "/codesecurity/integration/create", "AD CF SQ VA"),
    UNSUPPORTED("UpdateCodeSecurityIntegration", "POST", "/codesecurity/integration/update", "AD CF NF VA"),
    UNSUPPORTED("GetCodeSecurityIntegration", "POST", "/codesecurity/integration/get", "AD NF VA"),
    UNSUPPORTED("DeleteCodeSecurityIntegration", "POST", "/codesecurity/integration/delete", "AD NF VA"),
    UNSUPPORTED("ListCodeSecurityIntegrations", "POST", "/codesecurity/integration/list", "AD VA"),
    UNSUPPORTED("CreateCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/create",
                "AD CF SQ VA"),
    UNSUPPORTED("UpdateCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/update",
                "AD CF NF VA"),
    UNSUPPORTED("GetCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/get",
                "AD NF VA"),
    UNSUPPORTED("DeleteCodeSecurityScanConfiguration", "POST", "/codesecurity/scan-configuration/delete",
                "AD NF VA"),
    UNSUPPORTED("ListCodeSecurityScanConfigurations", "POST", "/codesecurity/scan-configuration/list",
                "AD NF VA"),
    UNSUPPORTED("ListCodeSecurityScanConfigurationAssociations", "POST",
                "/codesecurity/scan-configuration/associations/list", "AD NF VA"),
    UNSUPPORTED("BatchAssociateCodeSecurityScanConfiguration", "POST",
                "/codesecurity/scan-configuration/batch/associate", "AD CF NF VA"),
    UNSUPPORTED("BatchDisassociateCodeSecurityScanConfiguration", "POST",
                "/codesecurity/scan-configuration/batch/disassociate", "AD CF NF VA"),
    UNSUPPORTED("StartCodeSecurityScan", "POST", "/codesecurity/scan/start", "AD CF NF VA"),
    UNSUPPORTED("GetCodeSecurityScan", "POST", "/codesecurity/scan/get", "AD CF NF VA"),
    /* Multicloud connectors (Azure, July 2026) */
    UNSUPPORTED("CreateConnector", "POST", "/connector/create", "AD CF SQ VA"),
    UNSUPPORTED("UpdateConnector", "POST", "/connector/update", "AD CF NF VA"),
    UNSUPPORTED("DeleteConnector", "POST", "/connector/delete", "AD CF NF VA"),
    UNSUPPORTED("ListConnectors", "POST", "/connector/list", "AD VA"),
    UNSUPPORTED("ListConnectorScanConfigurations", "POST", "/connectorscanconfigurations/list", "AD VA"),
    UNSUPPORTED("UpdateConnectorScanConfiguration", "POST", "/connectorscanconfiguration/update",
                "AD CF NF VA"),
    /* On-demand scans of machine images */
    UNSUPPORTED("StartOnDemandScan", "POST", "/ondemand/scan", "AD CF VA"),
    UNSUPPORTED("GetOnDemandScanStatus", "POST", "/ondemand/scan/status", "AD NF VA"),
    UNSUPPORTED("ListOnDemandScans", "POST", "/ondemand/scans", "AD VA"),
    {0}};
/* clang-format on */
const struct operation_group operations_unsupported = {"unsupported", operations};
