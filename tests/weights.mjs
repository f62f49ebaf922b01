// What the files of a site weigh, as they are and as a host sends them.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const BROTLI_BEST = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };

/** Every file below `folder`, by name, in bytes: `{ name, raw, gzip, brotli }`, best compression. */
export async function weigh(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return Promise.all(
    files.sort().map(async (path) => {
      const bytes = await readFile(path);
      return {
        name: relative(folder, path),
        raw: bytes.length,
        gzip: gzipSync(bytes, { level: 9 }).length,
        brotli: brotliCompressSync(bytes, BROTLI_BEST).length,
      };
    }),
  );
}

/** The sum of some files' weights. */
export function total(files) {
  const sum = { raw: 0, gzip: 0, brotli: 0 };
  for (const file of files) for (const form of Object.keys(sum)) sum[form] += file[form];
  return sum;
}
