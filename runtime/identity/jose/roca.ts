/** Few residues of these are powers of 65537: one other modulus in 2^27 passes for one of the broken generator. */
const primes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/**
 * The modulus is of the generator of Infineon's chips whose keys can be factorised (CVE-2017-15361): both of its primes,
 * and with them the modulus, are powers of 65537 by each small prime (Nemec et al., The Return of Coppersmith's Attack, 2017,
 * section 2).
 */
export const isRoca = (modulus: Uint8Array): boolean => primes.every((prime) => isPower(residue(modulus, prime), prime));

function residue(bytes: Uint8Array, prime: number): number {
  let rest = 0;
  for (let index = 0; index < bytes.length; index++) rest = (rest * 256 + bytes[index]!) % prime;
  return rest;
}

function isPower(value: number, prime: number): boolean {
  let power = 1;
  do {
    if (power === value) return true;
    power = (power * 65_537) % prime;
  } while (power !== 1);
  return false;
}
