import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` serves the console with a server's API behind it: ASSAY_URL names that server.
const api = process.env.ASSAY_URL ?? "http://127.0.0.1:8440";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    outDir: "../build/console",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000, // a test counts what people load
  },
  server: { proxy: { "^/(?!src|node_modules|@|assets|favicon|index.html|$)": api } },
});
