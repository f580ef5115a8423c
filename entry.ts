export * from '/work/wt/charts/src/engines/helm/index.ts';
export { renderTemplates } from '/work/wt/charts/src/engines/helm/public.ts';
export { DiskFileSystem } from '/work/wt/charts/src/core/disk-file-system.ts';
export { MemoryFileSystem } from '/work/wt/charts/src/core/memory-file-system.ts';
export { parse, parseDocuments } from '/work/wt/charts/src/engines/goyaml/index.ts';
