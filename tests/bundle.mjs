// Bundles the editor (web/js/editor/) with CodeMirror into target/site/editor.js, where the build takes it from.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [at('../web/js/editor/editor.js')],
  outfile: at('../target/site/editor.js'),
  nodePaths: [at('node_modules')],
  bundle: true,
  format: 'esm',
  minify: true,
  target: 'es2022',
  logLevel: 'warning',
  // Its licence asks for this line in every copy.
  banner: { js: '/*! CodeMirror: MIT License, Copyright (C) 2018 by Marijn Haverbeke and others */' },
});
