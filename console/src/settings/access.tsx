// Who may do what: users, their keys, and the tokens that hosts enrol with.
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useLoaded } from "../api/load";
import { api } from "../api/native";
import { Keys } from "./keys";
import { Tokens } from "./tokens";
import { Users } from "./users";

export function Access() {
  const users = useLoaded("users", api.users);
  const keys = useLoaded("keys", api.keys);
  const tokens = useLoaded("tokens", api.tokens);
  const accessChanged = () => {
    users.reload();
    keys.reload();
  };
  return (
    <SpaceBetween size="l">
      <Users loaded={users} changed={accessChanged} />
      <Keys loaded={keys} users={users.value ?? []} changed={accessChanged} />
      <Tokens loaded={tokens} changed={tokens.reload} />
    </SpaceBetween>
  );
}
