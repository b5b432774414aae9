import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Need {
  readonly programs: readonly string[];
  /** Looked through before PATH. */
  readonly folders: () => Promise<readonly string[]>;
  /** Debian's packages that hold the programs. */
  readonly packages: readonly string[];
  /** The environment variable that makes them unnecessary. */
  readonly instead: string;
}

/** The path of each program; what is missing is installed where that is possible. */
export async function findPrograms(need: Need): Promise<ReadonlyMap<string, string>> {
  const found = await lookFor(need);
  if (missing(need, found).length === 0) return found;
  await install(need, missing(need, found));
  const again = await lookFor(need);
  const still = missing(need, again);
  if (still.length > 0) throw new Error(`${need.packages.join(', ')} installed, but without ${still.join(', ')}`);
  return again;
}

/** Throws for a name that was not asked for. */
export function pathOf(programs: ReadonlyMap<string, string>, name: string): string {
  const path = programs.get(name);
  if (!path) throw new Error(`${name} was not looked for`);
  return path;
}

/** Folders such as /usr/lib/postgresql/15/bin, the highest version first. */
export async function versionedFolders(parent: string, below: string): Promise<readonly string[]> {
  const versions = await readdir(parent).catch(() => []);
  return versions
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => b - a)
    .map((version) => join(parent, String(version), below));
}

function missing(need: Need, found: ReadonlyMap<string, string>): readonly string[] {
  return need.programs.filter((program) => !found.has(program));
}

async function lookFor(need: Need): Promise<ReadonlyMap<string, string>> {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  // Servers lie in the sbin folders, which an ordinary user's PATH leaves out.
  const folders = [...(await need.folders()), ...path, '/usr/sbin', '/usr/local/sbin'];
  const found = new Map<string, string>();
  for (const program of need.programs) {
    for (const folder of folders) {
      const file = join(folder, program);
      const executable = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (!executable) continue;
      found.set(program, file);
      break;
    }
  }
  return found;
}

/** The servers start at the same time, but only one apt-get can run. */
let lastInstall: Promise<void> = Promise.resolve();

function install(need: Need, programs: readonly string[]): Promise<void> {
  const next = lastInstall.then(() => installNow(need, programs));
  lastInstall = next.catch(() => {});
  return next;
}

async function installNow(need: Need, programs: readonly string[]): Promise<void> {
  const cure = `Install ${need.packages.join(' and ')}, or set ${need.instead} to a running server.`;
  const root = process.getuid?.() === 0;
  const apt = await run('apt-get', ['--version']).then(
    () => true,
    () => false,
  );
  if (!root || !apt) throw new Error(`${programs.join(', ')} not found. ${cure}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, maxBuffer: 64 * 2 ** 20 };
  const lock = ['-o', 'DPkg::Lock::Timeout=300', '-q'];
  try {
    await run('apt-get', [...lock, 'update'], options);
    await run('apt-get', [...lock, 'install', '-y', '--no-install-recommends', ...need.packages], options);
  } catch (error) {
    throw new Error(`${programs.join(', ')} not found, and apt-get failed. ${cure}`, { cause: error });
  }
}
