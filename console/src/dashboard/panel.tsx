// A part of the dashboard: reads for itself, and again when something changes.
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Spinner from "@cloudscape-design/components/spinner";
import type { ReactNode } from "react";
import type { Loaded } from "../api/load";
import { LoadError } from "../parts/states";

export function Panel<T>({ title, description, loaded, height, children }: {
  title: string;
  description?: string;
  loaded: Loaded<T>;
  /** About what its content will need, in pixels: what is below does not move when it comes. */
  height: number;
  children: (value: T) => ReactNode;
}) {
  const { value, error, reload } = loaded;
  let content: ReactNode = (
    <div style={{ minHeight: height }}>
      <Spinner />
    </div>
  );
  if (value !== undefined) content = children(value);
  else if (error) content = <LoadError error={error} retry={reload} />;
  return (
    <Container fitHeight header={<Header variant="h2" description={description}>{title}</Header>}>
      {content}
    </Container>
  );
}
