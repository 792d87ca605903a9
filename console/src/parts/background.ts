// What goes on whichever page is shown: told above every page.
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { makeStore } from "../api/store";

export interface Task {
  flash: FlashbarProps.MessageDefinition & { id: string };
  /** For when the user signs out. */
  end: () => void;
}

export const background = makeStore<readonly Task[]>([]);

const without = (id: string) => background.get().filter(({ flash }) => flash.id !== id);

export function showTask(task: Task) {
  background.set([...without(task.flash.id), task]);
}

export function hideTask(id: string) {
  background.set(without(id));
}
