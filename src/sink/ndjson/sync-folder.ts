import { open } from 'node:fs/promises';

/** A new file survives a power cut only once its folder's own entry is on the disk. */
export async function syncFolder(directory: string): Promise<void> {
  // Windows opens no folder and writes its entries by itself.
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
