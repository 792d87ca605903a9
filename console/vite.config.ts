import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// `npm run dev` serves the console with a server's API behind it: ASSAY_URL names that server.
const api = process.env.ASSAY_URL ?? "http://127.0.0.1:8440";

/** Cloudscape's page layout comes in three designs, of which its open-source theme always takes "visual-refresh". */
function oneLayout(): Plugin {
  const others = new Set(["./classic", "./visual-refresh-toolbar"]);
  const none = "\0no-layout";
  return {
    name: "one-layout",
    enforce: "pre",
    resolveId: (source, importer) => (importer?.endsWith("/app-layout/internal.js") && others.has(source) ? none : undefined),
    load: (id) => (id === none ? "export default undefined" : undefined),
  };
}

export default defineConfig({
  plugins: [oneLayout(), react()],
  // Cloudscape's messages come parsed.
  resolve: { alias: { "@formatjs/icu-messageformat-parser": "@formatjs/icu-messageformat-parser/no-parser" } },
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
