// A static file server that knows no more than the plainest host does: no rewriting, no index of its own
// above its folder. The site is served under a sub path, so an absolute address finds nothing.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Serves `folder` at `url`, which ends with `under`, on a free port of this machine.
 * `pages` are further documents by their path from the top, as HTML text.
 * @returns {Promise<{ url: string, origin: string, close: () => Promise<void> }>}
 */
export async function serve(folder, { under = '/', pages = {} } = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://any').pathname);
    try {
      if (path in pages) return answer(response, 200, '.html', pages[path]);
      if (!path.startsWith(under)) return answer(response, 404, '.html', 'Not found');
      const inside = normalize('/' + path.slice(under.length));
      const file = join(folder, inside.endsWith('/') ? inside + 'index.html' : inside);
      answer(response, 200, extname(file), await readFile(file));
    } catch {
      answer(response, 404, '.html', 'Not found');
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: origin + under, origin, close };
}

function answer(response, status, extension, body) {
  response.writeHead(status, {
    'content-type': TYPES[extension] ?? 'application/octet-stream',
    // As GitHub Pages does; a sandboxed iframe, whose origin is opaque, needs it for modules.
    'access-control-allow-origin': '*',
  });
  response.end(body);
}
