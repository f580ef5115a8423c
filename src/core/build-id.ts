/**
 * Names this build of the program: a digest of its sources, put in by the bundler. What engines give is kept under it, so that
 * another version never serves this one's results. Sources that run unbundled are one build.
 */
export const BUILD_ID: string = process.env.FLUX_LOCAL_BUILD ?? 'source';
