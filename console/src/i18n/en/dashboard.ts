export const dashboard = {
  "dashboard.title": "Dashboard",
};
