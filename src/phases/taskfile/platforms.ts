const OPERATING_SYSTEMS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos __test__'.split(
    ' ',
  ),
);
const ARCHITECTURES = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ' +
    'ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
);

/** GOOS and GOARCH values, as `platforms:` takes them. */
export const isKnownOs = (text: string): boolean => OPERATING_SYSTEMS.has(text);
export const isKnownArch = (text: string): boolean => ARCHITECTURES.has(text);

const NODE_TO_GOARCH: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['ppc64', 'ppc64le'],
]);

export const GOOS: string =
  process.platform === 'win32' ? 'windows' : process.platform === 'sunos' ? 'solaris' : process.platform;
export const GOARCH: string = NODE_TO_GOARCH.get(process.arch) ?? process.arch;

export function runsHere(platforms: readonly { readonly os: string; readonly arch: string }[]): boolean {
  return (
    platforms.length === 0 ||
    platforms.some(({ os, arch }) => (os === '' || os === GOOS) && (arch === '' || arch === GOARCH))
  );
}
