import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { BatchGetFreeTrialInfoCommand, ListUsageTotalsCommand, type FreeTrialInfo, type Usage as Used, type UsageTotal } from "@aws-sdk/client-inspector2";
import { pages, send } from "../api/inspector";
import { useLoaded, type Loaded } from "../api/load";
import { useLanguage, type Key, type Language } from "../i18n";
import { List } from "../parts/list";

interface UsageRead {
  totals: UsageTotal[];
  trials: Record<string, FreeTrialInfo[]>;
}

async function readUsage(): Promise<UsageRead> {
  const totals: UsageTotal[] = [];
  for await (const page of pages((nextToken) => new ListUsageTotalsCommand({ nextToken }))) totals.push(...(page.totals ?? []));
  const accountIds = totals.flatMap(({ accountId }) => accountId ?? []).slice(0, 100);
  if (!accountIds.length) return { totals, trials: {} };
  const { accounts = [] } = await send(new BatchGetFreeTrialInfoCommand({ accountIds }));
  return { totals, trials: Object.fromEntries(accounts.map(({ accountId = "", freeTrialInfo = [] }) => [accountId, freeTrialInfo])) };
}

const dollars = (language: Language, value: number) => language.number(value, { style: "currency", currency: "USD" });
const costOf = (usage: Used[] | undefined) => (usage ?? []).reduce((sum, { estimatedMonthlyCost = 0 }) => sum + estimatedMonthlyCost, 0);

/** One row a scan type, of all accounts together. */
function byType(totals: UsageTotal[]): Used[] {
  const sums = new Map<string, Used>();
  for (const used of totals.flatMap(({ usage = [] }) => usage)) {
    const before = sums.get(used.type ?? "");
    sums.set(used.type ?? "", {
      ...used,
      total: (before?.total ?? 0) + (used.total ?? 0),
      estimatedMonthlyCost: (before?.estimatedMonthlyCost ?? 0) + (used.estimatedMonthlyCost ?? 0),
    });
  }
  return [...sums.values()];
}

const rows = <T, R>(loaded: Loaded<T>, of: (value: T) => R): Loaded<R> => ({ ...loaded, value: loaded.value && of(loaded.value) });

function Trials({ trials }: { trials: FreeTrialInfo[] | undefined }) {
  const { t, date } = useLanguage();
  return (
    <>
      {(trials ?? []).map(({ type = "EC2", status, end }) => (
        <div key={type}>
          {t(status === "ACTIVE" ? "usage.trial.active" : "usage.trial.over", { type: t(`scanType.${type as "EC2" | "ECR" | "LAMBDA"}`), end: date(end?.getTime()) })}
        </div>
      ))}
    </>
  );
}

const Amount = ({ children }: { children: string }) => (
  <Box fontSize="heading-xl" fontWeight="bold">
    {children}
  </Box>
);

function Totals({ cost }: { cost: number }) {
  const language = useLanguage();
  const { t } = language;
  return (
    <Container>
      <KeyValuePairs
        columns={2}
        items={[
          { label: t("usage.inspector"), value: <Amount>{dollars(language, cost)}</Amount> },
          { label: t("usage.assay"), value: <Amount>{dollars(language, 0)}</Amount> },
        ]}
      />
    </Container>
  );
}

export const questions = () => ({ usage: readUsage });

export default function Usage() {
  const language = useLanguage();
  const { t, number } = language;
  const loaded = useLoaded("usage", readUsage);
  const quantity = ({ type, total = 0 }: Used) =>
    t(type?.endsWith("HOURS") ? "usage.hours" : "usage.scans", { count: number(total, { maximumFractionDigits: 1 }) });
  const costs = { inspector: t("usage.inspector.short"), assay: t("usage.assay.short") };
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={t("usage.lead")}>
          {t("nav.usage")}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {loaded.value && <Totals cost={loaded.value.totals.reduce((sum, { usage }) => sum + costOf(usage), 0)} />}
        <List<Used>
          title={t("usage.byType")}
          loaded={rows(loaded, ({ totals }) => byType(totals))}
          trackBy="type"
          empty={{ title: t("usage.none") }}
          columns={[
            { id: "type", header: t("usage.type"), cell: ({ type }) => t(`usage.${type}` as Key), width: 220 },
            { id: "quantity", header: t("usage.quantity"), cell: quantity, width: 140 },
            { id: "cost", header: costs.inspector, cell: ({ estimatedMonthlyCost = 0 }) => dollars(language, estimatedMonthlyCost), sort: "estimatedMonthlyCost", width: 150 },
            { id: "assay", header: costs.assay, cell: () => dollars(language, 0), width: 110 },
          ]}
        />
        <List<UsageTotal>
          title={t("usage.byAccount")}
          loaded={rows(loaded, ({ totals }) => totals)}
          trackBy="accountId"
          empty={{ title: t("usage.none") }}
          columns={[
            { id: "account", header: t("coverage.account"), cell: ({ accountId }) => accountId, sort: "accountId", width: 140 },
            { id: "cost", header: costs.inspector, cell: ({ usage }) => dollars(language, costOf(usage)), width: 150 },
            { id: "assay", header: costs.assay, cell: () => dollars(language, 0), width: 110 },
            { id: "trial", header: t("usage.trial"), cell: ({ accountId = "" }) => <Trials trials={loaded.value?.trials[accountId]} />, width: 280 },
          ]}
        />
        <Alert type="info">{t("usage.prices")}</Alert>
      </SpaceBetween>
    </ContentLayout>
  );
}
