import { useState } from "react";
import { Accounts } from "../coverage/accounts";
import { Enrol } from "../coverage/enrol";
import { kinds } from "../coverage/kinds";
import { Origins } from "../coverage/origins";
import { Resources } from "../coverage/resources";
import type { OriginKind } from "../api/native";
import { useLanguage } from "../i18n";
import { ChangeButton } from "../parts/action";
import { Tabbed } from "../parts/tabbed";
import { href } from "../router";
import type { PageProps } from "../routes";

export default function Coverage({ query }: PageProps) {
  const { t } = useLanguage();
  const [enrolling, setEnrolling] = useState(false);
  const [adding, setAdding] = useState<OriginKind>();
  const enrol = (
    <ChangeButton variant="primary" onClick={() => setEnrolling(true)}>
      {t("enrol.button")}
    </ChangeButton>
  );
  const sources = <ChangeButton href={href("/coverage/sources")}>{t("coverage.toSources")}</ChangeButton>;
  return (
    <>
      <Tabbed
        title={t("nav.coverage")}
        description={t("coverage.lead")}
        tabs={[
          { path: "/coverage", label: t("coverage.accounts"), content: () => <Accounts /> },
          ...kinds.map((kind) => ({
            path: `/coverage/${kind.tab}`,
            label: t(kind.title),
            content: () => <Resources kind={kind} query={query} actions={kind.tab === "instances" ? enrol : sources} />,
          })),
          { path: "/coverage/sources", label: t("origin.title"), content: () => <Origins adding={adding} setAdding={setAdding} /> },
        ]}
      />
      {enrolling && <Enrol onClose={() => setEnrolling(false)} />}
    </>
  );
}
