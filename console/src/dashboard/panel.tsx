// A part of the dashboard: reads for itself, and again when something changes.
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Spinner from "@cloudscape-design/components/spinner";
import type { ReactNode } from "react";
import type { Loaded } from "../api/load";
import { LoadError } from "../parts/states";

export function Panel<T>({ title, description, loaded, children }: {
  title: string;
  description?: string;
  loaded: Loaded<T>;
  children: (value: T) => ReactNode;
}) {
  const { value, error, reload } = loaded;
  let content: ReactNode = <Spinner />;
  if (value !== undefined) content = children(value);
  else if (error) content = <LoadError error={error} retry={reload} />;
  return (
    <Container fitHeight header={<Header variant="h2" description={description}>{title}</Header>}>
      {content}
    </Container>
  );
}
