/**
 * The secret that shares give, each of whose last byte says where on the polynomials its other bytes lie.
 * @param parts at least as many as were asked for when the secret was split; with fewer something else comes out
 * @returns a text for what cannot be combined
 * @see getsops/sops shamir/shamir.go, Combine (Vault's)
 */
export function combineShares(parts: readonly Uint8Array[]): Uint8Array | string {
  const length = parts[0]?.length ?? 0;
  if (parts.length < 2) return 'less than two parts cannot be used to reconstruct the secret';
  if (length < 2) return 'parts must be at least two bytes';
  if (parts.some((part) => part.length !== length)) return 'all parts must be the same length';
  const xs = parts.map((part) => part[length - 1]!);
  if (new Set(xs).size !== xs.length) return 'duplicate part detected';
  // Lagrange's basis at 0 is the same for each byte.
  const basis = xs.map((x, i) =>
    xs.reduce((product, other, j) => (i === j ? product : multiply(product, divide(other, x ^ other))), 1),
  );
  return Uint8Array.from({ length: length - 1 }, (_, at) =>
    parts.reduce((sum, part, i) => sum ^ multiply(part[at]!, basis[i]!), 0),
  );
}

/** In GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = ((product << 1) ^ (product & 0x80 ? 0x11b : 0)) & 0xff;
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

function divide(a: number, b: number): number {
  let inverse = 1;
  for (let power = 0; power < 254; power++) inverse = multiply(inverse, b);
  return multiply(a, inverse);
}
