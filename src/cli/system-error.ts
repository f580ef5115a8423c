const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
  EEXIST: 'file exists',
};

/** An error of the file system as Go tells it: `open x: no such file or directory`. */
export function systemError(error: unknown, what: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return `${what}: ${WORDS[code] ?? message}`;
}
