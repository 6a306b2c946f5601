const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 6 })
const scientific = new Intl.NumberFormat('en', { notation: 'scientific', maximumSignificantDigits: 5 })

/** A computed number, six digits of it: 1,234.57 or 1.2346E12. */
export function numberText(value: number): string {
  const size = Math.abs(value)
  return size !== 0 && (size >= 1e12 || size < 1e-4) ? scientific.format(value) : plain.format(value)
}
