import react from "@vitejs/plugin-react";
import { createHash } from "node:crypto";
import { defineConfig, type Plugin, type Rolldown } from "vite";

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

/** Cloudscape's style sheet has its eight fonts within: more than half of what is sent, of which people see two. As files they
 * are loaded by need, those two while the scripts are; until then there is text in another font. */
function fontFiles(): Plugin {
  const seen = /font-weight: (400|700);\s*font-style: normal/;
  const preloads: string[] = [];
  return {
    name: "font-files",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith("/global-styles/index.css")) return;
      return code.replace(/@font-face \{[^}]*\}/g, (face) =>
        face.replace(/url\('data:font\/woff2;[^,]*base64,([^)']+)'\)/, (_, text: string) => {
          const source = Buffer.from(text, "base64");
          const fileName = `assets/font-${createHash("sha256").update(source).digest("hex").slice(0, 8)}.woff2`;
          this.emitFile({ type: "asset", fileName, source });
          if (seen.test(face)) preloads.push(`/${fileName}`);
          return `url(/${fileName})`;
        }).replace("src:", "font-display: swap; src:"),
      );
    },
    transformIndexHtml: () =>
      preloads.map((href) => ({ tag: "link", attrs: { rel: "preload", as: "font", type: "font/woff2", crossorigin: true, href }, injectTo: "head" as const })),
  };
}

type Modules = Pick<Rolldown.PluginContext, "getModuleInfo">;

/** What a source file imports, directly and not. */
function reached(from: string, modules: Modules): Set<string> {
  const all = new Set([new URL(from, import.meta.url).pathname]);
  for (const id of all) for (const next of modules.getModuleInfo(id)?.importedIds ?? []) all.add(next);
  return all;
}

/** A chunk of the modules that a source file reaches, and in the first one what Vite adds to load others. Which they are, only
 * `name` is told, not `test`. */
function chunkOf(name: string, from: string, priority: number) {
  let all: Set<string> | undefined;
  const holds = (id: string, modules: Modules) => (all ??= reached(from, modules)).has(id) || (name === "start" && id.includes("preload-helper"));
  return { name: (id: string, modules: Modules) => (holds(id, modules) ? name : null), debugName: name, priority };
}

/** What every page needs is asked for before the first script has run. */
function preloadAlways(): Plugin {
  const always = new Set(["frame", "shared", "rolldown-runtime"]);
  return {
    name: "preload-always",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle }) =>
        Object.values(bundle ?? {})
          .filter((chunk) => chunk.type === "chunk" && always.has(chunk.name))
          .map(({ fileName }) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${fileName}` }, injectTo: "head" })),
    },
  };
}

export default defineConfig({
  plugins: [oneLayout(), react(), fontFiles(), preloadAlways()],
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
    rolldownOptions: {
      external: /^\/assets\/font-/, // fontFiles() puts them there
      output: {
        codeSplitting: {
          // Few, that can be asked for at once: the first script; what is around every page; what several pages share; each page.
          groups: [chunkOf("start", "src/start.ts", 3), chunkOf("frame", "src/main.tsx", 2), { name: "shared", minShareCount: 2, priority: 1 }],
        },
      },
    },
  },
  server: { proxy: { "^/(?!src|node_modules|@|assets|favicon|index.html|$)": api } },
});
