declare module 'cacache/lib/content/write.js' {
  /** @see cacache lib/content/write.js */
  export default function write(
    cache: string,
    data: Buffer,
    options: { readonly algorithms: readonly string[] },
  ): Promise<{ readonly size: number }>;
}
