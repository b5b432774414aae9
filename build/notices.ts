import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';

const heading = `liberate's files hold code of these packages, each under its own licence.\n`;

/** Writes the licences of the packages whose code is in the bundle beside it; fails where a package has none. */
export function notices(root: string): Plugin {
  return {
    name: 'notices',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
      const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
      // The bundler and its compiler add a few functions of their own.
      for (const name of ['rolldown', '@oxc-project/types']) folders.add(join(root, 'node_modules', name));
      const source = [heading, ...[...folders].map(noticeOf).sort()].join(`\n${'-'.repeat(80)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY.txt', source });
    },
  };
}

function noticeOf(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e(\.(md|txt))?$/i.test(name));
  if (file === undefined) throw new Error(`${folder} has no licence file`);
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Readonly<Record<'name' | 'version', string>>;
  return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}
