export const actions = {
  "readOnly": "読み取り専用の権限です。管理者に依頼してください。",
  "actions": "操作",
  "edit": "編集",
  "edit.label": "{name} を編集",
  "delete": "削除",
  "delete.label": "{name} を削除",
  "remove": "削除",
  "remove.label": "{name} を削除",
  "on": "オン",
  "off": "オフ",
  "noMatch": "一致するものはありません",
  "matches": "{count} 件一致",
};
