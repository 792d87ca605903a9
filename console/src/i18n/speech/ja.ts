export { default as messages } from "@cloudscape-design/components/i18n/messages/all.ja";
export { ja as words } from "../ja";
