// Writes built-from.txt: the SHA-256 of the sources, so that a test (without Node) sees a stale page.
// Over every source file in the order of its path: the path, a zero byte, the content, a zero byte.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folders = ['build', 'public', 'src'];
const single = ['.npmrc', 'index.html', 'package-lock.json', 'package.json', 'svelte.config.js', 'tsconfig.json', 'vite.config.ts'];

const inside = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1).replaceAll('\\', '/')),
);
const hash = createHash('sha256');
for (const path of [...single, ...inside].sort()) {
  hash.update(path).update('\0').update(readFileSync(join(root, path))).update('\0');
}
writeFileSync(join(root, '../src/glassnet/lab/page/built-from.txt'), `${hash.digest('hex')}\n`);
