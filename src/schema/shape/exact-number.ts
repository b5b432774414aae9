/** A decimal number as a sign, its digits, and how many of them stand behind the point; null: the text is none. */
export interface ExactNumber {
  readonly negative: boolean;
  /** Without leading zeros; `0` of nothing. */
  readonly digits: string;
  /** Never negative. */
  readonly scale: number;
}

const form = /^\s*([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?\s*$|^\s*([+-]?)\.(\d+)(?:[eE]([+-]?\d{1,4}))?\s*$/;

export function exactNumber(text: string): ExactNumber | null {
  const match = form.exec(text);
  if (match === null) return null;
  const [, signA = '', whole = '', fractionA = '', exponentA, signB = '', fractionB, exponentB] = match;
  const fraction = fractionB ?? fractionA;
  const exponent = Number(exponentA ?? exponentB ?? 0);
  const moved = fraction.length - exponent;
  const digits = `${whole}${fraction}${'0'.repeat(Math.max(0, -moved))}`.replace(/^0+(?=\d)/, '');
  return { negative: (signA || signB) === '-' && /[1-9]/.test(digits), digits, scale: Math.max(0, moved) };
}

/** The whole number, as decimal digits; null: it has a fraction. */
export function wholeText({ negative, digits, scale }: ExactNumber): string | null {
  const padded = digits.padStart(scale + 1, '0');
  const [whole, fraction] = [padded.slice(0, padded.length - scale), padded.slice(padded.length - scale)];
  return /[1-9]/.test(fraction) ? null : `${negative ? '-' : ''}${whole}`;
}

/** In plain digits; `scale`: with so many behind the point, null when there are more that are not zero. */
export function plainText({ negative, digits, scale }: ExactNumber, wanted: number | null): string | null {
  const padded = digits.padStart(scale + 1, '0');
  const whole = padded.slice(0, padded.length - scale);
  const fraction = padded.slice(padded.length - scale);
  const kept = wanted === null ? fraction : fraction.slice(0, wanted).padEnd(wanted, '0');
  if (/[1-9]/.test(fraction.slice(kept.length))) return null;
  return `${negative ? '-' : ''}${whole}${kept === '' ? '' : `.${kept}`}`;
}
