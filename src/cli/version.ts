/** The version of this build; `0.0.0-source` where the sources run unbundled. Part of every run's key. */
export const VERSION: string = process.env.FLUX_LOCAL_VERSION ?? '0.0.0-source';
