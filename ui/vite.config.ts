import { defineConfig } from 'vite';

// The engine a developer's browser talks to through `npm run dev` and `vite preview`.
const engine = process.env.ENGINE ?? 'http://127.0.0.1:9070';
const proxy = Object.fromEntries(['/api', '/v1', '/-'].map((path) => [path, { target: engine }]));

// The policy the engine sends; `vite preview` sends it too, so that a breach shows before the jar is built.
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "object-src 'none'; frame-ancestors 'none'; base-uri 'none'";

export default defineConfig({
  build: {
    // The first with light-dark() and oklch() both.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // The bundle drops comments; the notices its parts ask for travel beside it.
    license: { fileName: 'licenses.md' },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy },
  preview: { proxy, headers: { 'Content-Security-Policy': policy } },
});
