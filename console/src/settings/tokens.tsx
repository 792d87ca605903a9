import { useState } from "react";
import type { Loaded } from "../api/load";
import { api, type EnrolmentToken } from "../api/native";
import { Enrol } from "../coverage/enrol";
import { useLanguage } from "../i18n";
import { ChangeButton, Confirm } from "../parts/action";
import { List } from "../parts/list";

export function Tokens({ loaded, changed }: { loaded: Loaded<EnrolmentToken[]>; changed: () => void }) {
  const { t, date, number } = useLanguage();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<EnrolmentToken>();
  const done = () => {
    setAdding(false);
    setRemoving(undefined);
    changed();
  };
  return (
    <>
      <List<EnrolmentToken>
        title={t("tokens.title")}
        description={t("tokens.lead")}
        loaded={loaded}
        trackBy="id"
        empty={{ title: t("tokens.none") }}
        actions={<ChangeButton onClick={() => setAdding(true)}>{t("enrol.button")}</ChangeButton>}
        columns={[
          { id: "label", header: t("enrol.label"), cell: ({ id, label }) => label || id.slice(0, 12), sort: "label", width: 160 },
          { id: "purpose", header: t("tokens.purpose"), cell: ({ purpose }) => t(`tokens.${purpose}`), sort: "purpose", width: 130 },
          { id: "uses", header: t("tokens.uses"), cell: ({ usesLeft }) => (usesLeft === undefined ? t("tokens.any") : number(usesLeft)), width: 120 },
          { id: "expires", header: t("tokens.expires"), cell: ({ expiresAt }) => (expiresAt === undefined ? t("tokens.never") : date(expiresAt * 1000)), sort: "expiresAt", width: 180 },
          { id: "created", header: t("rules.created"), cell: ({ createdAt }) => date(createdAt * 1000), sort: "createdAt", width: 180 },
          {
            id: "actions",
            header: t("actions"),
            width: 120,
            cell: (token) => (
              <ChangeButton ariaLabel={t("remove.label", { name: token.label || token.id.slice(0, 12) })} onClick={() => setRemoving(token)}>
                {t("remove")}
              </ChangeButton>
            ),
          },
        ]}
      />
      {adding && <Enrol onClose={done} />}
      {removing && (
        <Confirm
          title={t("remove.label", { name: removing.label || removing.id.slice(0, 12) })}
          submit={t("remove")}
          act={() => api.deleteToken(removing.id)}
          onDone={done}
          onClose={() => setRemoving(undefined)}
        >
          {t("tokens.remove.text")}
        </Confirm>
      )}
    </>
  );
}
