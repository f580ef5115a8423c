const LOW = 400_000;
const HIGH = 4_000_000;

/**
 * Which part of the decoded nodes may come from aliases: nearly all in small documents, a tenth in large ones.
 * @see go.yaml.in/yaml decode.go, allowedAliasRatio
 */
export function allowedAliasRatio(decoded: number): number {
  if (decoded <= LOW) return 0.99;
  if (decoded >= HIGH) return 0.1;
  return 0.99 - 0.89 * ((decoded - LOW) / (HIGH - LOW));
}
