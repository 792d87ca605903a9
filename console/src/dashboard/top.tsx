// Who has most critical findings: the first five of a group.
import Link from "@cloudscape-design/components/link";
import Table from "@cloudscape-design/components/table";
import { isFindingChange, useLiveLoaded } from "../api/live";
import { groups, type GroupName } from "../groups/groups";
import { listRows, mostCritical } from "../groups/query";
import { useGroupColumns } from "../groups/table";
import { useLanguage, type Key } from "../i18n";
import { Nothing } from "../parts/states";
import { href } from "../router";
import { Panel } from "./panel";

export function Top({ name, title, below = [] }: { name: GroupName; title: Key; below?: string[] }) {
  const { t } = useLanguage();
  const group = groups[name];
  const loaded = useLiveLoaded(name, isFindingChange, () => listRows(group, mostCritical, "", 5));
  const shown = [group.first.id, "severities", "all"];
  const definitions = useGroupColumns(group, below).map((column) => ({ ...column, sortingField: undefined }));
  return (
    <Panel title={t(title)} loaded={loaded} height={240}>
      {({ rows }) => (
        <Table
          variant="embedded"
          ariaLabels={{ tableLabel: t(title) }}
          items={rows}
          trackBy="id"
          wrapLines
          empty={<Nothing title={t("group.none")} />}
          columnDefinitions={definitions.filter(({ id }) => shown.includes(id ?? ""))}
          footer={name === "ami" ? undefined : <Link href={href(`/findings/by-${name}`)}>{t("dashboard.seeAll")}</Link>}
        />
      )}
    </Panel>
  );
}
