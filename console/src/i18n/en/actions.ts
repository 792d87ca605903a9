export const actions = {
  "readOnly": "Your role reads only. Ask an administrator to do this.",
  "actions": "Actions",
  "edit": "Edit",
  "edit.label": "Edit {name}",
  "delete": "Delete",
  "delete.label": "Delete {name}",
  "remove": "Remove",
  "remove.label": "Remove {name}",
  "on": "On",
  "off": "Off",
  "noMatch": "Nothing matches",
  "matches": "{count} {count|match|matches}",
};
