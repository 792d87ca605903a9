import Alert from "@cloudscape-design/components/alert";
import Toggle from "@cloudscape-design/components/toggle";
import {
  BatchGetAccountStatusCommand,
  DisableCommand,
  EnableCommand,
  type AccountState,
  type ResourceScanType,
  type ResourceState,
} from "@aws-sdk/client-inspector2";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { send } from "../api/inspector";
import { useLoaded } from "../api/load";
import { useLanguage } from "../i18n";
import { ActionError, Confirm, useAction, useMayChange } from "../parts/action";
import { List } from "../parts/list";

/** The scan types that can be on; those of source code never are. */
const scanTypes: { type: ResourceScanType; member: keyof ResourceState & ("ec2" | "ecr" | "lambda") }[] = [
  { type: "EC2", member: "ec2" },
  { type: "ECR", member: "ecr" },
  { type: "LAMBDA", member: "lambda" },
];

export function Accounts() {
  const { t } = useLanguage();
  const may = useMayChange();
  const action = useAction();
  const [disabling, setDisabling] = useState<ResourceScanType>();
  const loaded = useLoaded("accounts", async () => {
    const { accounts = [] } = await send(new BatchGetAccountStatusCommand({}));
    return accounts;
  });
  const enable = async (type: ResourceScanType) => {
    if (await action.run(() => send(new EnableCommand({ resourceTypes: [type] })))) loaded.reload();
  };
  return (
    <SpaceBetween size="m">
      {!may && <Alert type="info">{t("readOnly")}</Alert>}
      <ActionError error={action.error} />
      <List<AccountState>
        title={t("coverage.accounts")}
        description={t("coverage.accounts.lead")}
        loaded={loaded}
        trackBy="accountId"
        empty={{ title: t("coverage.empty") }}
        columns={[
          { id: "account", header: t("coverage.account"), cell: (account) => account.accountId, width: 140 },
          ...scanTypes.map(({ type, member }) => ({
            id: type,
            header: t(`scanType.${type as "EC2" | "ECR" | "LAMBDA"}`),
            width: 150,
            cell: (account: AccountState) => {
              const on = account.resourceState?.[member]?.status === "ENABLED";
              return (
                <Toggle
                  checked={on}
                  disabled={!may || action.busy}
                  ariaLabel={t(`scanType.${type as "EC2" | "ECR" | "LAMBDA"}`)}
                  onChange={({ detail }) => (detail.checked ? void enable(type) : setDisabling(type))}
                >
                  {t(on ? "on" : "off")}
                </Toggle>
              );
            },
          })),
        ]}
      />
      {disabling && (
        <Confirm
          title={t("coverage.disable", { type: t(`scanType.${disabling as "EC2" | "ECR" | "LAMBDA"}`) })}
          submit={t("coverage.disable.submit")}
          act={() => send(new DisableCommand({ resourceTypes: [disabling] }))}
          onDone={() => {
            setDisabling(undefined);
            loaded.reload();
          }}
          onClose={() => setDisabling(undefined)}
        >
          {t("coverage.disable.text")}
        </Confirm>
      )}
    </SpaceBetween>
  );
}
